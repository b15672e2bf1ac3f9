/** The LVS half of a configuration in the words of keepalived's data dump, without what only a running daemon knows. */
import type { Command, Config } from '../../../src/config/config.ts';
import type {
  CheckDefaults,
  CheckerConfig,
  ForwardingMethod,
  GroupEntry,
  HttpCheck,
  RealServerConfig,
  VirtualServerConfig,
} from '../../../src/config/lvs/lvs-config.ts';

const seconds = (us: number): string => (us / 1e6).toFixed(6);
const onOff = (on: boolean): string => (on ? 'ON' : 'OFF');
const yesNo = (on: boolean): string => (on ? 'yes' : 'no');
const when = (test: boolean, ...lines: readonly string[]): readonly string[] => (test ? lines : []);
const set = <T>(value: T | undefined, line: (value: T) => string): readonly string[] =>
  value === undefined ? [] : [line(value)];
const command = (c: Command): string => c.argv.map((a) => `'${a}'`).join(' ');

const SUMS = { none: 'no checksum', csum: 'checksum', remcsum: 'remote checksum' } as const;

function method(m: ForwardingMethod): string {
  if (m.kind !== 'TUN') return m.kind;
  const type = `TUN, type = ${m.tunnel.toUpperCase()}`;
  if (m.tunnel === 'ipip') return type;
  return `${type}${m.tunnelPort === 0 ? '' : `, port = ${m.tunnelPort}`}, ${SUMS[m.checksum]}`;
}

const rhythm = (d: CheckDefaults): readonly string[] => [
  ...set(d.retry, (n) => `Retry count = ${n}`),
  ...set(d.delayBeforeRetryUs, (us) => `Retry delay = ${seconds(us)}`),
  ...set(d.warmupUs, (us) => `Warmup = ${seconds(us)}`),
];

function entry(e: GroupEntry): string {
  if (e.kind === 'fwmark')
    return `FWMARK = ${e.mark}${e.family === undefined ? '' : e.family === 4 ? ' IPv4' : ' IPv6'}`;
  const range = e.first === e.last ? `VIP = ${e.first}` : `VIP Range = ${e.first}-${e.last}`;
  return `${range}, VPORT = ${e.port}`;
}

const enabled = (name: string, on: boolean): string => `${name} = ${on ? 'enabled' : 'disabled'}`;

/** Flags 1 and 2 have the names of their scheduler. */
function flags(v: VirtualServerConfig): readonly string[] {
  const { flag1, flag2, flag3 } = v.flags;
  if (v.scheduler !== 'sh' && v.scheduler !== 'mh')
    return [enabled('flag-1', flag1), enabled('flag-2', flag2), enabled('flag-3', flag3)];
  return [
    ...when(flag2, enabled(`${v.scheduler}-port`, flag2)),
    ...when(flag1, enabled(`${v.scheduler}-fallback`, flag1)),
  ];
}

function granularity(v: VirtualServerConfig): readonly string[] {
  const n = v.persistenceGranularity;
  if (v.family === 6) return when(n !== 128, `persistence granularity = ${n}`);
  const mask = [24, 16, 8, 0].map((shift) => (n >>> shift) & 255).join('.');
  return when(n !== 0xffffffff, `persistence granularity = ${mask}`);
}

const named = { address: 'VIP', fwmark: 'FWMARK', group: 'GROUP' } as const;

