/**
 * Makes the interfaces that the configuration asks for, keeps them, and removes them at the end. One that somebody
 * deletes is made again at once, before the instance hears of it: a FAULT and a whole master-down time, as keepalived
 * has them, would be an outage for nothing.
 */
import type { Config } from '../../config/config.ts';
import type { DevicePort, DeviceRequest, DeviceResult, DeviceWant } from '../../ports/devices.ts';
import type { Link } from '../../ports/netlink.ts';
import type { Context } from '../context.ts';
import { linksByName } from '../network.ts';
import { type DevicePlan, fits, planDevices } from './plan.ts';

type DeviceContext = Omit<Context, 'devices'>;

export class Devices {
  readonly #ctx: DeviceContext;
  readonly #port: DevicePort | undefined;
  readonly #wanted = new Map<string, DeviceWant>(); // by name
  readonly #ours = new Set<string>(); // ours to remove, wanted or not
  readonly #coming = new Set<string>(); // made again, not yet reported as up
  readonly #leaving = new Set<string>(); // removed at the end: their news is no news
  #stopped = false;

  constructor(ctx: DeviceContext) {
    this.#ctx = ctx;
    this.#port = ctx.ports.devices;
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
    const ctx = this.#ctx;
    for (const note of plan.notes) ctx.ports.log.log('warning', note);
    const before = [...this.#wanted.values()];
    this.#wanted.clear();
    for (const want of plan.wants) this.#wanted.set(want.name, want);
    // In the way: the kernel takes a MAC on one parent only once.
    const taken = new Set(plan.wants.map(placeOf));
    this.#remove(before.filter((w) => !this.#wanted.has(w.name) && taken.has(placeOf(w))).map((w) => w.name));
    this.#remove(plan.wants.filter((w) => this.#ours.has(w.name) && !this.#fits(w)).map((w) => w.name));
    this.#prepareParents();
    this.#make(plan.wants.filter((w) => ctx.links.has(w.parent)));
  }

  /** Removes what is ours and not wanted. */
  finish(): void {
    this.#remove([...this.#ours].filter((name) => !this.#wanted.has(name)));
  }

  /** The end: nothing of ours stays. */
  stop(): void {
    this.#stopped = true;
    this.#wanted.clear();
    for (const name of this.#ours) this.#leaving.add(name);
    this.#remove([...this.#ours]);
    this.#port?.prepareParents([], []);
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
    if (this.#leaving.has(name)) return 'wait';
    if (this.#coming.has(name)) {
      if (!link.up) return 'wait';
      this.#coming.delete(name);
      return 'back';
    }
    const want = this.#wanted.get(name);
    if (want !== undefined) return !link.up && this.#isGone(name) && this.#again(want) ? 'wait' : 'other';
    this.#parentCame(name);
    return 'other';
  }

  /** True: it was ours and was made again; its arrival will be reported. */
  onRemoved(name: string): boolean {
    if (this.#coming.has(name) || this.#leaving.has(name)) return true;
    const want = this.#wanted.get(name);
    return want !== undefined && this.#again(want);
  }

  #isGone(name: string): boolean {
    return this.#port?.isPresent(name) === false;
  }

  #again(want: DeviceWant): boolean {
    if (this.#stopped || this.#port === undefined || !this.#ctx.links.has(want.parent)) return false;
    const [result] = this.#port.make(this.#requests([want]));
    this.#report(want, result);
    if (result?.ok !== true || result.already) return false;
    this.#ctx.ports.log.log('warning', `${want.name} was deleted by someone else and made again`, {
      interface: want.name,
    });
    this.#coming.add(want.name);
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
