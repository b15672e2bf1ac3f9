/** One line of 'virtual_rules' or 'static_rules' to a `RuleConfig`: a selector and exactly one action. */
import { type BuildContext, interfaceExists } from '../context.ts';
import { placeOf } from '../source.ts';
import { nearest } from '../suggest.ts';
import type { Entry } from '../tree.ts';
import type { Word } from '../words.ts';
import { isWord, Line, type LineOwner, parseRealms, readPrefix } from './line.ts';
import { cInteger, cNumber, decimal, named, numberRange, tableNumber, wideNumber } from './numbers.ts';
import type { Prefix, Realms, RuleAction, RuleConfig } from './route-config.ts';
import type { Routing } from './routing.ts';
import { type Grouped, readTrackGroup } from './track-group.ts';

const INT_MAX = 0x7fffffff;

type RuleDraft = Grouped & {
  family: 4 | 6 | undefined;
  invert: boolean;
  from?: Prefix | 'all';
  to?: Prefix | 'all';
  priority?: number;
  tos: number;
  mark?: number;
  markMask?: number;
  realms?: Realms;
  suppressPrefixLength?: number;
  suppressGroup?: number;
  inputInterface?: string;
  outputInterface?: string;
  tunnelId?: Uint8Array;
  uidRange?: readonly [number, number];
  ipProtocol?: number;
  sourcePorts?: readonly [number, number];
  destinationPorts?: readonly [number, number];
  action?: RuleAction;
  actionAt?: Word;
  protocol?: Word;
  protocolNumber?: number;
  track: boolean;
};

/** Reads what follows `keyword`; false drops the line, with the reason told. */
type RuleOption = (d: RuleDraft, keyword: Word, line: Line) => boolean;

const assign = <K extends keyof RuleDraft>(
  d: RuleDraft,
  key: K,
  value: RuleDraft[K] | undefined,
): boolean => {
  if (value !== undefined) d[key] = value;
  return value !== undefined;
};

/** One argument; `hard`: a bad one drops the line, else only itself. */
const valued =
  (set: (d: RuleDraft, text: string, line: Line) => boolean, hard = true, fix?: string): RuleOption =>
  (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    if (set(d, word.text, line)) return true;
    const text = `Invalid ${keyword.text} ${word.text}`;
    if (hard) return line.drop('KA1334', word.at, text, fix);
    line.tell('KA1339', word.at, text, {
      effect: 'keepalived adds the rule without it: it matches more than was meant',
      ...(fix === undefined ? {} : { fix }),
    });
    return true;
  };

const MIXED = 'rule specification has mixed IPv4 and IPv6';

const prefix =
  (side: 'from' | 'to'): RuleOption =>
  (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    const all = isWord(word.text);
    const read = all ? undefined : readPrefix(line, word);
    if (!all && read === undefined)
      return line.drop(
        'KA1334',
        word.at,
        `Invalid rule ${side} address ${word.text}`,
        'write ADDRESS/LENGTH or all',
      );
    const family = read === undefined ? undefined : read.bytes.length === 4 ? 4 : 6;
    if (d.family === undefined) d.family = family;
    else if (d.family !== family) return line.drop('KA1335', word.at, MIXED);
    d[side] = read ?? 'all';
    return true;
  };

/** KEEPALIVED: the word behind 'inet' and 'inet6' is passed over unread. */
const family =
  (wanted: 4 | 6): RuleOption =>
  (d, keyword, line) => {
    if (d.family !== undefined && d.family !== wanted)
      return line.drop('KA1335', keyword.at, `${keyword.text} specified for IPv${d.family} rule`);
    d.family = wanted;
    const swallowed = line.next();
    if (swallowed !== undefined)
      line.tell('KA1314', swallowed.at, `'${swallowed.text}' behind ${keyword.text} is passed over`, {
        severity: 'warning',
        effect: 'keepalived does not read this word',
        fix: `write '${keyword.text}' as the last word of the line`,
      });
    return true;
  };

