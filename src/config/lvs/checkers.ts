/** The checkers of a real server; HTTP_GET and SSL_GET are in http.ts. */
import type { Command } from '../config.ts';
import type { BuildContext } from '../context.ts';
import { accountExists } from '../scripts.ts';
import type { Block, Setting } from '../settings.ts';
import { type CheckTarget, connectionOf } from './connection.ts';
import { octetsOf } from './hex.ts';
import { buildHttp } from './http.ts';
import type { BfdCheck, CheckerConfig, FileCheck, MiscCheck, UdpCheck } from './lvs-config.ts';
import type { LvsState } from './state.ts';
import { DNS, HTTP, type Level, MISC, PLAIN, timingOf } from './timing.ts';

export type CheckerScope = {
  readonly level: Level;
  readonly target: CheckTarget;
  readonly hostName: string | undefined; // real server's virtualhost, else the virtual server's
  readonly miscTimeoutUs: number; // the virtual server's delay_loop
  readonly server: string; // for messages
  readonly state: LvsState;
};

export const NO_CHECKERS: readonly CheckerConfig[] = Object.freeze([]);

export function buildCheckers(block: Block, scope: CheckerScope, c: BuildContext): readonly CheckerConfig[] {
  if (block.blocks.length === 0) return NO_CHECKERS;
  const out: CheckerConfig[] = [];
  for (const b of block.blocks) addChecker(b, scope, out, c);
  return out;
}

function addChecker(b: Block, scope: CheckerScope, out: CheckerConfig[], c: BuildContext): void {
  const type = b.keyword;
  if (type === 'MISC_CHECK') push(out, miscCheck(b, scope, c));
  else if (type === 'FILE_CHECK') push(out, fileCheck(b, scope, c));
  else if (type === 'BFD_CHECK') push(out, bfdCheck(b, scope, out, c));
  else if (type === 'SMTP_CHECK') addSmtp(b, scope, out, c);
  else {
    const connection = connectionOf(b, scope.target, c);
    if (connection === undefined) return;
    const kind = type === 'DNS_CHECK' ? DNS : type === 'HTTP_GET' || type === 'SSL_GET' ? HTTP : PLAIN;
    const timing = timingOf([b], kind, scope.level, c);
    if (kind === HTTP) push(out, buildHttp(b, timing, connection, scope.hostName, c));
    else if (kind === DNS)
      out.push({
        type: 'DNS_CHECK',
        timing,
        connection,
        queryType: b.text('type') ?? 'SOA',
        name: dnsName(b.get('name'), c),
      });
    else if (type === 'UDP_CHECK') out.push({ ...udpCheck(b, c), timing, connection });
    else out.push({ type: type === 'PING_CHECK' ? 'PING_CHECK' : 'TCP_CHECK', timing, connection });
  }
}

function push(out: CheckerConfig[], checker: CheckerConfig | undefined): void {
  if (checker !== undefined) out.push(checker);
}

/** Each 'host' is one more checker; KEEPALIVED: timing inside of a 'host' is that of all of them. */
function addSmtp(b: Block, scope: CheckerScope, out: CheckerConfig[], c: BuildContext): void {
  const timing = timingOf([b, ...b.blocks], PLAIN, scope.level, c);
  const heloName = b.text('helo_name') ?? 'smtpchecker.keepalived.org';
  for (const host of [b, ...b.blocks]) {
    if (host !== b && host.statement !== undefined)
      c.reporter.report(
        'KA1107',
        host.statement.keyword.at,
        'The SMTP_CHECK host block is deprecated. Please define additional checkers.',
        {
          effect: 'each host is one more checker beside the one of the server itself',
          fix: 'write one SMTP_CHECK block for each target',
          keepalivedClass: 'none',
        },
      );
    const connection = connectionOf(host, scope.target, c);
    if (connection !== undefined) out.push({ type: 'SMTP_CHECK', timing, connection, heloName });
  }
}

/** KEEPALIVED: takes a name whose second character is a dot for one with an empty label. */
function dnsName(s: Setting | undefined, c: BuildContext): string {
  const name = typeof s?.value === 'string' ? s.value : '';
  if (s === undefined || name === '' || name === '.') return '';
  const empty = name.startsWith('.') || name.includes('..');
  if (!empty && name[1] !== '.') return name;
  c.reporter.report('KA1142', s.at, `DNS_CHECK name '${name}' has empty label - ignoring`, {
    effect: empty
      ? 'the root is asked for'
      : 'keepalived refuses the name by mistake and asks for the root; vipd asks for the name',
    ...(empty ? {} : { severity: 'warning' }),
  });
  return empty ? '' : name;
}

type UdpOnly = Omit<UdpCheck, 'timing' | 'connection'>;

function udpCheck(b: Block, c: BuildContext): UdpOnly {
  const reply = b.get('require_reply');
  const minReplyLength = b.number('min_reply_length') ?? 0;
  const maxReplyLength = b.number('max_reply_length') ?? 255;
  if (minReplyLength > maxReplyLength)
    c.reporter.report(
      'KA1141',
      (b.get('min_reply_length') ?? b.get('max_reply_length'))?.at ??
        (b.statement as { keyword: { at: Setting['at'] } }).keyword.at,
      `UDP_CHECK min_reply length ${minReplyLength} > max_reply_length ${maxReplyLength} - will always fail`,
      { effect: 'the server is never up', fix: 'raise max_reply_length' },
    );
  const pattern = hex(reply, true, c);
  return {
    type: 'UDP_CHECK',
    payload: hex(b.get('payload'), false, c)?.data,
    requireReply: reply !== undefined,
    reply: pattern === undefined ? undefined : { data: pattern.data, mask: pattern.mask },
    minReplyLength,
    maxReplyLength,
  };
}

