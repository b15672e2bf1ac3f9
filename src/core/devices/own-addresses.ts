/**
 * The addresses that an interface of ours has before any virtual one: what adverts are sent from. A VMAC with IPv6 carries
 * its parent's link-local address, deprecated so that nothing else uses it; an ipvlan has the one it was given.
 */
import { equalBytes } from '../../base/bytes.ts';
import type { DeviceWant } from '../../ports/devices.ts';
import type { AddressRequest, Link } from '../../ports/netlink.ts';
import type { Context } from '../context.ts';
import { isLinkLocal, pickSource, sameAddress } from '../network.ts';
import { isAnyVip } from '../source.ts';

const IFA_F_NODAD = 0x02;

/** The link-local address that RFC 4291 (appendix A) makes of a MAC of 6 octets. */
export function linkLocalOf(mac: Uint8Array): Uint8Array | undefined {
  if (mac.length !== 6) return undefined;
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac;
  return new Uint8Array([0xfe, 0x80, 0, 0, 0, 0, 0, 0, a ^ 0x02, b, c, 0xff, 0xfe, d, e, f]);
}

export class OwnAddresses {
  readonly #ctx: Omit<Context, 'devices'>;
  readonly #held = new Map<string, AddressRequest>(); // by device

  constructor(ctx: Omit<Context, 'devices'>) {
    this.#ctx = ctx;
  }

  /** The address that we set on this device. */
  of(device: string): Uint8Array | undefined {
    return this.#held.get(device)?.bytes;
  }

  /** The parent's link-local address as the VMAC carries it. */
  linkLocal(device: string): Uint8Array | undefined {
    const bytes = this.of(device);
    return bytes !== undefined && isLinkLocal(bytes) ? bytes : undefined;
  }

  /** Sets what is missing on those that are there; an address that is not right any more goes. True: an address is new. */
  apply(wants: Iterable<DeviceWant>): boolean {
    const { netlink, log } = this.#ctx.ports;
    const add: AddressRequest[] = [];
    const remove: AddressRequest[] = [];
    const present = netlink.addresses();
    let isNew = false;
    for (const want of wants) {
      const link = this.#ctx.links.get(want.name);
      const next = link === undefined ? undefined : this.#wanted(want, link);
      if (next === undefined) continue;
      const before = this.#held.get(want.name);
      if (before?.interfaceIndex === next.interfaceIndex && !equalBytes(before.bytes, next.bytes))
        remove.push(before);
      if (!present.some((a) => sameAddress(a, next))) add.push(next);
      isNew ||= before === undefined || !equalBytes(before.bytes, next.bytes);
      this.#held.set(want.name, next);
    }
    if (remove.length > 0) netlink.deleteAddresses(remove);
    const results = add.length === 0 ? [] : netlink.addAddresses(add);
    for (const [i, result] of results.entries())
      if (!result.ok)
        log.log(
          'error',
          `cannot set the address of interface ${add[i]?.interfaceIndex} that adverts come from: ${result.code ?? ''}`,
        );
    return isNew;
  }

  #wanted(want: DeviceWant, link: Link): AddressRequest | undefined {
    if (want.kind === 'ipvlan') {
      const { address } = want;
      if (address === undefined) return undefined;
      const family = address.bytes.length === 4 ? 4 : 6;
      return { family, ...address, interfaceIndex: link.index, scope: 0 };
    }
    if (!want.ipv6) return undefined;
    const bytes = want.address?.bytes ?? this.#ofParent(want);
    if (bytes === undefined) return undefined;
    return {
      family: 6,
      bytes,
      prefixLength: 64,
      interfaceIndex: link.index,
      scope: 0,
      flags: IFA_F_NODAD,
      preferredLifetimeS: 0,
    };
  }

  /** What it has, else what it had, else what its MAC makes. */
  #ofParent(want: DeviceWant): Uint8Array | undefined {
    const parent = this.#ctx.links.get(want.parent);
    if (parent === undefined) return undefined;
    const { usable } = pickSource(6, parent.index, this.#ctx.ports.netlink.addresses(), (a) =>
      isAnyVip(this.#ctx, a),
    );
    return usable ?? this.of(want.name) ?? linkLocalOf(parent.mac);
  }
}
