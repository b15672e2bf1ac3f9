/**
 * argv -> Invocation: what this run of vipd is asked to do, as a plain value. Opens nothing and starts nothing.
 * Without a subcommand it is the daemon with keepalived's options (keepalived(8)); with one it is the tool.
 */
import { Command, CommanderError, Option } from 'commander';
import { canonical } from './getopt.ts';
import { FACILITIES, KEEPALIVED_OPTIONS, type OptionRow, SIGNALS, VIPD_OPTIONS } from './options.table.ts';
import { DEFAULT_CONFIG_FILE, defaultPaths } from './paths.ts';
import { COMMANDS, isToolLine, parseTool, type ToolInvocation } from './tool-options.ts';
import { parseUmask } from './umask.ts';

export type LogFormat = 'auto' | 'console' | 'json' | 'journal' | 'syslog';

export type DaemonOptions = {
  readonly configFile: string; // may be a glob
  readonly vrrp: boolean; // parts to run
  readonly checkers: boolean;
  readonly bfd: boolean;
  readonly all: boolean;
  readonly logConsole: boolean;
  readonly logDetail: number; // 0, 1 (-D), 2 (-D -D)
  readonly logFacility: number; // syslog(3) code, 3 = daemon
  readonly logFile?: string; // '' = TMP/keepalived.log
  readonly flushLogFile: boolean;
  readonly syslog: boolean; // false with -G
  readonly logFormat: LogFormat;
  readonly umask?: number; // 0..0o777
  readonly releaseVipsOnSignal: boolean; // -X
  readonly keepVrrp: boolean; // -V: addresses stay at stop
  readonly keepIpvs: boolean; // -I
  readonly foreground: boolean; // -n
  readonly dumpConfig: boolean; // -d
  readonly pidFile?: string; // given paths only: see paths.ts for the rest
  readonly vrrpPidFile?: string;
  readonly checkersPidFile?: string;
  readonly bfdPidFile?: string;
  readonly addressMonitoring: boolean;
  readonly snmp: boolean;
  readonly snmpSocket?: string;
  readonly namespace?: string;
  readonly coreDump: boolean;
  readonly coreDumpPattern?: string; // '' = 'core'
  readonly allConfig: boolean; // -e
  readonly configId?: string;
  readonly ignoreSigint: boolean;
  readonly configTest: boolean; // -t
  readonly configTestFile?: string; // -tFILE: append the findings there
  readonly runDir: string;
  readonly socket: string;
  readonly stopOrder: 'make-before-break' | 'keepalived';
  readonly leaseUs: number; // 0 = none
  readonly liveness: 'kernel' | 'process'; // who sees a master's repeated adverts
  readonly hookTimeoutUs?: number; // unset: the daemon's default
  readonly childFd?: number; // internal: descriptor on which a detached child reports
};

export type Invocation =
  | { readonly kind: 'daemon'; readonly options: DaemonOptions; readonly out: string; readonly err: string }
  | {
      readonly kind: 'tool';
      readonly tool: ToolInvocation;
      readonly out: string;
      readonly err: string;
    }
  /** Print `out` and `err`, leave with `status`. */
  | { readonly kind: 'exit'; readonly status: number; readonly out: string; readonly err: string }
  /** Print versionText() on the stream named: -v on stderr as keepalived, `vipd version` on stdout. */
  | { readonly kind: 'version'; readonly to: 'stdout' | 'stderr'; readonly out: string; readonly err: string }
  | {
      readonly kind: 'genhash';
      readonly argv: readonly string[];
      readonly out: string;
      readonly err: string;
    };

const ROWS = [...KEEPALIVED_OPTIONS, ...VIPD_OPTIONS];
const LOG_FORMATS = ['auto', 'console', 'json', 'journal', 'syslog'];
const STOP_ORDERS = ['make-before-break', 'keepalived'];

