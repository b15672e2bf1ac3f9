/**
 * What must be undone after any death: every address, route and rule that we may hold, and priority 0 for each master.
 * Addresses are named from the start on, held or not: there is no instant between adding one and having it written down,
 * and deleting one that is not there is harmless.
 *
 * It is written whole, in one piece, whenever something of it changes. With thousands of instances that would take longer
 * than an advert may wait, so what was made for an address or an advert is kept; a reload makes its new ones beforehand.
 */
import { formatIp } from '../base/ip.ts';
import type { InstanceConfig, VirtualAddress } from '../config/config.ts';
import type { ReleaseState } from '../ports/system.ts';
import { authenticateAhead, authenticateLater } from './authentication.ts';
import type { Context } from './context.ts';
import { advertInterface } from './devices/plan.ts';
import { outgoing } from './effects.ts';
import { allAddresses, type Router } from './router.ts';
import { releasedRouting } from './virtual-routes.ts';

type ReleaseAddress = ReleaseState['addresses'][number];
type ReleaseAdvert = ReleaseState['adverts'][number];

/** The adverts of a master, and what they were made from. */
type Made = {
  readonly config: InstanceConfig;
  readonly source: Uint8Array;
  readonly learnedOldChecksum: boolean;
  readonly adverts: readonly ReleaseAdvert[];
};

export class Release {
  readonly #ctx: Context;
  readonly #addresses = new WeakMap<VirtualAddress, ReleaseAddress>();
  readonly #made = new WeakMap<Router, Made>();
  /** Between the change of the configuration and the last instance that is told of it. */
  #reloading = false;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  write(): void {
    this.#ctx.ports.release.write(this.state());
  }

  state(): ReleaseState {
    const ctx = this.#ctx;
    const addresses: ReleaseAddress[] = [];
    const adverts: ReleaseAdvert[] = [];
    for (const r of ctx.routers) {
      for (const v of allAddresses(r.config)) addresses.push(this.#address(v));
      for (const advert of this.#adverts(r)) adverts.push(advert);
    }
    const routing = releasedRouting(ctx);
    const devices = ctx.devices.names();
    const table = ctx.ports.firewall?.table();
    const settings = ctx.ports.devices?.changedSettings() ?? [];
    return {
      addresses,
      adverts,
      ...(routing.length === 0 ? {} : { routing }),
      ...(devices.length === 0 ? {} : { devices }),
      ...(settings.length === 0 ? {} : { settings }),
      ...(table === undefined ? {} : { table }),
    };
  }

  /** Before a reload: what its first writing needs, an instance a step. */
  *begin(instances: readonly InstanceConfig[]): Generator<void, void> {
    for (const config of instances) {
      this.#ctx.ports.release.prepare({
        addresses: allAddresses(config).map((v) => this.#address(v)),
        adverts: [],
      });
      yield;
    }
    this.#reloading = true;
  }

  /** After it: the adverts as they are now. The last writing is the caller's. */
  *finish(): Generator<void, void> {
    for (const r of [...this.#ctx.routers]) {
      this.#ctx.ports.release.prepare({ addresses: [], adverts: this.#adverts(r, true) });
      yield;
    }
    this.#reloading = false;
  }

  #address(v: VirtualAddress): ReleaseAddress {
    const known = this.#addresses.get(v);
    if (known !== undefined) return known;
    const made = {
      interface: v.interface,
      address: v.address,
      prefixLength: v.prefixLength,
      ...(v.peer === undefined ? {} : { peer: formatIp(v.peer.bytes) }),
    };
    this.#addresses.set(v, made);
    return made;
  }

  /** `fresh`: as the instance is now; else, during a reload, as the peers know it by what it last said. */
  #adverts(r: Router, fresh: boolean = !this.#reloading): readonly ReleaseAdvert[] {
    const { config, source, learnedOldChecksum } = r;
    const speaks = r.vipsSet && r.state.name === 'master' && source !== undefined;
    const authentication = speaks ? (authenticateAhead(r) ?? authenticateLater(r)) : undefined;
    if (authentication === undefined || source === undefined) {
      this.#made.delete(r);
      return [];
    }
    const known = this.#made.get(r);
    const same =
      !fresh ||
      (known?.config === config &&
        known.source === source &&
        known.learnedOldChecksum === learnedOldChecksum);
    // AH counts on: its frames are made each time.
    if (known !== undefined && same && config.authentication.type !== 'ah') return known.adverts;
    const advert = outgoing(r, 0, (r.ipId % 65_535) + 1, authentication);
    const keyId = authentication.signature?.type === 'hmac' ? authentication.signature.keyId : undefined;
    const adverts = this.#ctx.ports.adverts.encode(advert).map((frame, i) => ({
      instance: config.name,
      interface: advertInterface(config),
      destination: advert.destinations[i] as string,
      frame,
      ...(keyId === undefined ? {} : { keyId }),
    }));
    this.#made.set(r, { config, source, learnedOldChecksum, adverts });
    return adverts;
  }
}