function service(v: VirtualServerConfig): readonly string[] {
  const what = { address: v.address, fwmark: String(v.fwmark), group: `[${v.group}]:0` }[v.kind];
  const sorry = v.sorryServer;
  return [
    `VS ${named[v.kind]} = ${what}${v.kind === 'address' ? `, VPORT = ${v.port}` : ''}`,
    ...set(v.virtualHost, (h) => `VirtualHost = ${h}`),
    ...set(v.snmpName, (n) => `SNMP name = '${n}'`),
    `Address family = ${v.family === 4 ? 'inet' : 'inet6'}`,
    `connection timeout = ${seconds(v.checks.connectTimeoutUs)}`,
    `delay_loop = ${seconds(v.checks.delayLoopUs)}`,
    `lvs_sched = ${v.scheduler}`,
    ...flags(v),
    enabled('One packet scheduling', v.onePacket),
    ...when(v.persistenceTimeoutS > 0, `persistence timeout = ${v.persistenceTimeoutS}`),
    ...granularity(v),
    `protocol = ${v.protocol}`,
    `alpha is ${onOff(v.alpha)}`,
    `omega is ${onOff(v.omega)}`,
    ...rhythm(v.checks),
    `Inhibit on failure is ${onOff(v.inhibitOnFailure)}`,
    `quorum = ${v.quorum}, hysteresis = ${v.hysteresis}`,
    ...set(v.quorumUp, (x) => `Quorum up notify script = ${command(x)}`),
    ...set(v.quorumDown, (x) => `Quorum down notify script = ${command(x)}`),
    ...when(v.haSuspend, 'Using HA suspend'),
    `Using smtp notification = ${yesNo(v.smtpAlert)}`,
    // A tunnel with options is dumped under the servers' words.
    `${v.method.kind === 'TUN' && v.method.tunnel !== 'ipip' ? '' : 'default '}forwarding method = ${method(v.method)}`,
    ...(sorry === undefined
      ? []
      : [
          `sorry server = [${sorry.address}]:${v.protocol.toLowerCase()}:${sorry.port}`,
          `forwarding method = ${method(sorry.method)}`,
          `Inhibit on failure is ${onOff(sorry.inhibit)}`,
        ]),
    ...v.realServers.flatMap(server),
  ];
}

const server = (r: RealServerConfig): readonly string[] => [
  `RIP = ${r.address}, RPORT = ${r.port}`,
  `forwarding method = ${method(r.method)}`,
  `Alpha is ${onOff(r.alpha)}`,
  `connection timeout = ${seconds(r.checks.connectTimeoutUs)}`,
  `connection limit range = ${r.lowerThreshold} -> ${r.upperThreshold}`,
  `Delay loop = ${seconds(r.checks.delayLoopUs)}`,
  ...rhythm(r.checks),
  `Inhibit on failure is ${onOff(r.inhibitOnFailure)}`,
  ...set(r.notifyUp, (x) => `RS up notify script = ${command(x)}`),
  ...set(r.notifyDown, (x) => `RS down notify script = ${command(x)}`),
  `Using smtp notification = ${yesNo(r.smtpAlert)}`,
  `initial weight = ${r.weight}`,
  ...tracked(r, 'FILE_CHECK', 'Tracked Files'),
  ...tracked(r, 'BFD_CHECK', 'Tracked BFDs'),
];

function tracked(r: RealServerConfig, type: CheckerConfig['type'], title: string): readonly string[] {
  const lines = r.checkers.flatMap((k) =>
    k.type !== type
      ? []
      : k.type === 'FILE_CHECK'
        ? [`${k.file}, weight ${k.weight}${k.reverse ? ' reverse' : ''}`]
        : k.type === 'BFD_CHECK'
          ? [k.name]
          : [],
  );
  return lines.length === 0 ? [] : [title, ...lines];
}

function timing(k: CheckerConfig, v: VirtualServerConfig, r: RealServerConfig): readonly string[] {
  const protocol = v.protocol.toLowerCase();
  const head = `[${v.address}]:${protocol}:${v.port} -> [${r.address}]:${protocol}:${r.port}`;
  if (k.type === 'BFD_CHECK' || k.type === 'FILE_CHECK') return [head, `Keepalive method = ${k.type}`];
  const t = k.timing;
  return [
    head,
    `Alpha = ${yesNo(t.alpha)}`,
    `Delay loop = ${t.delayLoopUs} us`,
    `Warmup = ${t.warmupUs} us`,
    `Retries = ${t.retry}`,
    ...when(t.retry > 0, `Delay before retry = ${t.delayBeforeRetryUs} us`),
    `Log all failures = ${yesNo(t.logAllFailures)}`,
    ...connection(k),
    `Keepalive method = ${k.type}${k.type === 'HTTP_GET' || k.type === 'SSL_GET' ? `, http protocol ${k.protocol}` : ''}`,
  ];
}

function connection(k: CheckerConfig): readonly string[] {
  if (!('connection' in k)) return [];
  const c = k.connection;
  return [
    'Connection',
    `Dest = [${c.address}]:${c.port}`,
    ...when(c.bindAddress !== undefined || c.bindPort > 0, `Bind to = [${c.bindAddress}]:${c.bindPort}`),
    ...set(c.bindInterface, (i) => `Bind i/f = ${i}`),
    ...when(c.fwmark > 0, `Mark = ${c.fwmark}`),
    `Timeout = ${seconds(c.timeoutUs)}`,
  ];
}

