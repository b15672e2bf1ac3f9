/** 'bfd_instance' blocks. */
import { toHex } from '../base/bytes.ts';
import { formatIp, parseIp } from '../base/ip.ts';
import type { BfdConfig } from './bfd-config.ts';
import type { DiagnosticCode } from './codes.ts';
import { type BuildContext, tooLong } from './context.ts';
import type { Block, Setting } from './settings.ts';
import { placeOf, type Span } from './source.ts';
import type { Word } from './words.ts';

const NAME_BYTES = 31;
/** Above it keepalived writes a log line. */
const SENSIBLE_US = 10_000_000;
const MS = 1000;
const INTERFACE_BYTES = 15;
const NEIGHBOR = ['neighbor_ip', 'neighbour_ip'];

export type PlacedBfd = { readonly config: BfdConfig; readonly at: Span };

/** KEEPALIVED: only the name decides whether a list may name the session; its address is another process's business. */
export function bfdTracker(
  block: Block,
): { readonly name: string; readonly weight: number; readonly reverse: boolean } | undefined {
  const name = block.statement?.args[0]?.text;
  if (name === undefined || tooLong(name, NAME_BYTES)) return undefined;
  if (block.has('checker') && !block.has('vrrp')) return undefined;
  const weight = block.get('weight');
  return { name, weight: block.number('weight') ?? 0, reverse: weight?.reverse ?? false };
}

/** undefined when the session is dropped; `others` are the sessions above it. */
export function buildBfd(block: Block, others: readonly PlacedBfd[], c: BuildContext): PlacedBfd | undefined {
  const name = block.statement?.args[0];
  if (name === undefined) return undefined;
  const drop = dropper(name, c);
  if (tooLong(name.text, NAME_BYTES))
    return drop('KA1406', name.at, 'name too long', `write a name of at most ${NAME_BYTES} bytes`);
  const ends = endsOf(block, name, drop, c);
  if (ends === undefined) return undefined;
  const { neighbor, source } = ends;
  if (isLinkLocal(neighbor) && ends.interface === undefined)
    c.reporter.report(
      'KA1408',
      name.at,
      `BFD instance ${name.text}: neighbor ${formatIp(neighbor)} is link-local and names no interface`,
      {
        effect: 'no packet can be sent',
        fix: `write 'neighbor_ip ${formatIp(neighbor)}%INTERFACE'`,
      },
    );
  const first = others.find((o) => sameSession(o.config, ends));
  if (first !== undefined) {
    c.reporter.report(
      'KA1404',
      name.at,
      `BFD instance ${name.text} has duplicate ${source === undefined ? '' : 'source/'}neighbor address ${formatIp(neighbor)}`,
      {
        related: [{ at: first.at, message: `${first.config.name} is here` }],
        effect: 'keepalived ignores this session',
        fix: 'give each session its own source_ip, or use one session',
      },
    );
    return undefined;
  }
  const ttl = block.settings.findLast((s) => ['ttl', 'hoplimit'].includes(s.statement.keyword.text))?.value;
  const ttlInForce = typeof ttl === 'number' ? ttl : neighbor.length === 4 ? 255 : 64;
  const both = block.has('vrrp') === block.has('checker');
  return {
    at: name.at,
    config: {
      name: name.text,
      ...ends,
      minRxUs: interval(block, 'min_rx', 10, c),
      minTxUs: interval(block, 'min_tx', 10, c),
      idleTxUs: interval(block, 'idle_tx', 1000, c),
      multiplier: block.number('multiplier') ?? 5,
      passive: block.has('passive'),
      ttl: ttlInForce,
      maxHops: maxHops(block, name, ttlInForce, c),
      multihop: block.boolean('multihop') ?? false,
      weight: block.number('weight') ?? 0,
      reverse: block.get('weight')?.reverse ?? false,
      forVrrp: both || block.has('vrrp'),
      forCheckers: both || block.has('checker'),
      place: placeOf(name.at),
    },
  };
}

type Drop = (code: DiagnosticCode, at: Span, text: string, fix: string) => undefined;