/** `argv` without node and script; `env` for VIPD_SOCKET. Never throws on what a user typed. */
export function parseArguments(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Invocation {
  if (argv[0] === '-T' || argv[0] === '--genhash')
    return { kind: 'genhash', argv: argv.slice(1), out: '', err: '' };
  if (isToolLine(argv)) return parseTool(argv, env);
  const first = argv[0];
  if (first !== undefined && !first.startsWith('-')) return unknownCommand(first);
  const line = canonical(argv, ROWS);
  const out = line.operands.length > 0 ? `Unexpected argument(s): ${line.operands.join(' ')} \n` : '';
  const messages = [...line.errors];
  const values = readValues(line.argv, messages);
  if (values.has('signum') && messages.length === 0) return signum(values.last('signum') ?? '', out);
  if (messages.length > 0) return { kind: 'exit', status: 1, out, err: lines(messages) };
  if (values.has('help')) return { kind: 'exit', status: 0, out, err: usage() };
  if (values.has('version')) return { kind: 'version', to: 'stderr', out, err: '' };
  const remarks: string[] = [];
  const options = toOptions(values, env, remarks, messages);
  if (messages.length > 0) return { kind: 'exit', status: 1, out, err: lines(messages) };
  return { kind: 'daemon', options, out, err: lines(remarks) };
}

/**
 * KEEPALIVED: stray words are ignored, and so they are here after an option. A first word is different: `vipd stauts`
 * must not start a daemon that takes over addresses.
 */
function unknownCommand(word: string): Invocation {
  const err = `vipd: unknown command '${word}'; commands are ${[...COMMANDS].join(', ')}\n`;
  return { kind: 'exit', status: 2, out: '', err };
}

const lines = (list: readonly string[]): string => list.map((text) => `${text}\n`).join('');

function signum(name: string, out: string): Invocation {
  const value = Object.hasOwn(SIGNALS, name) ? SIGNALS[name] : undefined;
  if (value === undefined) return { kind: 'exit', status: 1, out, err: `Unknown sigfunc ${name}\n` };
  return { kind: 'exit', status: 0, out: `${out}${value}\n`, err: '' };
}

/** The words given for each option, in order; an option without argument counts as ''. */
class Values {
  readonly #map: ReadonlyMap<string, readonly string[]>;
  constructor(map: ReadonlyMap<string, readonly string[]>) {
    this.#map = map;
  }
  has(long: string): boolean {
    return this.#map.has(long);
  }
  count(long: string): number {
    return this.#map.get(long)?.length ?? 0;
  }
  last(long: string): string | undefined {
    return this.#map.get(long)?.at(-1);
  }
}

function readValues(argv: readonly string[], messages: string[]): Values {
  const map = new Map<string, string[]>();
  const command = program();
  for (const option of command.options) {
    const long = option.long?.slice(2) ?? '';
    command.on(`option:${option.name()}`, (value: string | null | undefined) => {
      map.set(long, [...(map.get(long) ?? []), value ?? '']);
    });
  }
  try {
    command.parse([...argv], { from: 'user' });
  } catch (e) {
    if (!(e instanceof CommanderError)) throw e;
    messages.push(e.message);
  }
  return new Values(map);
}

function program(): Command {
  const command = new Command('vipd')
    .usage('[OPTION...]  |  vipd COMMAND [OPTION...]')
    .helpOption(false)
    .exitOverride()
    .configureOutput({ writeErr: () => {}, outputError: () => {} });
  for (const row of ROWS) command.addOption(toOption(row));
  return command;
}

function toOption(row: OptionRow): Option {
  const names = row.short === undefined ? `--${row.long}` : `-${row.short}, --${row.long}`;
  const shown = row.argument ?? 'VALUE';
  const argument = row.arity === 'required' ? ` <${shown}>` : row.arity === 'optional' ? ` [${shown}]` : '';
  const option = new Option(names + argument, row.text);
  return row.long === 'daemon-child' ? option.hideHelp() : option;
}

/** The text of -h. */
export function usage(): string {
  return `${program().helpInformation()}
Commands: ${[...COMMANDS].join(', ')}
('vipd help COMMAND' tells more)
`;
}

function choice(values: Values, long: string, allowed: readonly string[], messages: string[]): string {
  const given = values.last(long);
  if (given === undefined) return allowed[0] as string;
  if (!allowed.includes(given))
    messages.push(`--${long} must be one of ${allowed.join(', ')}; got '${given}'`);
  return given;
}

const DEFAULT_LEASE_US = 3_000_000;

/** How long the event loop may stand still before the pacer resigns for it; 0 = for ever. */
function lease(values: Values, messages: string[]): number {
  const given = values.last('lease');
  if (given === undefined) return DEFAULT_LEASE_US;
  const seconds = /^\d+(\.\d{1,6})?$/.test(given) ? Number(given) : Number.NaN;
  if (seconds === 0 || (seconds >= 1 && seconds <= 3600)) return Math.round(seconds * 1e6);
  messages.push(`--lease must be 0 (off) or 1 to 3600 seconds; got '${given}'`);
  return DEFAULT_LEASE_US;
}

function hookTimeout(values: Values, messages: string[]): { readonly hookTimeoutUs?: number } {
  const given = values.last('hook-timeout');
  if (given === undefined) return {};
  const seconds = /^\d+(\.\d{1,6})?$/.test(given) ? Number(given) : Number.NaN;
  if (!(seconds <= 86_400)) {
    messages.push(`--hook-timeout must be 0 to 86400 seconds; got '${given}'`);
    return {};
  }
  return { hookTimeoutUs: Math.round(seconds * 1e6) };
}

/** The optional members: keys that are absent stay absent. */
function given(values: Values, remarks: string[]): Partial<DaemonOptions> {
  const text = <K extends string>(key: K, long: string): { readonly [P in K]?: string } => {
    const value = values.last(long);
    return (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: string };
  };
  const umask = values.last('umask');
  const mask = umask === undefined ? undefined : parseUmask(umask);
  if (umask !== undefined && mask === undefined) remarks.push(`Invalid umask option - ${umask}`);
  const testFile = values.last('config-test');
  return {
    ...text('logFile', 'log-file'),
    ...text('pidFile', 'pid'),
    ...text('vrrpPidFile', 'vrrp_pid'),
    ...text('checkersPidFile', 'checkers_pid'),
    ...text('bfdPidFile', 'bfd_pid'),
    ...text('snmpSocket', 'snmp-agent-socket'),
    ...text('namespace', 'namespace'),
    ...text('coreDumpPattern', 'core-dump-pattern'),
    ...text('configId', 'config-id'),
    ...(mask === undefined ? {} : { umask: mask }),
    ...(testFile === undefined || testFile === '' ? {} : { configTestFile: testFile }),
  };
}

function facility(values: Values, remarks: string[]): number {
  const word = values.last('log-facility');
  if (word === undefined) return 3;
  // Object.hasOwn: 'constructor' is not a facility.
  if (Object.hasOwn(FACILITIES, word)) return FACILITIES[word] as number;
  remarks.push(`Invalid log facility '${word}'`);
  return 3;
}

function toOptions(
  values: Values,
  env: Readonly<Record<string, string | undefined>>,
  remarks: string[],
  messages: string[],
): DaemonOptions {
  const vrrpOnly = values.has('vrrp');
  const checkOnly = values.has('check');
  const childFd = values.last('daemon-child');
  return {
    configFile: values.last('use-file') ?? DEFAULT_CONFIG_FILE,
    vrrp: vrrpOnly || !checkOnly,
    checkers: checkOnly || !vrrpOnly,
    bfd: !values.has('no_bfd'),
    all: values.has('all'),
    logConsole: values.has('log-console'),
    logDetail: Math.min(values.count('log-detail'), 2),
    logFacility: facility(values, remarks),
    flushLogFile: values.has('flush-log-file'),
    syslog: !values.has('no-syslog'),
    logFormat: choice(values, 'log-format', LOG_FORMATS, messages) as LogFormat,
    releaseVipsOnSignal: values.has('release-vips'),
    keepVrrp: values.has('dont-release-vrrp'),
    keepIpvs: values.has('dont-release-ipvs'),
    foreground: values.has('dont-fork'),
    dumpConfig: values.has('dump-conf'),
    addressMonitoring: values.has('address-monitoring'),
    snmp: values.has('snmp'),
    coreDump: values.has('core-dump') || values.has('core-dump-pattern'),
    allConfig: values.has('all-config'),
    ignoreSigint: values.has('ignore-sigint'),
    configTest: values.has('config-test'),
    stopOrder: choice(values, 'stop-order', STOP_ORDERS, messages) as DaemonOptions['stopOrder'],
    ...defaultPaths(
      {
        runDir: values.last('run-dir'),
        socket: values.last('socket'),
        pidFile: values.last('pid'),
        namespace: values.last('namespace'),
      },
      env,
    ),
    leaseUs: lease(values, messages),
    liveness: choice(values, 'liveness', ['kernel', 'process'], messages) === 'kernel' ? 'kernel' : 'process',
    ...hookTimeout(values, messages),
    ...(childFd === undefined ? {} : { childFd: Number(childFd) }),
    ...given(values, remarks),
  };
}
