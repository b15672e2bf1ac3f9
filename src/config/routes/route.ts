/**
 * One line of 'virtual_routes' or 'static_routes' to a `RouteConfig`: [TYPE] [to] DESTINATION, options in any order,
 * next hops at the end. Any error but those of next hops costs the whole line.
 */
import type { BuildContext } from '../context.ts';
import { placeOf } from '../source.ts';
import { nearest } from '../suggest.ts';
import type { Entry } from '../tree.ts';
import type { Word } from '../words.ts';
import { isWord, Line, type LineOwner, parsePrefix, readPrefix } from './line.ts';
import { readNextHops } from './next-hops.ts';
import { cNumber } from './numbers.ts';
import type { Prefix, RouteConfig } from './route-config.ts';
import { agree, newRoute, type RouteDraft } from './route-draft.ts';
import { ROUTE_OPTIONS } from './route-options.ts';
import type { Routing } from './routing.ts';
import { readTrackGroup } from './track-group.ts';

/** RTN_* by iproute2's words. */
const TYPES: Readonly<Record<string, number>> = {
  unicast: 1,
  local: 2,
  broadcast: 3,
  brd: 3,
  anycast: 4,
  multicast: 5,
  blackhole: 6,
  unreachable: 7,
  prohibit: 8,
  throw: 9,
  nat: 10,
  xresolve: 11,
};
/**
 * Where `ip route` puts a route without `table`: addresses of this host stand in 'local'. KEEPALIVED: 'main' for all, and
 * the kernel refuses these types there.
 */
const LOCAL_TYPES: ReadonlySet<number> = new Set([2, 3, 4, 10]);
const [MAIN, LOCAL] = [254, 255];
/** KEEPALIVED: routes of these types are added, not put before others. */
const UNICAST = 1;

/** undefined when keepalived skips the line; why has been reported. */
export function readRoute(
  entry: Entry,
  owner: LineOwner,
  c: BuildContext,
  routing: Routing,
): RouteConfig | undefined {
  if (entry.words.length === 0) return undefined;
  const line = new Line(entry, 'route', owner, c, routing);
  const d = newRoute();
  for (let word = line.peek(); word !== undefined; word = line.peek()) {
    if (word.text === 'nexthop') {
      if (d.or !== undefined) {
        line.drop(
          'KA1311',
          word.at,
          'Cannot specify nexthops with "or" route',
          "write all gateways as 'nexthop'",
        );
        return undefined;
      }
      readNextHops(d, line);
      break;
    }
    line.next();
    if (!readWord(d, word, line)) return undefined;
  }
  return finish(d, line);
}

function readWord(d: RouteDraft, word: Word, line: Line): boolean {
  const option = Object.hasOwn(ROUTE_OPTIONS, word.text) ? ROUTE_OPTIONS[word.text] : undefined;
  if (option !== undefined) return option(d, word, line);
  if (word.text === 'track_group' && line.owner.isStatic) return readTrackGroup(d, word, line);
  const type = routeType(word.text);
  if (word.text !== 'to' && type === undefined) return destination(d, word, line);
  if (type !== undefined) {
    d.type = type;
    if (type !== UNICAST) d.mode = 'add';
  }
  const next = line.value(word);
  return next !== undefined && destination(d, next, line);
}

/** A word of the list, or a number in 0..255 in C notation. */
function routeType(text: string): number | undefined {
  const known = Object.hasOwn(TYPES, text) ? TYPES[text] : undefined;
  return known ?? (text === '' ? undefined : cNumber(text, 255));
}

function destination(d: RouteDraft, word: Word, line: Line): boolean {
  d.destinationText = word.text;
  if (isWord(word.text)) {
    d.destination = 'default';
    return agree(d, undefined, word, line);
  }
  if (word.text === 'default6') {
    line.tell('KA1316', word.at, "'default6' is deprecated - please replace with 'inet6 default'", {
      effect: 'keepalived takes it for ::/0, with a log line',
      fix: "write '::/0'",
    });
    d.destination = { bytes: new Uint8Array(16), length: 0 };
    return agree(d, 6, word, line);
  }
  const prefix = readPrefix(line, word);
  if (prefix === undefined) return unknownWord(word, line);
  d.destination = prefix;
  return agree(d, prefix.bytes.length === 4 ? 4 : 6, word, line);
}

