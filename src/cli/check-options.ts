/** The subcommands that read a configuration and need no daemon: check, explain, config, completions. */
import { type Command, Option } from 'commander';
import { DEFAULT_CONFIG_FILE } from './paths.ts';

export const CHECK_FORMATS = ['text', 'json', 'github'] as const;
export const COLOR_WHENS = ['auto', 'always', 'never'] as const;
export const SHELLS = ['bash', 'zsh', 'fish'] as const;

export type CheckTool = {
  readonly command: 'check';
  readonly files: readonly string[]; // '-' is standard input
  readonly strict: boolean;
  readonly format: (typeof CHECK_FORMATS)[number];
  readonly offline: boolean;
  readonly color: (typeof COLOR_WHENS)[number];
  readonly configId?: string;
  readonly peer: string; // the other node's file; '' = none
  readonly peerNode: string; // '' = this host
  readonly max: number; // findings shown, 0 = all
};
export type ExplainTool = { readonly command: 'explain'; readonly words: readonly string[] };
export type ConfigTool = {
  readonly command: 'config';
  readonly file: string;
  readonly json: boolean;
  readonly offline: boolean;
  readonly showSecrets: boolean;
  readonly configId?: string;
};
export type CompletionsTool = { readonly command: 'completions'; readonly shell: (typeof SHELLS)[number] };

/** Tools that run on text and tables alone. */
export type TextTool = CheckTool | ExplainTool | ConfigTool | CompletionsTool;
export type TakeText = (value: TextTool) => void;

const DEFAULT_MAX = 200;

type Raw = {
  strict?: boolean;
  format?: CheckTool['format'];
  offline?: boolean;
  color?: CheckTool['color'];
  configId?: string;
  asNode?: string;
  peer?: string;
  peerNode?: string;
  max?: string;
  json?: boolean;
  showSecrets?: boolean;
};

function configId(raw: Raw): { readonly configId?: string } {
  const id = raw.asNode ?? raw.configId;
  return id === undefined ? {} : { configId: id };
}

const OFFLINE = 'judge the text alone: ask the machine nothing about interfaces and accounts';
const CONFIG_ID = "id for '@ID' lines; default: host name";

export function addCheck(program: Command, take: TakeText): void {
  program
    .command('check [file...]')
    .description('explain every mistake in a configuration, also those keepalived swallows')
    .option('--strict', 'leave with status 1 when there are warnings')
    .addOption(new Option('--format <form>', 'form of the findings').choices(CHECK_FORMATS).default('text'))
    .option('--offline', OFFLINE)
    .addOption(new Option('--color <when>', 'colours').choices(COLOR_WHENS).default('auto'))
    .option('-i, --config-id <id>', CONFIG_ID)
    .option('--as-node <id>', 'the same')
    .option(
      '--peer <file>',
      "compare with the other node's file, and tell who is master when something fails",
    )
    .option('--peer-node <id>', 'read the other file as this node')
    .option('--max <n>', 'findings to show for each file; 0 shows all', String(DEFAULT_MAX))
    .addHelpText(
      'after',
      `
FILE defaults to ${DEFAULT_CONFIG_FILE}; '-' is standard input.
Status: 0 no error, 1 warnings with --strict, 2 errors or a file that cannot be used.`,
    )
    .action((files: string[], _options: Raw, self: Command) => {
      const raw = self.optsWithGlobals<Raw>();
      const max = /^\d{1,6}$/.test(raw.max ?? '') ? Number(raw.max) : Number.NaN;
      if (Number.isNaN(max)) self.error(`error: --max must be a whole number; got '${raw.max}'`);
      if (raw.peer !== undefined && files.length > 1)
        self.error(`error: --peer compares one file with another; got ${files.length} files before it`);
      take({
        command: 'check',
        files: files.length === 0 ? [DEFAULT_CONFIG_FILE] : files,
        strict: raw.strict ?? false,
        format: raw.json === true ? 'json' : (raw.format ?? 'text'),
        offline: raw.offline ?? false,
        color: raw.color ?? 'auto',
        ...configId(raw),
        peer: raw.peer ?? '',
        peerNode: raw.peerNode ?? '',
        max,
      });
    });
}

export function addExplain(program: Command, take: TakeText): void {
  program
    .command('explain <word...>')
    .description('explain a diagnostic code (KA0401), a keyword or a directive')
    .addHelpText('after', '\nA keyword may be given with its block: vrrp_instance/priority.')
    .action((words: string[]) => take({ command: 'explain', words }));
}

export function addConfig(program: Command, take: TakeText): void {
  program
    .command('config [file]')
    .description('show what the daemon would use, with every default filled in')
    .option('--resolved', 'the resolved values (this is the default)')
    .option('--json', 'JSON instead of text')
    .option('--offline', OFFLINE)
    .option('--show-secrets', 'show passwords and keys')
    .option('-i, --config-id <id>', CONFIG_ID)
    .addHelpText(
      'after',
      `\nFILE defaults to ${DEFAULT_CONFIG_FILE}; '-' is standard input.\nStatus: 0 ok, 2 no daemon could start with the file.`,
    )
    .action((file: string | undefined, _options: Raw, self: Command) => {
      const raw = self.optsWithGlobals<Raw>();
      take({
        command: 'config',
        file: file ?? DEFAULT_CONFIG_FILE,
        json: raw.json ?? false,
        offline: raw.offline ?? false,
        showSecrets: raw.showSecrets ?? false,
        ...configId(raw),
      });
    });
}

export function addCompletions(program: Command, take: TakeText): void {
  program
    .command('completions <shell>')
    .description(`print the completion script for ${SHELLS.join(', ')}`)
    .addHelpText(
      'after',
      `
bash:  vipd completions bash > /usr/share/bash-completion/completions/vipd
zsh:   vipd completions zsh > /usr/share/zsh/vendor-completions/_vipd
fish:  vipd completions fish > /usr/share/fish/vendor_completions.d/vipd.fish`,
    )
    .action((shell: string, _options: Raw, self: Command) => {
      const known = SHELLS.find((s) => s === shell);
      if (known === undefined)
        self.error(`error: no completion for '${shell}'; there is one for ${SHELLS.join(', ')}`);
      else take({ command: 'completions', shell: known });
    });
}
