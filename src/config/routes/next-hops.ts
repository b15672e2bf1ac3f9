/** 'nexthop …' at the end of a route line. A mistake costs the next hop and those behind it, not the route. */
import { parseIp } from '../../base/ip.ts';
import { interfaceExists } from '../context.ts';
import type { Word } from '../words.ts';
import { readEncap } from './encap.ts';
import { type Line, parseRealms } from './line.ts';
import { decimal } from './numbers.ts';
import type { Encap, NextHop, Realms } from './route-config.ts';
import type { RouteDraft } from './route-draft.ts';

type HopDraft = {
  via?: Uint8Array;
  interface?: string;
  weight: number;
  onlink: boolean;
  encap?: Encap;
  realms?: Realms;
};

type HopOption = (hop: HopDraft, keyword: Word, line: Line, d: RouteDraft) => boolean;

function bad(line: Line, word: Word, text: string): false {
  line.tell('KA1310', word.at, text, { effect: 'keepalived drops this next hop and what follows it' });
  return false;
}

const via: HopOption = (hop, keyword, line, d) => {
  const forced = line.peek();
  const named = forced !== undefined && line.accept('inet', 'inet6') ? forced : undefined;
  const wanted = named === undefined ? d.family : named.text === 'inet' ? 4 : 6;
  const word = line.value(named ?? keyword);
  if (word === undefined) return false;
  if (named !== undefined && d.family !== undefined && wanted !== d.family)
    return bad(line, named, 'IPv4/6 mismatch for nexthop');
  const bytes = parseIp(word.text);
  if (bytes === undefined) return bad(line, word, `invalid nexthop address ${word.text}`);
  const family = bytes.length === 4 ? 4 : 6;
  if (wanted !== undefined && family !== wanted)
    return bad(line, word, 'Address family mismatch for next hop');
  d.family = family;
  hop.via = bytes;
  return true;
};

const OPTIONS: Readonly<Record<string, HopOption>> = {
  via,
  dev: (hop, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined || !interfaceExists(word.text, word.at, `a route of ${line.owner.use}`, line.c))
      return false;
    hop.interface = word.text;
    return true;
  },
  weight: (hop, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    const value = decimal(word.text, 256);
    if (value === undefined || value === 0)
      return bad(line, word, `Invalid weight ${word.text} specified for route`);
    hop.weight = value;
    return true;
  },
  onlink: (hop) => {
    hop.onlink = true;
    return true;
  },
  encap: (hop, keyword, line) => {
    const { encap, drop } = readEncap(line, keyword);
    if (encap !== undefined) hop.encap = encap;
    return !drop;
  },
  realms: (hop, keyword, line) => {
    const word = line.value(keyword);
    if (word === undefined) return false;
    const realms = parseRealms(word.text, line);
    if (realms === undefined) return bad(line, word, `Invalid realms ${word.text} for route`);
    hop.realms = realms;
    return true;
  },
  as: (_hop, keyword, line) => bad(line, keyword, "'as [to]' (nat) not supported"),
};

/** From the first 'nexthop' to the end of the line. */
export function readNextHops(d: RouteDraft, line: Line): void {
  while (line.accept('nexthop')) {
    const hop: HopDraft = { weight: 1, onlink: false };
    for (let word = line.peek(); word !== undefined; word = line.peek()) {
      const option = OPTIONS[word.text];
      if (option === undefined) break;
      line.next();
      if (!option(hop, word, line, d)) return;
    }
    d.nextHops.push(hop satisfies NextHop);
  }
  const rest = line.peek();
  if (rest !== undefined)
    line.tell('KA1311', rest.at, `Route has trailing nonsense after nexthops - ${rest.text}`, {
      effect: 'keepalived ignores the rest of the line',
      fix: "write the route's own options before the first 'nexthop'",
    });
}
