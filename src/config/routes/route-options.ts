/** The words of a route line: each reads its arguments into the draft. */
import { interfaceExists } from '../context.ts';
import type { Word } from '../words.ts';
import { readEncap } from './encap.ts';
import { type Line, parseRealms, readPrefix } from './line.ts';
import { decimal, named, tableNumber, time } from './numbers.ts';
import { agree, gateway, type MetricName, type RouteDraft } from './route-draft.ts';

/** Reads what follows `keyword`; false drops the line, with the reason told. */
export type RouteOption = (d: RouteDraft, keyword: Word, line: Line) => boolean;

/** KEEPALIVED: the word behind 'inet' and 'inet6' is passed over unread. */
const family =
  (wanted: 4 | 6): RouteOption =>
  (d, keyword, line) => {
    if (!agree(d, wanted, keyword, line)) return false;
    const swallowed = line.next();
    if (swallowed !== undefined && swallowed.text !== 'to') d.swallowed = swallowed;
    return true;
  };

/** One argument; `set` returns false when it is no value. */
const valued =
  (set: (d: RouteDraft, text: string, line: Line) => boolean, what: string): RouteOption =>
  (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    return (
      set(d, word.text, line) ||
      line.drop('KA1304', word.at, `Invalid ${what} ${word.text} specified for route`)
    );
  };

const assign = <K extends keyof RouteDraft>(
  d: RouteDraft,
  key: K,
  value: RouteDraft[K] | undefined,
): boolean => {
  if (value !== undefined) d[key] = value;
  return value !== undefined;
};

/** An RTAX_* number; `lockable`: may begin with the word 'lock'. A lock stays when the value is set again. */
const metric =
  (name: MetricName, what: string, lockable: boolean, max?: number): RouteOption =>
  (d, keyword, line) => {
    const locks = lockable && line.peek()?.text === 'lock' ? line.next() : undefined;
    const word = line.value(locks ?? keyword);
    if (word === undefined) return false;
    const value = decimal(word.text, max);
    if (value === undefined)
      return line.drop('KA1304', word.at, `Invalid ${what} ${word.text} specified for route`);
    d.metrics[name] = { value, lock: locks !== undefined || d.metrics[name]?.lock === true };
    return true;
  };

const MIN_MS = 200;
const MAX_MS = 120_000;

/** A round-trip time, kept in the kernel's unit. KEEPALIVED: brought into 0.2..120 s with a log line. */
const duration =
  (name: MetricName, perMs: number): RouteOption =>
  (d, keyword, line) => {
    const locks = line.peek()?.text === 'lock' ? line.next() : undefined;
    const word = line.value(locks ?? keyword);
    if (word === undefined) return false;
    const read = time(word.text, perMs, MAX_MS * perMs);
    if (read === undefined)
      return line.drop(
        'KA1304',
        word.at,
        `Invalid ${keyword.text} ${word.text} for route`,
        `write a time as in '${keyword.text} 500ms' or '1.5s'`,
      );
    const ms = Math.min(MAX_MS, Math.max(MIN_MS, read.ms));
    if (read.rounded)
      line.tell('KA1317', word.at, `number '${word.text}' has too many decimal places`, {
        effect: 'keepalived rounds it',
      });
    else if (ms !== read.ms)
      line.tell(
        'KA1312',
        word.at,
        `${keyword.text} value ${word.text} is outside of 200ms..120s, using ${ms}ms`,
        {
          effect: `the route gets ${ms} ms`,
          fix:
            read.ms < MIN_MS
              ? `without a unit the number counts 1/${perMs} ms; write '${word.text}ms' or '…s'`
              : 'write at most 120s',
        },
      );
    d.metrics[name] = {
      value: Math.floor(ms * perMs),
      lock: locks !== undefined || d.metrics[name]?.lock === true,
    };
    return true;
  };

const device: RouteOption = (d, keyword, line) => {
  const word = line.value(keyword);
  if (word === undefined || !interfaceExists(word.text, word.at, `a route of ${line.owner.use}`, line.c))
    return false;
  d.interface = word.text;
  return true;
};

const flag =
  <K extends 'onlink' | 'mode' | 'track'>(key: K, value: RouteDraft[K]): RouteOption =>
  (d) => {
    d[key] = value;
    return true;
  };

/** Families that an option belongs to; `agree` would speak of addresses. */
function belongs(d: RouteDraft, wanted: 4 | 6, keyword: Word, line: Line): boolean {
  if (d.family !== undefined && d.family !== wanted)
    return line.drop('KA1305', keyword.at, `${keyword.text} is only valid for IPv${wanted}`);
  d.family = wanted;
  return true;
}

const deprecated = (keyword: Word, better: string, line: Line): void =>
  line.tell('KA1306', keyword.at, `"${keyword.text}" for routes is deprecated. Please use "${better}"`, {
    effect: 'keepalived understands it',
    fix: `write '${better}'`,
  });

const via: RouteOption = (d, keyword, line) => {
  if (keyword.text === 'gw') deprecated(keyword, 'via', line);
  const forced = line.peek();
  const named = forced !== undefined && line.accept('inet', 'inet6') ? forced : undefined;
  const word = line.value(named ?? keyword);
  if (word === undefined) return false;
  if (named !== undefined && !agree(d, named.text === 'inet' ? 4 : 6, named, line)) return false;
  const bytes = gateway(d, word, 'via', line);
  if (bytes !== undefined) d.via = bytes;
  return bytes !== undefined;
};