const dropper =
  (name: Word, c: BuildContext): Drop =>
  (code, at, text, fix) => {
    c.reporter.report(code, at, `BFD instance ${name.text}: ${text}`, {
      effect: 'keepalived drops the session',
      fix,
    });
    return undefined;
  };

type Ends = { readonly neighbor: Uint8Array; readonly source?: Uint8Array; readonly interface?: string };

type Address = { readonly octets: Uint8Array; readonly interface?: string };

/**
 * KEEPALIVED: the address ends at a '/' or '-', without a message. Added: a link-local address names its interface behind a
 * '%'; keepalived takes none, so link-local sessions cannot be had with it.
 */
function read(s: Setting): Address | undefined {
  const [address = '', name, ...more] = String(s.value)
    .replace(/[/-].*$/s, '')
    .split('%');
  const octets = parseIp(address);
  if (octets === undefined || more.length > 0) return undefined;
  if (name === undefined) return { octets };
  return isLinkLocal(octets) && name !== '' && !tooLong(name, INTERFACE_BYTES)
    ? { octets, interface: name }
    : undefined;
}

/** fe80::/10 */
const isLinkLocal = (a: Uint8Array): boolean =>
  a.length === 16 && a[0] === 0xfe && ((a[1] as number) & 0xc0) === 0x80;

function endsOf(block: Block, name: Word, drop: Drop, c: BuildContext): Ends | undefined {
  const neighbors = block.settings.filter((s) => NEIGHBOR.includes(s.statement.keyword.text));
  const bad = neighbors.find((s) => read(s) === undefined);
  if (bad !== undefined)
    return drop('KA1402', bad.at, `malformed neighbor address ${bad.value}`, 'write an IPv4 or IPv6 address');
  const last = neighbors.at(-1);
  const far = last === undefined ? undefined : read(last);
  if (far === undefined)
    return drop('KA1401', name.at, 'has no neighbor address set', "add 'neighbor_ip ADDRESS'");
  const neighbor = far.octets;
  const setting = block.latest('source_ip').find((s) => read(s) !== undefined);
  for (const s of block.latest('source_ip').filter((x) => read(x) === undefined))
    c.reporter.report('KA1402', s.at, `BFD instance ${name.text}: malformed source address ${s.value}`, {
      effect: 'keepalived ignores the line',
      fix: 'write an IPv4 or IPv6 address',
    });
  const near = setting === undefined ? undefined : read(setting);
  const scope = far.interface === undefined ? {} : { interface: far.interface };
  if (near === undefined || setting === undefined) return { neighbor, ...scope };
  const source = near.octets;
  if (source.length === neighbor.length) return { neighbor, source, ...scope };
  return drop(
    'KA1403',
    setting.at,
    `source address ${formatIp(source)} and neighbor address ${formatIp(neighbor)} are not of the same family`,
    'write both as IPv4, or both as IPv6',
  );
}

function sameSession(other: BfdConfig, { neighbor, source, interface: name }: Ends): boolean {
  if (toHex(other.neighbor) !== toHex(neighbor) || other.interface !== name) return false;
  return source === undefined || other.source === undefined || toHex(other.source) === toHex(source);
}

/** Settings are in thousandths of a millisecond. */
function interval(block: Block, keyword: string, fallbackMs: number, c: BuildContext): number {
  const setting = block.get(keyword);
  const us = block.number(keyword) ?? fallbackMs * MS;
  if (setting !== undefined && us > SENSIBLE_US)
    c.reporter.report('KA1407', setting.at, `${keyword} of ${us / 1000} ms is more than 10 s`, {
      effect: 'keepalived uses it, with a log line',
      fix: 'write milliseconds',
    });
  return us;
}

function maxHops(block: Block, name: Word, ttl: number, c: BuildContext): number {
  const hops = block.number('max_hops') ?? 0;
  if (hops <= ttl) return hops;
  c.reporter.report(
    'KA1405',
    block.get('max_hops')?.at ?? name.at,
    `BFD instance ${name.text}: max_hops ${hops} exceeds ttl/hoplimit ${ttl}`,
    { effect: `keepalived sets it to ${ttl}`, fix: `write at most ${ttl}` },
  );
  return ttl;
}