function unknownWord(word: Word, line: Line): false {
  const near = nearest(word.text, [...Object.keys(ROUTE_OPTIONS), ...Object.keys(TYPES), 'nexthop', 'to']);
  const fix =
    near !== undefined
      ? `did you mean '${near}'?`
      : word.text === 'proto'
        ? "write 'protocol' in full"
        : undefined;
  return line.drop('KA1301', word.at, `unknown route keyword ${word.text}`, fix);
}

/** What the words mean together. */
function finish(d: RouteDraft, line: Line): RouteConfig | undefined {
  if (d.destination === undefined) {
    noDestination(d, line);
    return undefined;
  }
  const family = d.family ?? 4;
  tellSwallowed(d, line);
  const track = tracked(d, line);
  if (d.trackGroupAt !== undefined && d.interface === undefined)
    line.tell('KA1322', d.trackGroupAt.at, 'Static route cannot have track group if no oif specified', {
      effect: 'the route belongs to no group',
      fix: "add 'dev INTERFACE'",
    });
  const destination: Prefix =
    d.destination === 'default' ? { bytes: new Uint8Array(family === 4 ? 4 : 16), length: 0 } : d.destination;
  const { mode, onlink, tos, table = LOCAL_TYPES.has(d.type) ? LOCAL : MAIN, type, protocolNumber } = d;
  return {
    family,
    type,
    destination,
    ...optional(d, ['source', 'preferredSource', 'interface', 'vrf', 'scope', 'metric', 'expiresS', 'pref']),
    ...optional(d, ['ttlPropagate', 'realms', 'encap']),
    onlink,
    tos,
    table,
    protocol: d.track ? 18 : protocolNumber,
    metrics: { ...d.metrics, ...(d.congctl === undefined ? {} : { congctl: d.congctl }) },
    ...paths(d),
    mode,
    track,
    ...(d.trackGroup === undefined || d.interface === undefined ? {} : { trackGroup: d.trackGroup }),
    place: placeOf(line.first.at),
  };
}

/** Only the fields that are set. */
function optional<K extends keyof RouteDraft>(
  d: RouteDraft,
  keys: readonly K[],
): Partial<Pick<RouteDraft, K>> {
  const out: Partial<Pick<RouteDraft, K>> = {};
  for (const key of keys) if (d[key] !== undefined) out[key] = d[key];
  return out;
}

/** KEEPALIVED: 'via A or B' is two next hops, the first one without a gateway when 'via' is missing. */
function paths(d: RouteDraft): Pick<RouteConfig, 'via' | 'nextHops'> {
  const via = d.via === undefined ? {} : { via: d.via };
  if (d.or === undefined) return { ...via, nextHops: d.nextHops };
  return {
    nextHops: [
      { ...via, weight: 1, onlink: false },
      { via: d.or, weight: 1, onlink: false },
    ],
  };
}

function noDestination(d: RouteDraft, line: Line): void {
  const swallowed = d.swallowed;
  if (swallowed !== undefined && parsePrefix(swallowed.text) !== undefined)
    line.tell('KA1314', swallowed.at, `Route must have a destination: '${swallowed.text}' is passed over`, {
      effect: 'keepalived does not read the word behind inet and inet6, and skips this route',
      fix: `write 'to ${swallowed.text}'`,
      keepalivedClass: 'general-error',
    });
  else
    line.drop(
      'KA1302',
      line.first.at,
      'Route must have a destination',
      "write 'to ADDRESS/LENGTH' or 'default'",
    );
}

function tellSwallowed(d: RouteDraft, line: Line): void {
  if (d.swallowed !== undefined)
    line.tell('KA1314', d.swallowed.at, `'${d.swallowed.text}' behind inet or inet6 is passed over`, {
      severity: 'warning',
      effect: 'keepalived does not read this word',
      fix: 'remove it, or write it elsewhere on the line',
    });
}

/** KEEPALIVED: a route without an interface cannot be watched, and a watched one has protocol 18. */
function tracked(d: RouteDraft, line: Line): boolean {
  if (!d.track) return false;
  if (d.protocol !== undefined && d.protocolNumber !== 18)
    line.tell(
      'KA1313',
      d.protocol.at,
      'Route cannot be tracked if protocol is not RTPROT_KEEPALIVED(18), resetting protocol',
      { effect: 'the route has protocol 18', fix: "add 'no_track', or remove 'protocol'" },
    );
  if (d.interface !== undefined) return true;
  line.tell(
    'KA1318',
    line.first.at,
    `Warning - cannot track route ${d.destinationText} with no interface specified, not tracking`,
    { effect: 'nobody restores the route when it is deleted', fix: "add 'dev INTERFACE', or 'no_track'" },
  );
  return false;
}