function hex(s: Setting | undefined, wild: boolean, c: BuildContext): ReturnType<typeof octetsOf> {
  if (s === undefined || s.words.length === 0) return undefined;
  const octets = octetsOf(s.words, wild);
  if (octets === undefined || octets.has255)
    c.reporter.report(
      'KA1140',
      s.at,
      `Invalid hex string for UDP_CHECK ${wild ? 'reply' : 'payload'}`,
      octets === undefined
        ? {
            effect: wild ? 'any reply will do' : 'the datagram is empty',
            fix: 'write pairs of hexadecimal digits',
          }
        : { severity: 'warning', effect: 'keepalived 2.2.7 refuses the octet ff; vipd takes it' },
    );
  return octets;
}

function miscCheck(b: Block, scope: CheckerScope, c: BuildContext): MiscCheck | undefined {
  const command = b.command('misc_path');
  const setting = b.get('misc_path');
  const at = b.statement?.keyword.at;
  if (command === undefined || setting === undefined) {
    // A misc_path without value has been reported.
    if (at !== undefined && b.statement?.body.every((s) => s.row.keyword !== 'misc_path') === true)
      c.reporter.report('KA1132', at, 'No script path has been specified for MISC_CHECKER - skipping', {
        effect: 'keepalived removes the checker',
        fix: 'add \'misc_path "/path/to/check"\'',
      });
    return undefined;
  }
  const user = b.get('user');
  const owned: Command = {
    ...command,
    ...(user?.words[0] === undefined ? {} : { user: user.words[0].text }),
    ...(user?.words[1] === undefined ? {} : { group: user.words[1].text.replace(/^:/, '') }),
  };
  if (!accountExists(owned, user?.at ?? setting.at, 'misc checker script - removing', c)) return undefined;
  const seconds = b.number('misc_timeout') ?? 0;
  return {
    type: 'MISC_CHECK',
    timing: timingOf([b], MISC, scope.level, c),
    command: owned,
    timeoutUs: seconds === 0 ? scope.miscTimeoutUs : seconds * 1_000_000,
    dynamic: b.has('misc_dynamic'),
  };
}

function fileCheck(b: Block, scope: CheckerScope, c: BuildContext): FileCheck | undefined {
  const weight = b.get('weight');
  let name: string | undefined;
  for (const s of b.settings) {
    if (s.statement.row.keyword !== 'track_file' || typeof s.value !== 'string') continue;
    if (scope.state.files.has(s.value)) name = s.value;
    else
      c.reporter.report('KA1133', s.at, `track_file ${s.value} not found`, {
        effect: 'keepalived ignores the line; without another one it removes the checker',
        fix: 'define the track_file above the virtual_server',
      });
  }
  const file = name === undefined ? undefined : scope.state.files.get(name);
  if (name === undefined || file === undefined) {
    const at = b.statement?.keyword.at;
    if (at !== undefined && b.get('track_file') === undefined)
      c.reporter.report('KA1132', at, 'FILE_CHECK has no track_file specified - ignoring', {
        effect: 'keepalived removes the checker',
        fix: "add 'track_file NAME'",
      });
    return undefined;
  }
  return {
    type: 'FILE_CHECK',
    file: name,
    weight: typeof weight?.value === 'number' ? weight.value : file.weight,
    reverse: weight === undefined ? file.reverse : weight.reverse,
  };
}

/** The first name counts; whatever is wrong removes the checker. */
function bfdCheck(
  b: Block,
  scope: CheckerScope,
  before: readonly CheckerConfig[],
  c: BuildContext,
): BfdCheck | undefined {
  let name: string | undefined;
  let good = true;
  for (const s of b.settings) {
    if (s.statement.row.keyword !== 'name') continue;
    const problem = bfdProblem(s, name, scope, before);
    if (problem === undefined) name = String(s.value);
    else {
      good = false;
      c.reporter.report('KA1134', s.at, `(${scope.server}) BFD_CHECK - ${problem}`, {
        effect: 'keepalived removes the checker',
        fix: 'name one bfd_instance that is defined above and whose events go to checkers',
      });
    }
  }
  const at = b.statement?.keyword.at;
  if (
    at !== undefined &&
    good &&
    name === undefined &&
    b.statement?.body.every((s) => s.row.keyword !== 'name') === true
  )
    c.reporter.report(
      'KA1132',
      at,
      `(${scope.server}) No name has been specified for BFD_CHECKER - skipping`,
      {
        effect: 'keepalived removes the checker',
        fix: "add 'name BFD_INSTANCE'",
      },
    );
  if (name === undefined || !good) return undefined;
  return { type: 'BFD_CHECK', name, alpha: b.boolean('alpha') ?? scope.level.alpha };
}

function bfdProblem(
  s: Setting,
  earlier: string | undefined,
  scope: CheckerScope,
  before: readonly CheckerConfig[],
): string | undefined {
  const name = String(s.value);
  if (s.words.length !== 1) return 'No or too many names specified - skipping checker';
  if (earlier !== undefined) return `BFD ${name} already specified as ${earlier}`;
  if (scope.state.bfds.get(name) !== true) return `BFD ${name} not configured`;
  return before.some((x) => x.type === 'BFD_CHECK' && x.name === name)
    ? `RS already monitoring ${name}`
    : undefined;
}