function details(k: CheckerConfig, v: VirtualServerConfig, r: RealServerConfig): readonly string[] {
  switch (k.type) {
    case 'SMTP_CHECK':
      return [`helo = ${k.heloName}`];
    case 'DNS_CHECK':
      return [`Type = ${k.queryType}`, `Name = ${k.name}`.trim()];
    case 'FILE_CHECK':
      return [`Tracked file = ${k.file}`];
    case 'BFD_CHECK':
      return [`Name = ${k.name}`, `Alpha is ${onOff(k.alpha)}`];
    case 'MISC_CHECK':
      return [
        `script = ${command(k.command)}`,
        // The dump shows what was written; the virtual server's delay_loop stands for nothing.
        `timeout = ${k.timeoutUs === v.checks.delayLoopUs ? 0 : k.timeoutUs / 1e6}`,
        `dynamic = ${k.dynamic ? 'YES' : 'NO'}`,
      ];
    case 'UDP_CHECK':
      return [
        k.payload === undefined ? 'Payload specified = no' : `Payload len = ${k.payload.length}`,
        `Require reply = ${yesNo(k.requireReply)}`,
        ...when(
          k.requireReply,
          `Min reply length = ${k.minReplyLength}`,
          `Max reply length = ${k.maxReplyLength}`,
          `Reply data len = ${k.reply?.data.length ?? 0}`,
        ),
        ...when(k.reply?.mask.some((octet) => octet !== 255) === true, 'Reply data mask = yes'),
      ];
    case 'HTTP_GET':
    case 'SSL_GET':
      return http(k, r);
    default:
      return [];
  }
}

const http = (k: HttpCheck, r: RealServerConfig): readonly string[] => [
  ...set(k.virtualHost, (h) => `Virtualhost = ${h}`),
  `Enable SNI ${k.enableSni ? 'set' : 'unset'}`,
  `Fast recovery ${k.fastRecovery ? 'set' : 'unset'}`,
  ...k.urls.flatMap((u) => [
    `Checked url = ${u.path}`,
    ...set(u.digest, (d) => `digest = ${Buffer.from(d).toString('hex')}`),
    'HTTP Status Code(s)',
    ...u.statusCodes.map(([low, high]) => (low === high ? `${low}` : `${low}-${high}`)),
    // Only a url's own is dumped here.
    ...set(
      u.virtualHost === (k.virtualHost ?? r.virtualHost) ? undefined : u.virtualHost,
      (h) => `Virtual host = ${h}`,
    ),
    ...(u.regex === undefined
      ? []
      : [
          `Regex = "${u.regex.pattern}"`,
          ...when(u.regex.noMatch, 'Regex no match'),
          `Regex min offset = ${u.regex.minOffset}, max_offset = ${u.regex.maxOffset}`,
          `Regex stack start ${u.regex.stackStart}, max ${u.regex.stackMax}`,
        ]),
  ]),
];

export function dumpOf(config: Config): readonly string[] {
  const checkers = config.virtualServers.flatMap((v) =>
    v.realServers.flatMap((r) =>
      r.checkers.map((k) => ({ k, lines: [...timing(k, v, r), ...details(k, v, r)] })),
    ),
  );
  const { ssl } = config;
  return [
    ...(ssl === undefined
      ? []
      : [
          `Password : ${ssl.password}`,
          `CA-file : ${ssl.caFile}`,
          `Certificate file : ${ssl.certificateFile}`,
          `Key file : ${ssl.keyFile}`,
        ]),
    ...config.virtualServerGroups.flatMap((g) => [
      `Virtual Server Group = ${g.name}, ${[4, 6]
        .map((f) => `IPv${f} = ${yesNo(g.entries.some((e) => e.kind === 'address' && e.family === f))}`)
        .join(', ')}`,
      ...g.entries.map(entry),
    ]),
    ...config.virtualServers.flatMap(service),
    // The files come behind all other checkers.
    ...checkers.flatMap((x) => (x.k.type === 'FILE_CHECK' ? [] : x.lines)),
    ...checkers.flatMap((x) => (x.k.type === 'FILE_CHECK' ? x.lines : [])),
  ];
}
