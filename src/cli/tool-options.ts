/**
 * The subcommands of the tool: those for a running daemon here, those for a configuration in check-options.ts. Values
 * only; running them is tool.ts. Exit statuses: 0 ok, 1 negative answer, 2 usage, 3 daemon not running.
 */
import { Command, CommanderError } from 'commander';
import { addCheck, addCompletions, addConfig, addExplain, type TextTool } from './check-options.ts';
import { addFmt, type FmtTool } from './fmt-options.ts';
import { addInit, type InitTool } from './init-options.ts';
import type { Invocation } from './options.ts';
import { defaultPaths } from './paths.ts';
import { addWhatIf, type WhatIfInvocation } from './whatif-options.ts';

type Place = { readonly runDir: string; readonly socket: string };
export type ToolInvocation =
  | ({ readonly command: 'status'; readonly instances: readonly string[] } & Place & {
        readonly json: boolean;
        readonly verbose: boolean;
      })
  | ({ readonly command: 'reload'; readonly timeoutMs: number } & Place)
  | ({ readonly command: 'cleanup' } & Place)
  | FmtTool
  | InitTool
  | WhatIfInvocation
  | {
      readonly command: 'decode';
      readonly files: readonly string[];
      readonly json: boolean;
      readonly keys: readonly string[];
      readonly authPass: readonly string[];
    }
  | TextTool;

/** The words that make a line the tool's. */
export const COMMANDS: ReadonlySet<string> = new Set([
  'status',
  'reload',
  'check',
  'explain',
  'config',
  'decode',
  'cleanup',
  'completions',
  'fmt',
  'init',
  'whatif',
  'version',
  'help',
]);
/** Options that may stand before the subcommand; true: a word follows. */
const BEFORE: Readonly<Record<string, boolean>> = {
  '--socket': true,
  '--run-dir': true,
  '-p': true,
  '--pid': true,
  '-s': true,
  '--namespace': true,
  '--instance': true,
  '--json': false,
};

/**
 * True when the first word that is not one of the tool's own options is a subcommand. Every other line is the daemon's:
 * keepalived ignores stray words, so `-n -l status` must still start it.
 */
export function isToolLine(argv: readonly string[]): boolean {
  for (let i = 0; i < argv.length; i++) {
    const word = argv[i] as string;
    if (COMMANDS.has(word)) return true;
    const name = word.split('=', 1)[0] as string;
    if (!Object.hasOwn(BEFORE, name)) return false;
    if (BEFORE[name] === true && name === word) i++;
  }
  return false;
}

type Raw = {
  socket?: string;
  runDir?: string;
  pid?: string;
  namespace?: string;
  instance?: string;
  json?: boolean;
  verbose?: boolean;
  timeout?: string;
  key?: string[];
  authPass?: string[];
};
type Built = { program: Command; result: Invocation | undefined; out: string; err: string };

/** The value of a tool line; usage errors leave with status 2, as the tool's and not keepalived's. */
export function parseTool(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Invocation {
  const built = program(env);
  try {
    built.program.parse([...argv], { from: 'user' });
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e;
    return { kind: 'exit', status: e.exitCode === 0 ? 0 : 2, out: built.out, err: built.err };
  }
  return built.result ?? { kind: 'exit', status: 2, out: built.out, err: built.err };
}

/** The commands as commander knows them, for the manual and the completions. */
export const toolProgram = (): Command => program({}).program;

function program(env: Readonly<Record<string, string | undefined>>): Built {
  const command = new Command('vipd');
  const built: Built = { program: command, result: undefined, out: '', err: '' };
  command
    .description(
      "Checks configurations, and asks or tells a running vipd. 'vipd -h' shows the daemon's own options.",
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => {
        built.out += text;
      },
      writeErr: (text) => {
        built.err += text;
      },
    });
  placed(command).option('--json', 'JSON instead of text');
  const tool = (value: ToolInvocation): void => {
    built.result = { kind: 'tool', tool: value, out: '', err: '' };
  };
  addStatus(command, env, tool);
  addReload(command, env, tool);
  addCheck(command, tool);
  addExplain(command, tool);
  addConfig(command, tool);
  addDecode(command, tool);
  addFmt(command, tool);
  addInit(command, tool);
  addWhatIf(command, tool);
  placed(command.command('cleanup'))
    .description('give up what a dead vipd left: send priority 0, delete its addresses')
    .action((_options: Raw, self: Command) =>
      tool({ command: 'cleanup', ...place(self.optsWithGlobals(), env) }),
    );
  addCompletions(command, tool);
  command
    .command('version')
    .description('print the version')
    .action(() => {
      built.result = { kind: 'version', to: 'stdout', out: '', err: '' };
    });
  return built;
}

function placed(command: Command): Command {
  return command
    .option('--socket <path>', 'control socket of the daemon')
    .option('--run-dir <dir>', 'its run directory')
    .option('-p, --pid <file>', 'the pid file it was started with')
    .option('-s, --namespace <name>', 'the network namespace it was started with')
    .option('--instance <name>', "the 'instance' of its configuration");
}

function place(raw: Raw, env: Readonly<Record<string, string | undefined>>): Place {
  const { runDir, socket, pid: pidFile, namespace, instance } = raw;
  return defaultPaths({ runDir, socket, pidFile, namespace, instance }, env);
}

type Take = (value: ToolInvocation) => void;

function addStatus(program: Command, env: Readonly<Record<string, string | undefined>>, take: Take): void {
  placed(program.command('status [instance...]'))
    .description('show the state of all or of some instances')
    .option('--json', 'the whole snapshot as JSON')
    .option('-v, --verbose', 'every instance in detail')
    .action((instances: string[], _options: Raw, self: Command) => {
      const raw = self.optsWithGlobals<Raw>();
      const { json = false, verbose = false } = raw;
      take({ command: 'status', instances, json, verbose, ...place(raw, env) });
    });
}

function addReload(program: Command, env: Readonly<Record<string, string | undefined>>, take: Take): void {
  placed(program.command('reload'))
    .description('re-read the configuration; waits for the result and leaves with 1 when it was refused')
    .option('--timeout <seconds>', 'how long to wait', '30')
    .action((_options: Raw, self: Command) => {
      const raw = self.optsWithGlobals<Raw>();
      const text = raw.timeout ?? '';
      const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
      if (!(seconds > 0 && seconds <= 3600))
        self.error(`error: --timeout must be in 0..3600 seconds; got '${text}'`);
      take({ command: 'reload', timeoutMs: seconds * 1000, ...place(raw, env) });
    });
}

function addDecode(program: Command, take: Take): void {
  const collect = (value: string, before: string[] | undefined): string[] => [...(before ?? []), value];
  program
    .command('decode <file...>')
    .description('explain the VRRP packets in capture files (pcap, pcapng)')
    .option('--json', 'one JSON object for each packet')
    .option('--key <key>', 'AH key to check signatures with (repeatable)', collect)
    .option('--auth-pass <text>', 'auth_pass to compare with (repeatable)', collect)
    .action((files: string[], _options: Raw, self: Command) => {
      const { json = false, key = [], authPass = [] } = self.optsWithGlobals<Raw>();
      take({ command: 'decode', files, json, keys: key, authPass });
    });
}
