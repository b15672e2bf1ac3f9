/**
 * Makes the interfaces that the configuration asks for, keeps them, and removes them at the end. One that somebody
 * deletes is made again at once, before the instance hears of it: a FAULT and a whole master-down time, as keepalived
 * has them, would be an outage for nothing.
 */
import type { Config } from '../../config/config.ts';
import type { DevicePort, DeviceRequest, DeviceResult, DeviceWant } from '../../ports/devices.ts';
import type { FilteredVmac } from '../../ports/firewall.ts';
import type { KernelAddress, Link } from '../../ports/netlink.ts';
import type { Context } from '../context.ts';
import { isLinkLocal, linksByName } from '../network.ts';
import { OwnAddresses } from './own-addresses.ts';
import { type DevicePlan, fits, planDevices } from './plan.ts';

type DeviceContext = Omit<Context, 'devices'>;

export class Devices {
  readonly #ctx: DeviceContext;
  readonly #port: DevicePort | undefined;
  readonly #wanted = new Map<string, DeviceWant>(); // by name
  readonly #ours = new Set<string>(); // ours to remove, wanted or not
  readonly #coming = new Set<string>(); // made again, not yet reported as up
  readonly #own: OwnAddresses;
  #dressed: readonly DeviceWant[] = []; // those with an address of their own
  readonly #filtered = new Map<string, number>(); // numbers that the rules know
  #applying = false; // news of links and addresses are of our own making
  #stopped = false;

  constructor(ctx: DeviceContext) {
    this.#ctx = ctx;
    this.#port = ctx.ports.devices;
    this.#own = new OwnAddresses(ctx);
  }

  /** `earlier`: names that a run left behind which died. */
  inherit(earlier: readonly string[]): void {
    for (const name of earlier) this.#ours.add(name);
  }

