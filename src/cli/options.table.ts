/**
 * keepalived's command line, one row for each option in the order of its usage text, and vipd's own options after it.
 * `arity` is getopt's: 'optional' arguments count only when attached (`-tFILE`, `--config-test=FILE`).
 */

export type OptionRow = {
  readonly short?: string;
  readonly long: string;
  readonly arity: 'none' | 'required' | 'optional';
  readonly argument?: string; // name shown in the usage text
  readonly text: string;
};

export const KEEPALIVED_OPTIONS: readonly OptionRow[] = [
  {
    short: 'f',
    long: 'use-file',
    arity: 'required',
    argument: 'FILE',
    text: 'read this configuration file (or glob)',
  },
  { short: 'P', long: 'vrrp', arity: 'none', text: 'run VRRP only' },
  { short: 'C', long: 'check', arity: 'none', text: 'run health checkers only' },
  { short: 'B', long: 'no_bfd', arity: 'none', text: 'do not run BFD' },
  { long: 'all', arity: 'none', text: 'run every part, configured or not' },
  { short: 'l', long: 'log-console', arity: 'none', text: 'log to the console (stderr) too' },
  { short: 'D', long: 'log-detail', arity: 'none', text: 'log details; twice: more' },
  {
    short: 'S',
    long: 'log-facility',
    arity: 'required',
    argument: 'N',
    text: 'syslog facility 0-7, local0-7, user, daemon',
  },
  {
    short: 'g',
    long: 'log-file',
    arity: 'optional',
    argument: 'FILE',
    text: 'log to a file too (TMP/keepalived.log)',
  },
  { long: 'flush-log-file', arity: 'none', text: 'flush the log file after every message' },
  { short: 'G', long: 'no-syslog', arity: 'none', text: 'do not log to syslog or the journal' },
  { short: 'u', long: 'umask', arity: 'required', argument: 'MASK', text: 'file creation mask' },
  { short: 'X', long: 'release-vips', arity: 'none', text: 'drop VIPs on a transition caused by a signal' },
  { short: 'V', long: 'dont-release-vrrp', arity: 'none', text: 'leave VIPs, routes and rules at stop' },
  { short: 'I', long: 'dont-release-ipvs', arity: 'none', text: 'leave IPVS entries at stop' },
  { short: 'R', long: 'dont-respawn', arity: 'none', text: 'accepted; there are no child processes' },
  { short: 'n', long: 'dont-fork', arity: 'none', text: 'stay in the foreground' },
  { short: 'd', long: 'dump-conf', arity: 'none', text: 'log the parsed configuration at start' },
  { short: 'p', long: 'pid', arity: 'required', argument: 'FILE', text: 'pid file' },
  { short: 'r', long: 'vrrp_pid', arity: 'required', argument: 'FILE', text: 'pid file of the VRRP part' },
  { short: 'c', long: 'checkers_pid', arity: 'required', argument: 'FILE', text: 'pid file of the checkers' },
  { short: 'b', long: 'bfd_pid', arity: 'required', argument: 'FILE', text: 'pid file of the BFD part' },
  { short: 'a', long: 'address-monitoring', arity: 'none', text: 'log every address added or deleted' },
  { short: 'T', long: 'genhash', arity: 'none', text: 'genhash mode (must be first)' },
  { short: 'x', long: 'snmp', arity: 'none', text: 'enable SNMP' },
  { short: 'A', long: 'snmp-agent-socket', arity: 'required', argument: 'ADDRESS', text: 'AgentX master' },
  {
    short: 's',
    long: 'namespace',
    arity: 'required',
    argument: 'NAME',
    text: 'run in this network namespace',
  },
  { short: 'm', long: 'core-dump', arity: 'none', text: 'allow core dumps' },
  {
    short: 'M',
    long: 'core-dump-pattern',
    arity: 'optional',
    argument: 'PATTERN',
    text: 'core dumps with this pattern',
  },
  { short: 'e', long: 'all-config', arity: 'none', text: 'every include problem is fatal' },
  {
    short: 'i',
    long: 'config-id',
    arity: 'required',
    argument: 'ID',
    text: "id for '@ID' lines; default: host name",
  },
  { long: 'ignore-sigint', arity: 'none', text: 'ignore SIGINT' },
  {
    long: 'signum',
    arity: 'required',
    argument: 'NAME',
    text: 'print the number of STOP, RELOAD, DATA, STATS, STATS_CLEAR, JSON',
  },
  {
    short: 't',
    long: 'config-test',
    arity: 'optional',
    argument: 'LOG_FILE',
    text: 'check the configuration and exit',
  },
  { short: 'v', long: 'version', arity: 'none', text: 'print version and build options' },
  { short: 'h', long: 'help', arity: 'none', text: 'print this text' },
];

export const VIPD_OPTIONS: readonly OptionRow[] = [
  {
    long: 'run-dir',
    arity: 'required',
    argument: 'DIR',
    text: 'control socket and release files; default /run/vipd',
  },
  { long: 'socket', arity: 'required', argument: 'PATH', text: 'control socket; default RUN-DIR/vipd.sock' },
  { long: 'log-format', arity: 'required', argument: 'FORM', text: 'auto, console, json, journal or syslog' },
  {
    long: 'stop-order',
    arity: 'required',
    argument: 'ORDER',
    text: 'make-before-break (default) or keepalived',
  },
  {
    long: 'lease',
    arity: 'required',
    argument: 'SECONDS',
    text: 'resign when the program hangs for so long (default 3, 0 = never)',
  },
  {
    long: 'liveness',
    arity: 'required',
    argument: 'WHO',
    text: 'who sees that a master goes on: kernel (default, eBPF) or process',
  },
  { long: 'hook-timeout', arity: 'required', argument: 'SECONDS', text: 'wait so long for hooks at stop' },
  { long: 'daemon-child', arity: 'required', argument: 'FD', text: 'internal: started by vipd without -n' },
];

/** glibc's numbers on Linux; users send them with `kill -s $(vipd --signum=JSON) PID`. */
export const SIGNALS: Readonly<Record<string, number>> = {
  STOP: 15,
  RELOAD: 1,
  DATA: 10,
  STATS: 12,
  STATS_CLEAR: 63,
  JSON: 36,
};

/** syslog(3) facility codes that keepalived's -S takes. */
export const FACILITIES: Readonly<Record<string, number>> = {
  user: 1,
  daemon: 3,
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`local${i}`, 16 + i])),
  ...Object.fromEntries(Array.from({ length: 8 }, (_, i) => [String(i), 16 + i])),
};