function act(d: RuleDraft, action: RuleAction, at: Word, line: Line): boolean {
  if (d.action !== undefined)
    return line.drop(
      'KA1333',
      at.at,
      'Cannot specify more than one of table/nop/goto/blackhole/prohibit/unreachable/l3mdev for rule',
      'write one action',
    );
  d.action = action;
  d.actionAt = at;
  return true;
}

const table: RuleOption = (d, keyword, line) => {
  const word = line.value(keyword);
  if (word === undefined) return false;
  const number = tableNumber(word.text, line.routing.names);
  if (number === undefined)
    return line.drop('KA1334', word.at, `Routing table ${word.text} not found for rule`);
  if (number === 0)
    return line.drop('KA1334', word.at, 'Table 0 is not valid', "write 'main' or another table");
  return act(d, { type: 'table', table: number }, word, line);
};

const goto: RuleOption = (d, keyword, line) => {
  const word = line.value(keyword);
  if (word === undefined) return false;
  const target = decimal(word.text);
  if (target === undefined) return line.drop('KA1334', word.at, `Invalid target ${word.text} specified`);
  return act(d, { type: 'goto', target }, word, line);
};

const device =
  (side: 'inputInterface' | 'outputInterface'): RuleOption =>
  (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined || !interfaceExists(word.text, word.at, `a rule of ${line.owner.use}`, line.c))
      return false;
    d[side] = word.text;
    return true;
  };

/** 'MARK[/MASK]' in C notation; an empty part is 0. */
function mark(d: RuleDraft, text: string): boolean {
  const [value, mask, ...more] = text.split('/').map((p) => cNumber(p));
  if (more.length > 0 || value === undefined || (text.includes('/') && mask === undefined)) return false;
  d.mark = value;
  if (mask === undefined) delete d.markMask;
  else d.markMask = mask;
  return true;
}

const priority = valued((d, t) => assign(d, 'priority', cNumber(t)));
const tos = valued((d, t, l) => assign(d, 'tos', named(t, 'rt_dsfield', l.routing.names)));
const suppressLength = valued((d, t) => assign(d, 'suppressPrefixLength', decimal(t, INT_MAX)));
const suppressGroup = valued((d, t, l) => assign(d, 'suppressGroup', group(t, l)));
const iif = device('inputInterface');
const PORTS = "write a range, as in '80-80'";

/** KEEPALIVED: the low 32 bits of the number; the half with the sign bit means none. */
function group(text: string, line: Line): number | undefined {
  const value = text === '' ? undefined : cInteger(text);
  if (value === undefined) return line.routing.names.table('group').get(text);
  const low = Number(BigInt.asUintN(32, value));
  return low <= INT_MAX ? low : undefined;
}

function ipProtocol(text: string, line: Line): number | undefined {
  return /^\+?\d+$/.test(text) ? decimal(text, 127) : limited(line.routing.names.ipProtocol(text));
}

const limited = (n: number | undefined): number | undefined => (n !== undefined && n <= 255 ? n : undefined);