  /** The configuration with its addresses on the interfaces that `apply` will make. */
  plan(config: Config): DevicePlan {
    if (this.#port === undefined) return { config, wants: [], notes: [] };
    return planDevices(config, { links: this.#ctx.links, ours: this.#ours });
  }

  /** Makes what `plan` lacks; afterwards the links are known to core. What nobody wants any more goes with `finish`. */
  apply(plan: DevicePlan): void {
    if (this.#port === undefined) return;
    this.#applying = true;
    try {
      this.#apply(plan);
    } finally {
      this.#applying = false;
    }
  }

  #apply(plan: DevicePlan): void {
    const ctx = this.#ctx;
    for (const note of plan.notes) ctx.ports.log.log('warning', note);
    const before = [...this.#wanted.values()];
    this.#wanted.clear();
    for (const want of plan.wants) this.#wanted.set(want.name, want);
    this.#dressed = plan.wants.filter((w) => w.ipv6 || w.address !== undefined);
    // In the way: the kernel takes a MAC on one parent only once.
    const taken = new Set(plan.wants.map(placeOf));
    this.#remove(before.filter((w) => !this.#wanted.has(w.name) && taken.has(placeOf(w))).map((w) => w.name));
    this.#remove(plan.wants.filter((w) => this.#ours.has(w.name) && !this.#fits(w)).map((w) => w.name));
    this.#prepareParents();
    const kept = new Set(before.map((w) => w.name));
    this.#make(plan.wants.filter((w) => ctx.links.has(w.parent) && !(kept.has(w.name) && this.#fits(w))));
    this.#filter();
    this.#dress(this.#dressed);
  }

  /** The rules before anything of IPv6 is set on a device, and again when its address is known. */
  #filter(): void {
    const { links, config } = this.#ctx;
    const out: FilteredVmac[] = [];
    for (const want of this.#wanted.values()) {
      const link = links.get(want.name);
      const parent = links.get(want.parent);
      if (want.kind !== 'macvlan' || link === undefined || parent === undefined) continue;
      const linkLocal = this.#own.linkLocal(want.name);
      this.#filtered.set(want.name, link.index);
      out.push({
        name: want.name,
        interfaceIndex: link.index,
        parentIndex: parent.index,
        // KEEPALIVED: 'disable_local_igmp' has the kernel keep still, so there is nothing to turn aside.
        ipv4: want.ipv4 && !config.global.disableLocalIgmp,
        ipv6: want.ipv6,
        ...(linkLocal === undefined ? {} : { parentLinkLocal: linkLocal }),
      });
    }
    this.#ctx.ports.firewall?.setVmacs(out);
  }

  /** The link-local address that a VMAC has from its parent. */
  linkLocalOf(device: string): Uint8Array | undefined {
    return this.#wanted.get(device)?.kind === 'macvlan' ? this.#own.linkLocal(device) : undefined;
  }

  /** An address came or went. */
  onAddress(a: KernelAddress): void {
    if (this.#stopped || this.#applying) return;
    const { links } = this.#ctx;
    const ofParent = isLinkLocal(a.bytes);
    this.#dress(
      this.#dressed.filter(
        (w) =>
          links.get(w.name)?.index === a.interfaceIndex ||
          (ofParent && links.get(w.parent)?.index === a.interfaceIndex),
      ),
    );
  }

  #dress(wants: readonly DeviceWant[]): void {
    if (wants.length > 0 && this.#own.apply(wants)) this.#filter();
  }

  /** Removes what is ours and not wanted. */
  finish(): void {
    this.#remove([...this.#ours].filter((name) => !this.#wanted.has(name)));
    this.#filter();
  }

  /** The end: nothing of ours stays. */
  stop(): void {
    this.#stopped = true;
    this.#wanted.clear();
    this.#remove([...this.#ours]);
    this.#port?.prepareParents([], []);
    this.#ctx.ports.firewall?.remove();
  }

  /** Names to remove after any death. */
  names(): readonly string[] {
    return [...new Set([...this.#ours, ...this.#wanted.keys()])];
  }

  wants(): readonly DeviceWant[] {
    return [...this.#wanted.values()];
  }

  /** Ours, so that its carrier is its parent's: the kernel reports that late. */
  parentOf(name: string): string | undefined {
    return this.#wanted.get(name)?.parent;
  }

  /**
   * News of a link. 'wait': it is one of ours that was deleted and made again; what is to be acted on is its 'back'.
   * A deletion begins with the news that the link is down, so that one is looked at too.
   */
  onLink(link: Link): 'wait' | 'back' | 'other' {
    const { name } = link;
    if (this.#applying) return 'other';
    if (this.#coming.has(name)) {
      if (!link.up) return 'wait';
      this.#coming.delete(name);
      const back = this.#wanted.get(name);
      if (back !== undefined) this.#arrived(back, link);
      return 'back';
    }
    const want = this.#wanted.get(name);
    if (want !== undefined) {
      if (!link.up && this.#isGone(name) && this.#again(want)) return 'wait';
      if (link.up) this.#arrived(want, link);
      return 'other';
    }
    this.#parentCame(name);
    return 'other';
  }

  #arrived(want: DeviceWant, link: Link): void {
    if (this.#filtered.get(want.name) !== link.index) this.#filter();
    if (this.#dressed.includes(want)) this.#dress([want]);
  }

  /** True: it was ours and was made again; its arrival will be reported. */
  onRemoved(name: string): boolean {
    if (this.#applying) return false;
    if (this.#coming.has(name)) return true;
    const want = this.#wanted.get(name);
    return want !== undefined && this.#again(want);
  }

  #isGone(name: string): boolean {
    return this.#port?.isPresent(name) === false;
  }

  #again(want: DeviceWant): boolean {
    if (this.#stopped || this.#port === undefined || !this.#ctx.links.has(want.parent)) return false;
    const [result] = this.#port.make(this.#requests([want]));
    // ENODEV: it went with its parent.
    if (result?.code !== 'ENODEV') this.#report(want, result);
    if (result?.ok !== true || result.already) return false;
    const { limiter, ports } = this.#ctx;
    const quiet = limiter.pass(`device ${want.name}`, ports.clock.nowUs());
    if (quiet >= 0)
      ports.log.log(
        'warning',
        `${want.name} was deleted by someone else and made again${quiet > 0 ? ` (${quiet} more times since the last line)` : ''}`,
        { interface: want.name },
      );
    this.#coming.add(want.name);
    this.#ours.add(want.name);
    return true;
  }

  /** A parent appeared, so what stands on it can be made. */
  #parentCame(parent: string): void {
    const missing = this.wants().filter((w) => w.parent === parent && !this.#ctx.links.has(w.name));
    if (missing.length === 0 || this.#stopped || this.#port === undefined) return;
    this.#prepareParents();
    for (const [i, result] of this.#port.make(this.#requests(missing)).entries()) {
      const want = missing[i] as DeviceWant;
      if (result.ok) this.#ours.add(want.name);
      this.#report(want, result);
    }
  }

  /** Of wants whose parent is there. */
  #requests(wants: readonly DeviceWant[]): DeviceRequest[] {
    return wants.map((want) => {
      const parent = this.#ctx.links.get(want.parent);
      return { want, parentIndex: parent?.index ?? 0, parentGroup: parent?.group ?? 0 };
    });
  }

  #fits(want: DeviceWant): boolean {
    const { links } = this.#ctx;
    return fits(links.get(want.name), want, links.get(want.parent));
  }

  #make(wants: readonly DeviceWant[]): void {
    if (wants.length === 0 || this.#port === undefined) return;
    const results = this.#port.make(this.#requests(wants));
    for (const [i, want] of wants.entries()) {
      if (results[i]?.ok === true) this.#ours.add(want.name);
      this.#report(want, results[i]);
    }
    this.#look();
  }

  #remove(names: readonly string[]): void {
    const there = names.filter((name) => this.#ctx.links.has(name));
    for (const name of names) this.#ours.delete(name);
    if (there.length === 0 || this.#port === undefined) return;
    const results = this.#port.remove(there);
    for (const [i, result] of results.entries())
      if (!result.ok)
        this.#ctx.ports.log.log('error', `cannot remove interface ${there[i]}: ${result.code ?? ''}`);
    this.#look();
  }

  #look(): void {
    this.#ctx.ports.netlink.drain();
    this.#ctx.links = linksByName(this.#ctx.ports.netlink.links());
  }

  #report(want: DeviceWant, result: DeviceResult | undefined): void {
    if (result?.ok === true) return;
    this.#ctx.ports.log.log(
      'error',
      `cannot make ${want.kind} ${want.name} on ${want.parent}: ${result?.code ?? ''} ${result?.text ?? ''}`.trim(),
      { interface: want.name },
    );
  }

  #prepareParents(): void {
    const parents = this.wants().filter(
      (w) => w.kind === 'macvlan' && w.ipv4 && this.#ctx.links.has(w.parent),
    );
    this.#port?.prepareParents([...new Set(parents.map((w) => w.parent))], [...this.#ctx.links.keys()]);
  }
}

const placeOf = (w: DeviceWant): string => `${w.parent} ${w.mac?.join(':') ?? w.name}`;
