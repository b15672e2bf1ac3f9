/** Virtual addresses by themselves: what no network can use, what looks forgotten. */
import { isMulticast } from '../../base/ip.ts';
import type { VirtualAddress } from '../config.ts';
import type { Span } from '../source.ts';
import { placeOf } from '../source.ts';
import { addressLines, type Lint, type LintInstance, placeKey, settingAt } from './input.ts';

/** What old implementations take in one advert. */
const OLD_LIMIT = 20;

export type PlacedAddress = {
  readonly vip: VirtualAddress;
  readonly at: Span;
  readonly prefixGiven: boolean;
};

/** The addresses that are used, with the words they were written in. */
export function placedAddresses({ instance, block }: LintInstance): readonly PlacedAddress[] {
  const words = new Map<string, { readonly at: Span; readonly prefixGiven: boolean }>();
  for (const { entry } of addressLines(block)) {
    const word = entry.words[0];
    if (word === undefined) continue;
    const prefixGiven = word.text.includes('/') || entry.words.some((w) => w.text === 'peer');
    words.set(placeKey(placeOf(word.at)), { at: word.at, prefixGiven });
  }
  return [...instance.vips, ...instance.excludedVips].flatMap((vip) => {
    const word = words.get(placeKey(vip.place));
    return word === undefined ? [] : [{ vip, ...word }];
  });
}

/** 'network' or 'broadcast' when the host bits of an IPv4 address are all zero or all one; no such thing beyond /30. */
export function reservedHost(bytes: Uint8Array, prefixLength: number): 'network' | 'broadcast' | undefined {
  if (bytes.length !== 4 || prefixLength > 30) return undefined;
  let zeros = true;
  let ones = true;
  for (let i = 0; i < 4; i++) {
    const mask = 0xff >> Math.min(8, Math.max(0, prefixLength - 8 * i));
    const host = (bytes[i] ?? 0) & mask;
    if (host !== 0) zeros = false;
    if (host !== mask) ones = false;
  }
  return zeros ? 'network' : ones ? 'broadcast' : undefined;
}

/** What kind of address it is, when it cannot be that of a host. */
export function unusable(bytes: Uint8Array): string | undefined {
  if (isMulticast(bytes)) return 'a multicast address';
  if (bytes.every((b) => b === 0)) return 'the unspecified address';
  if (bytes.length === 4) {
    if (bytes[0] === 127) return 'a loopback address';
    if ((bytes[0] ?? 0) >= 240 || bytes[0] === 0) return 'a reserved address';
  } else if (bytes.every((b, i) => b === (i === 15 ? 1 : 0))) return 'the loopback address';
  return undefined;
}

export function checkAddresses(l: Lint): void {
  for (const i of l.instances) {
    const all = placedAddresses(i);
    for (const a of all) oneAddress(l, a);
    withoutPrefix(l, i, all);
    linkLocalFirst(l, i, all);
    tooMany(l, i);
  }
}

function oneAddress(l: Lint, { vip, at }: PlacedAddress): void {
  const bad = unusable(vip.bytes);
  if (bad !== undefined) {
    // On 'lo' such an address may serve a purpose.
    if (vip.interface === 'lo') return;
    l.reporter.report('KA2022', at, `${vip.address} is ${bad}`, {
      effect: 'no client can reach it',
      fix: 'write an address of a host',
    });
    return;
  }
  const reserved = vip.peer === undefined ? reservedHost(vip.bytes, vip.prefixLength) : undefined;
  if (reserved === 'network')
    l.reporter.report('KA2020', at, `${vip.address} is the network address of its /${vip.prefixLength}`, {
      effect: 'hosts of the network cannot talk to it',
      fix: `write an address of a host, or correct the prefix length`,
    });
  else if (reserved === 'broadcast')
    l.reporter.report('KA2021', at, `${vip.address} is the broadcast address of its /${vip.prefixLength}`, {
      effect: 'nobody can connect to it',
      fix: `write an address of a host, or correct the prefix length`,
    });
}

/** One finding for an instance: who leaves it out does so on every line. */
function withoutPrefix(l: Lint, { instance }: LintInstance, all: readonly PlacedAddress[]): void {
  const bare = all.filter((a) => !a.prefixGiven);
  const [first, ...rest] = bare;
  if (first === undefined) return;
  const { vip } = first;
  const more = rest.length === 0 ? '' : `, and ${rest.length} more address${rest.length === 1 ? '' : 'es'}`;
  const network = l.environment.addresses
    ?.get(vip.interface)
    ?.find((a) => a.bytes.length === vip.bytes.length && inNetwork(vip.bytes, a.bytes, a.prefixLength));
  l.reporter.report('KA2023', first.at, `(${instance.name}) ${vip.address} has no prefix length${more}`, {
    effect: `keepalived adds it as /${vip.prefixLength}`,
    fix:
      network === undefined
        ? `write '${vip.address}/${vip.prefixLength}', or the prefix length of its network`
        : `write '${vip.address}/${network.prefixLength}', as the other addresses of ${vip.interface}`,
  });
}

/** Whether `address` lies in the network of `of`/`prefixLength`; both of one family. */
export function inNetwork(address: Uint8Array, of: Uint8Array, prefixLength: number): boolean {
  for (let i = 0; i < address.length; i++) {
    const mask = 0xff & ~(0xff >> Math.min(8, Math.max(0, prefixLength - 8 * i)));
    if (((address[i] ?? 0) & mask) !== ((of[i] ?? 0) & mask)) return false;
  }
  return true;
}

function linkLocalFirst(l: Lint, { instance }: LintInstance, all: readonly PlacedAddress[]): void {
  const first = instance.vips[0];
  if (instance.family !== 6 || first === undefined) return;
  if (first.bytes[0] === 0xfe && ((first.bytes[1] ?? 0) & 0xc0) === 0x80) return;
  const at = all.find((a) => a.vip === first)?.at;
  if (at !== undefined)
    l.reporter.report(
      'KA2024',
      at,
      `(${instance.name}) the first IPv6 address, ${first.address}, is not link-local`,
      {
        effect: 'keepalived advertises the list as it is and logs it; other routers may refuse the advert',
        fix: `put a link-local address before it, the same on all routers, such as fe80::${instance.vrid.toString(16)}/64`,
      },
    );
}

function tooMany(l: Lint, { instance, block }: LintInstance): void {
  const count = instance.vips.length;
  if (count <= OLD_LIMIT) return;
  l.reporter.report(
    'KA2025',
    settingAt(block, 'virtual_ipaddress'),
    `(${instance.name}) ${count} addresses in one advertisement`,
    {
      effect: `old keepalived releases and some other routers take at most ${OLD_LIMIT}`,
      fix: 'keep one address in virtual_ipaddress and move the others to virtual_ipaddress_excluded, on all routers',
    },
  );
}