const OPTIONS: Readonly<Record<string, RuleOption>> = {
  inet: family(4),
  inet6: family(6),
  from: prefix('from'),
  to: prefix('to'),
  table,
  lookup: table,
  goto,
  l3mdev: (d, keyword, line) => act(d, { type: 'l3mdev' }, keyword, line),
  not: (d) => {
    d.invert = true;
    return true;
  },
  no_track: (d) => {
    d.track = false;
    return true;
  },
  preference: priority,
  order: priority,
  priority,
  tos,
  dsfield: tos,
  fwmark: valued(mark),
  realms: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    if (d.family === 6) return line.drop('KA1335', keyword.at, 'realms is only valid for IPv4');
    d.family = 4;
    return (
      assign(d, 'realms', parseRealms(word.text, line)) ||
      line.drop('KA1334', word.at, `invalid realms ${word.text} for rule`)
    );
  },
  suppress_prefixlength: suppressLength,
  sup_pl: suppressLength,
  suppress_ifgroup: suppressGroup,
  sup_group: suppressGroup,
  dev: iif,
  iif,
  oif: device('outputInterface'),
  'tunnel-id': valued((d, t) => assign(d, 'tunnelId', wideNumber(t))),
  uidrange: valued((d, t) => assign(d, 'uidRange', numberRange(t, 32)), true, "write 'uidrange LOW-HIGH'"),
  protocol: (d, keyword, line) => {
    const said = line.peek();
    const set = (draft: RuleDraft, t: string) => assign(draft, 'protocolNumber', decimal(t, 255));
    if (!valued(set, false, 'write a number in 0..255')(d, keyword, line)) return false;
    if (said !== undefined && decimal(said.text, 255) !== undefined) d.protocol = said;
    return true;
  },
  ipproto: valued(
    (d, t, l) => assign(d, 'ipProtocol', ipProtocol(t, l)),
    false,
    'write a protocol name or 0..127',
  ),
  sport: valued((d, t) => assign(d, 'sourcePorts', numberRange(t, 16)), false, PORTS),
  dport: valued((d, t) => assign(d, 'destinationPorts', numberRange(t, 16)), false, PORTS),
  type: (d, keyword, line) => {
    const word = line.value(keyword);
    return word !== undefined && actionWord(d, word, line);
  },
};

const ACTIONS: Readonly<Record<string, RuleAction['type']>> = {
  nop: 'nop',
  blackhole: 'blackhole',
  unreachable: 'unreachable',
  prohibit: 'prohibit',
};
/** Other RTN_* and FR_ACT_* words that rules refuse. */
const ROUTE_TYPES = new Set([
  'unicast',
  'local',
  'nat',
  'broadcast',
  'brd',
  'anycast',
  'multicast',
  'throw',
  'xresolve',
]);
/** KEEPALIVED: the kernel's numbers stand for these words. */
const BY_NUMBER: Readonly<Record<number, RuleAction['type']>> = {
  6: 'blackhole',
  7: 'unreachable',
  8: 'prohibit',
};

function actionWord(d: RuleDraft, word: Word, line: Line): boolean {
  if (word.text === 'goto') return goto(d, word, line);
  const number = word.text === '' ? undefined : cNumber(word.text, 255);
  const type = Object.hasOwn(ACTIONS, word.text) ? ACTIONS[word.text] : BY_NUMBER[number ?? -1];
  if (type !== undefined) return act(d, { type } as RuleAction, word, line);
  if (number !== undefined || ROUTE_TYPES.has(word.text))
    return line.drop(
      'KA1334',
      word.at,
      `Invalid rule action ${word.text}`,
      `write ${Object.keys(ACTIONS).join(', ')} or goto`,
    );
  const near = nearest(word.text, [...Object.keys(OPTIONS), ...Object.keys(ACTIONS)]);
  const fix =
    word.text === 'ip_proto' ? "write 'ipproto'" : near === undefined ? undefined : `did you mean '${near}'?`;
  return line.drop('KA1331', word.at, `Unknown rule option ${word.text}`, fix);
}

function readWord(d: RuleDraft, word: Word, line: Line): boolean {
  const option = Object.hasOwn(OPTIONS, word.text) ? OPTIONS[word.text] : undefined;
  if (option !== undefined) return option(d, word, line);
  if (word.text === 'track_group' && line.owner.isStatic) return readTrackGroup(d, word, line);
  return actionWord(d, word, line);
}

/** undefined when keepalived skips the line; why has been reported. */
export function readRule(
  entry: Entry,
  owner: LineOwner,
  c: BuildContext,
  routing: Routing,
): RuleConfig | undefined {
  if (entry.words.length === 0) return undefined;
  const line = new Line(entry, 'rule', owner, c, routing);
  const d: RuleDraft = { family: undefined, invert: false, tos: 0, track: true };
  for (let word = line.next(); word !== undefined; word = line.next()) {
    if (!readWord(d, word, line)) return undefined;
  }
  return finish(d, line);
}

