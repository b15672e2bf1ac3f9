/** 'encap TYPE …' of routes and next hops. */
import { parseIp } from '../../base/ip.ts';
import type { Word } from '../words.ts';
import type { Line } from './line.ts';
import { cNumber, decimal, named, wideNumber } from './numbers.ts';
import type { Encap } from './route-config.ts';

/** `drop`: nothing can be sent with it; undefined encap: keepalived goes on without one. */
export type EncapResult = { readonly encap: Encap | undefined; readonly drop: boolean };

const WITHOUT: EncapResult = { encap: undefined, drop: false };
const DROP: EncapResult = { encap: undefined, drop: true };

/** Behind the word 'encap'. */
export function readEncap(line: Line, keyword: Word): EncapResult {
  const type = line.next();
  if (type === undefined) {
    line.tell('KA1308', keyword.at, 'Missing encap type', {
      effect: `keepalived adds the ${line.kind} without encapsulation`,
      fix: 'write encap mpls, ip, ip6 or ila with its options',
    });
    return WITHOUT;
  }
  switch (type.text) {
    case 'mpls':
      return readMpls(line, type);
    case 'ip':
    case 'ip6':
      return readTunnel(line, type, type.text);
    case 'ila':
      return readIla(line, type);
    default:
      line.tell('KA1308', type.at, `Unknown encap type - ${type.text}`, {
        effect: `keepalived goes on without encapsulation, and skips the word behind '${type.text}'`,
        fix: 'write mpls, ip, ip6 or ila',
      });
      line.next();
      return WITHOUT;
  }
}

/** KEEPALIVED: keeps the line with an encapsulation that holds nothing, which the kernel refuses. */
function incomplete(line: Line, at: Word, text: string, fix: string): EncapResult {
  line.tell('KA1309', at.at, text, { effect: 'the kernel refuses the route', fix });
  return DROP;
}

function readMpls(line: Line, type: Word): EncapResult {
  const word = line.next();
  const fix = "write one or two labels, as in 'encap mpls 100/200'";
  if (word === undefined) return incomplete(line, type, 'missing address for MPLS encapsulation', fix);
  const labels = word.text.split('/').map((l) => (l === '' ? undefined : cNumber(l, 0xfffff)));
  const known = labels.filter((l) => l !== undefined);
  if (known.length !== labels.length || labels.length > 2)
    return incomplete(line, word, `invalid mpls address ${word.text} for encapsulation`, fix);
  return { encap: { type: 'mpls', labels: known }, drop: false };
}

function readIla(line: Line, type: Word): EncapResult {
  const word = line.next();
  const fix = "write the locator as four groups of hexadecimal digits, as in '2001:db8:1:2'";
  if (word === undefined) return incomplete(line, type, 'missing locator for ILA encapsulation', fix);
  const groups = word.text.split(':');
  const values = groups.map((g) => (/^[0-9a-f]{1,8}$/i.test(g) ? Number.parseInt(g, 16) : 0x10000));
  if (groups.length !== 4 || values.some((v) => v > 0xffff))
    return incomplete(line, word, `invalid locator ${word.text} for ila encapsulation`, fix);
  const locator = Uint8Array.from(values.flatMap((v) => [v >> 8, v & 0xff]));
  return { encap: { type: 'ila', locator }, drop: false };
}

type Tunnel = {
  id?: Uint8Array;
  destination?: Uint8Array;
  source?: Uint8Array;
  tos?: number;
  ttl?: number;
  flags?: number;
};
type TunnelType = 'ip' | 'ip6';
type Option = (text: string, t: Tunnel, type: TunnelType, line: Line) => boolean;

const address = (text: string, type: TunnelType): Uint8Array | undefined => {
  const bytes = parseIp(text);
  return bytes?.length === (type === 'ip' ? 4 : 16) ? bytes : undefined;
};

const set = <K extends keyof Tunnel>(t: Tunnel, key: K, value: Tunnel[K] | undefined): boolean => {
  if (value !== undefined) t[key] = value;
  return value !== undefined;
};

const OPTIONS: Readonly<Record<string, Option>> = {
  id: (v, t) => set(t, 'id', wideNumber(v)),
  dst: (v, t, type) => set(t, 'destination', address(v, type)),
  src: (v, t, type) => set(t, 'source', address(v, type)),
  tos: (v, t, _type, line) => set(t, 'tos', named(v, 'rt_dsfield', line.routing.names)),
  ttl: (v, t) => set(t, 'ttl', decimal(v, 255)),
  flags: (v, t) => set(t, 'flags', decimal(v, 0xffff)),
};
const OWN: Readonly<Record<TunnelType, Readonly<Record<string, string>>>> = {
  ip: { id: 'id', dst: 'dst', src: 'src', tos: 'tos', dsfield: 'tos', ttl: 'ttl', flags: 'flags' },
  ip6: { id: 'id', dst: 'dst', src: 'src', tc: 'tos', hoplimit: 'ttl', flags: 'flags' },
};

/** The first word that is no option of the tunnel belongs to the route again. */
function readTunnel(line: Line, type: Word, kind: TunnelType): EncapResult {
  const t: Tunnel = {};
  for (let word = line.peek(); word !== undefined; word = line.peek()) {
    const option = OPTIONS[OWN[kind][word.text] ?? ''];
    if (option === undefined) break;
    line.next();
    const value = line.next();
    // 'src', 'tos' and 'hoplimit' are words of routes too: bare, they end keepalived as those do.
    if (value === undefined && ROUTE_WORDS.has(word.text)) {
      line.value(word);
      return DROP;
    }
    if (value === undefined || !option(value.text, t, kind, line)) {
      line.drop(
        'KA1309',
        value?.at ?? word.at,
        value === undefined
          ? `${word.text} of ${kind} encapsulation has no value`
          : `${word.text} value '${value.text}' is invalid for ${kind} encapsulation`,
      );
      return DROP;
    }
  }
  if (t.destination === undefined && t.id === undefined)
    return incomplete(
      line,
      type,
      `address or id missing for ${kind} encapsulation`,
      `write 'encap ${kind} dst ADDRESS' or 'encap ${kind} id NUMBER'`,
    );
  return { encap: { type: kind, ...t }, drop: false };
}

const ROUTE_WORDS = new Set(['src', 'tos', 'dsfield', 'hoplimit']);