const metrics: Readonly<Record<string, RouteOption>> = {
  mtu: metric('mtu', 'MTU', true),
  advmss: metric('advmss', 'advmss', true),
  reordering: metric('reordering', 'reordering value', true),
  cwnd: metric('cwnd', 'cwnd value', true),
  ssthresh: metric('ssthresh', 'ssthresh value', true),
  window: metric('window', 'window value', false),
  initcwnd: metric('initcwnd', 'initcwnd value', false),
  initrwnd: metric('initrwnd', 'initrwnd value', false),
  hoplimit: metric('hoplimit', 'hoplimit', false, 255),
  quickack: metric('quickack', 'quickack value', false, 1),
  fastopen_no_cookie: metric('fastopenNoCookie', 'fastopen_no_cookie value', false, 1),
  rtt: duration('rtt', 8),
  rttvar: duration('rttvar', 4),
  rto_min: duration('rtoMin', 1),
};

const number = valued((d, t) => assign(d, 'metric', decimal(t)), 'metric');
const tos = valued((d, t, l) => assign(d, 'tos', named(t, 'rt_dsfield', l.routing.names)), 'TOS value');
const PREFS: Readonly<Record<string, number>> = { low: 3, medium: 0, high: 1 };

/** 'nexthop' and the destination are read by the line's reader. */
export const ROUTE_OPTIONS: Readonly<Record<string, RouteOption>> = {
  ...metrics,
  inet: family(4),
  inet6: family(6),
  dev: device,
  oif: device,
  via,
  gw: via,
  tos,
  dsfield: tos,
  metric: number,
  priority: number,
  preference: number,
  onlink: flag('onlink', true),
  add: flag('mode', 'add'),
  append: flag('mode', 'append'),
  prepend: flag('mode', 'prepend'),
  no_track: flag('track', false),
  table: valued((d, t, l) => assign(d, 'table', tableNumber(t, l.routing.names)), 'routing table'),
  scope: valued((d, t, l) => assign(d, 'scope', named(t, 'rt_scopes', l.routing.names)), 'scope'),
  src: (d, keyword, line) => {
    const word = line.value(keyword);
    const bytes = word === undefined ? undefined : gateway(d, word, 'src', line);
    return assign(d, 'preferredSource', bytes);
  },
  protocol: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    const value = named(word.text, 'rt_protos', line.routing.names);
    if (value === undefined)
      return line.drop('KA1304', word.at, `Protocol ${word.text} not found or invalid for route`);
    d.protocol = word;
    d.protocolNumber = value;
    return true;
  },
  or: (d, keyword, line) => {
    deprecated(keyword, 'nexthop', line);
    const word = line.value(keyword);
    if (word === undefined) return false;
    if (d.or !== undefined) return true;
    const bytes = gateway(d, word, 'or', line);
    return assign(d, 'or', bytes);
  },
  from: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    const fix = 'write an IPv6 prefix';
    const source = word.text === 'default' ? undefined : readPrefix(line, word);
    if (word.text !== 'default' && source === undefined)
      return line.drop('KA1304', word.at, `invalid route from address ${word.text}`, fix);
    if (source?.bytes.length !== 16)
      return line.drop('KA1305', word.at, `route from address only supported with IPv6 (${word.text})`, fix);
    d.source = source;
    return agree(d, 6, word, line);
  },
  as: (_d, keyword, line) => {
    const said = line.value(keyword);
    if (said === undefined) return false;
    if (said.text === 'to') line.next();
    line.tell('KA1307', keyword.at, '"as to" for MPLS only - ignoring', {
      effect: 'keepalived adds the route without it',
      fix: "remove 'as to ADDRESS'",
    });
    return true;
  },
  vrf: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    const exists = line.c.environment.interfaces?.has(word.text);
    // Which interfaces are VRFs is not known here; only that none of them is one by that name.
    if (exists === false) return line.drop('KA1315', word.at, `VRF ${word.text} not found for route`);
    d.vrf = word.text;
    return true;
  },
  expires: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined || !belongs(d, 6, keyword, line)) return false;
    const value = decimal(word.text);
    return (
      assign(d, 'expiresS', value) ||
      line.drop('KA1304', word.at, `Invalid expires time ${word.text} specified for route`)
    );
  },
  pref: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined || !belongs(d, 6, keyword, line)) return false;
    return (
      assign(d, 'pref', PREFS[word.text] ?? decimal(word.text, 255)) ||
      line.drop(
        'KA1304',
        word.at,
        `Invalid pref value ${word.text} specified for route`,
        'write low, medium or high',
      )
    );
  },
  realms: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined || !belongs(d, 4, keyword, line)) return false;
    return (
      assign(d, 'realms', parseRealms(word.text, line)) ||
      line.drop('KA1304', word.at, `Invalid realms ${word.text} for route`)
    );
  },
  features: (d, keyword, line) => {
    const word = line.value(keyword);
    if (word?.text === 'ecn') d.metrics.features = { value: 1, lock: false };
    else if (word !== undefined)
      line.tell('KA1307', word.at, `feature ${word.text} not supported`, {
        effect: 'keepalived adds the route without it',
        fix: "write 'features ecn'",
      });
    return word !== undefined;
  },
  congctl: (d, keyword, line) => {
    const locks = line.peek()?.text === 'lock' ? line.next() : undefined;
    const word = line.value(locks ?? keyword);
    if (word !== undefined)
      d.congctl = { name: word.text, lock: locks !== undefined || d.congctl?.lock === true };
    return word !== undefined;
  },
  'ttl-propagate': (d, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    if (word.text !== 'enabled' && word.text !== 'disabled')
      line.tell('KA1307', word.at, `ttl-propagate value ${word.text} not recognised`, {
        effect: "keepalived takes it for 'disabled'",
        fix: "write 'enabled' or 'disabled'",
      });
    d.ttlPropagate = word.text === 'enabled';
    return true;
  },
  encap: (d, keyword, line) => {
    const { encap, drop } = readEncap(line, keyword);
    if (encap !== undefined) d.encap = encap;
    return !drop;
  },
};