function finish(d: RuleDraft, line: Line): RuleConfig | undefined {
  if (!consistent(d, line) || d.action === undefined) return undefined;
  const family = d.family ?? 4;
  const { invert, tos, action, track } = d;
  const grouped = d.trackGroup !== undefined && d.inputInterface !== undefined;
  if (d.trackGroupAt !== undefined && !grouped)
    line.tell('KA1322', d.trackGroupAt.at, 'Static rule cannot have track_group if dev/iif not specified', {
      effect: 'the rule belongs to no group',
      fix: "add 'iif INTERFACE'",
    });
  return {
    family,
    invert,
    ...side('from', d.from, family),
    ...side('to', d.to, family),
    priority: d.priority ?? noPriority(family, line),
    tos,
    ...optional(d, ['mark', 'markMask', 'realms', 'suppressPrefixLength', 'suppressGroup', 'inputInterface']),
    ...optional(d, [
      'outputInterface',
      'tunnelId',
      'uidRange',
      'ipProtocol',
      'sourcePorts',
      'destinationPorts',
    ]),
    action,
    ...protocolOf(d, line),
    track,
    ...(grouped ? { trackGroup: d.trackGroup as string } : {}),
    place: placeOf(line.first.at),
  };
}

function optional<K extends keyof RuleDraft>(d: RuleDraft, keys: readonly K[]): Partial<Pick<RuleDraft, K>> {
  const out: Partial<Pick<RuleDraft, K>> = {};
  for (const key of keys) if (d[key] !== undefined) out[key] = d[key];
  return out;
}

function side(
  name: 'from' | 'to',
  written: Prefix | 'all' | undefined,
  family: 4 | 6,
): { readonly from?: Prefix; readonly to?: Prefix } {
  if (written === undefined) return {};
  return {
    [name]: written === 'all' ? { bytes: new Uint8Array(family === 4 ? 4 : 16), length: 0 } : written,
  };
}

function consistent(d: RuleDraft, line: Line): boolean {
  const { action } = d;
  if (action === undefined)
    return line.drop(
      'KA1332',
      line.first.at,
      'No action specified for rule - ignoring',
      "add 'table NAME' or another action",
    );
  if (action.type === 'goto' && (d.priority === undefined || d.priority >= action.target))
    return line.drop(
      'KA1337',
      d.actionAt?.at ?? line.first.at,
      d.priority === undefined
        ? `Invalid rule - goto target ${action.target} specified without preference`
        : `Invalid rule - preference ${d.priority} >= goto target ${action.target}`,
      `add 'preference N' with N below ${action.target}`,
    );
  const needsTable =
    d.suppressPrefixLength !== undefined || d.suppressGroup !== undefined || d.realms !== undefined;
  if (needsTable && action.type !== 'table' && action.type !== 'l3mdev')
    return line.drop(
      'KA1338',
      d.actionAt?.at ?? line.first.at,
      'suppressor/realm specified for non table action - skipping',
      "use 'table NAME', or remove suppress_* and realms",
    );
  return true;
}

function noPriority(family: 4 | 6, line: Line): number {
  const priority = line.routing.nextPriority(family);
  line.tell(
    'KA1336',
    line.first.at,
    `Rule has no preference specified - setting to ${priority}. This is probably not what you want.`,
    { effect: `the rule has preference ${priority}`, fix: "add 'preference NUMBER'" },
  );
  return priority;
}

/** KEEPALIVED: a watched rule has protocol 18; one with 'no_track' only what was written. */
function protocolOf(d: RuleDraft, line: Line): { readonly protocol?: number } {
  if (!d.track) return d.protocolNumber === undefined ? {} : { protocol: d.protocolNumber };
  if (d.protocol !== undefined && d.protocolNumber !== 18)
    line.tell(
      'KA1340',
      d.protocol.at,
      'Rule cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol',
      { effect: 'the rule has protocol 18', fix: "add 'no_track', or remove 'protocol'" },
    );
  return { protocol: 18 };
}
