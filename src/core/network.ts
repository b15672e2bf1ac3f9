/** What the kernel's links and addresses mean for an instance: source address, interface faults, leftovers. Pure. */
import { equalBytes } from '../base/bytes.ts';
import type { InstanceConfig, VirtualAddress } from '../config/config.ts';
import type { AddressRequest, KernelAddress, Link } from '../ports/netlink.ts';
import type { LinkFlags } from '../track/interface.ts';
import { advertInterface } from './devices/plan.ts';
import { allAddresses } from './router.ts';
import { routingInterfaces } from './routing-items.ts';

export type LinksByName = ReadonlyMap<string, Link>;

export function linksByName(links: readonly Link[]): Map<string, Link> {
  return new Map(links.map((l) => [l.name, l]));
}

/**
 * A link as tracking sees it; undefined is a missing interface. `parent`: of one that we made; its carrier is the
 * parent's, which the kernel carries over a little late.
 */
export function linkFlags(link: Link | undefined, parent?: Link): LinkFlags {
  return link === undefined
    ? { present: false, up: false, running: false }
    : { present: true, up: link.up, running: (parent ?? link).running };
}

/** <linux/if_addr.h> */
const IFA_F_NODAD = 0x02;
const IFA_F_DADFAILED = 0x08;
const IFA_F_TENTATIVE = 0x40;

export const isLinkLocal = (a: Uint8Array): boolean =>
  a.length === 16 && a[0] === 0xfe && ((a[1] as number) & 0xc0) === 0x80;

/** Why this address of ours may not be used (RFC 4862 5.4); undefined: it may. */
export function notUsable(a: KernelAddress): 'tentative' | 'duplicate' | undefined {
  // The kernel leaves the tentative flag on an address that failed.
  if ((a.flags & IFA_F_DADFAILED) !== 0) return 'duplicate';
  return (a.flags & IFA_F_TENTATIVE) === 0 ? undefined : 'tentative';
}

export type Source = { readonly usable?: Uint8Array; readonly unusable?: KernelAddress | undefined };

/**
 * The address adverts come from: the first of the family on the interface that is no VIP of any instance (B19).
 * IPv6 takes a link-local one (RFC 9568 5.1.2.1) that duplicate address detection is done with; `unusable` is the first
 * for which it is not, where there is no other.
 */
export function pickSource(
  family: 4 | 6,
  interfaceIndex: number,
  addresses: readonly KernelAddress[],
  isVip: (a: KernelAddress) => boolean,
): Source {
  let unusable: KernelAddress | undefined;
  for (const a of addresses) {
    if (a.interfaceIndex !== interfaceIndex || a.family !== family || isVip(a)) continue;
    if (family === 6 && !isLinkLocal(a.bytes)) continue;
    if (notUsable(a) === undefined) return { usable: a.bytes };
    unusable ??= a;
  }
  return { unusable };
}

/** Interfaces whose loss is a FAULT of its own: the instance's and those of its tracked VIPs, routes and rules (B18, last rows). */
export function watchedInterfaces(config: InstanceConfig): readonly string[] {
  const out = new Set<string>();
  if (config.trackPrimary && config.interface !== '') out.add(config.interface).add(advertInterface(config));
  const others = [
    ...allAddresses(config)
      .filter((v) => v.track)
      .map((v) => v.interface),
    ...routingInterfaces(config),
  ];
  for (const name of others)
    if (name !== '' && (name !== config.interface || config.trackPrimary)) out.add(name);
  return [...out];
}

/** '-nodad' takes IFA_F_NODAD away, which IPv6 VIPs have without it. */
const IFA_FLAGS: Readonly<Record<string, number>> = {
  home: 0x10,
  mngtmpaddr: 0x100,
  noprefixroute: 0x200,
  autojoin: 0x400,
};

function kernelFlags(v: VirtualAddress): number {
  const words = v.flags ?? [];
  const base = v.family === 6 && !words.includes('-nodad') ? IFA_F_NODAD : 0;
  return words.reduce((sum, word) => sum | (IFA_FLAGS[word] ?? 0), base);
}

/** The kernel request for one VIP; undefined when its interface does not exist. */
export function addressRequest(v: VirtualAddress, links: LinksByName): AddressRequest | undefined {
  const link = links.get(v.interface);
  return link === undefined ? undefined : addressRequestAt(v, link.index);
}

/** The same for an interface number that was remembered: the name may have moved on. */
export function addressRequestAt(v: VirtualAddress, interfaceIndex: number): AddressRequest {
  return {
    family: v.family,
    bytes: v.bytes,
    prefixLength: v.prefixLength,
    interfaceIndex,
    scope: v.scope,
    ...(v.flags === undefined ? {} : { flags: kernelFlags(v) }),
    ...(v.preferredLifetimeS === undefined ? {} : { preferredLifetimeS: v.preferredLifetimeS }),
    ...(v.label === undefined ? {} : { label: v.label }),
    ...(v.broadcast === undefined ? {} : { broadcast: v.broadcast }),
    ...(v.peer === undefined ? {} : { peer: v.peer }),
  };
}

export const sameAddress = (
  a: KernelAddress,
  b: { family: 4 | 6; bytes: Uint8Array; interfaceIndex: number },
): boolean => a.family === b.family && a.interfaceIndex === b.interfaceIndex && equalBytes(a.bytes, b.bytes);

/** IFA_PROTO of what vipd and keepalived 2.4 set; 2.2 and administrators leave no mark. */
const OURS = 18;

export type Leftovers = {
  readonly requests: readonly AddressRequest[];
  /** What to log; the ones without a mark may be somebody's own, so the remedy is named. */
  readonly lines: readonly string[];
};

/** Our configured addresses that the kernel already has although we hold nothing: leftovers of a crash (B3). */
export function leftovers(
  configs: readonly InstanceConfig[],
  links: LinksByName,
  addresses: readonly KernelAddress[],
): Leftovers {
  const requests: AddressRequest[] = [];
  const lines: string[] = [];
  for (const c of configs)
    for (const v of allAddresses(c)) {
      const request = addressRequest(v, links);
      if (request === undefined) continue;
      const have = addresses.find((a) => sameAddress(a, request) && a.prefixLength === request.prefixLength);
      if (have === undefined || requests.some((r) => sameRequest(r, request))) continue;
      requests.push(request);
      const what = `(${c.name}) removed ${v.address}/${v.prefixLength} from ${v.interface}`;
      lines.push(
        have.protocol === OURS
          ? `${what}: an earlier run left it behind`
          : `${what}: a virtual address is absent until we are master. If it is the host's own address, give the interface another one that is no virtual address`,
      );
    }
  return { requests, lines };
}

const sameRequest = (a: AddressRequest, b: AddressRequest): boolean =>
  a.interfaceIndex === b.interfaceIndex && equalBytes(a.bytes, b.bytes);
