/**
 * Which interfaces the instances need for themselves, under which names, and which addresses go on them. Pure. The result
 * is a configuration in which every address names the interface that it is really set on, so that nothing behind this
 * place need know of virtual MACs. Names and rules: keepalived.conf(5) use_vmac, use_vmac_addr; measured with 2.2.7.
 */
import { equalBytes, toHex } from '../../base/bytes.ts';
import { parseIp } from '../../base/ip.ts';
import type { Config, InstanceConfig, VirtualAddress } from '../../config/config.ts';
import type { DeviceWant } from '../../ports/devices.ts';
import type { Link } from '../../ports/netlink.ts';

export type DevicePlan = {
  readonly config: Config;
  readonly wants: readonly DeviceWant[];
  readonly notes: readonly string[]; // names that could not be used
};

/** What is there: links by name, and which of them are ours to remove (made by this run or the one before). */
export type Present = {
  readonly links: ReadonlyMap<string, Link>;
  readonly ours: ReadonlySet<string>;
};

/** The interface that adverts of this (placed) instance leave from and arrive at; '' = whichever the routing table chooses. */
export function advertInterface(c: InstanceConfig): string {
  if (c.interface === '') return c.vrf ?? '';
  if (c.vmac !== undefined) return c.vmac.xmitBase ? c.interface : c.vmac.name;
  return c.ipvlan?.name ?? c.interface;
}

const asks = (v: VirtualAddress): boolean => v.flags?.includes('use_vmac') === true;

/** Whether the instance needs an interface of its own, or one of its addresses does. */
export const usesDevices = (c: InstanceConfig): boolean =>
  c.interface !== '' &&
  (c.vmac !== undefined ||
    c.ipvlan !== undefined ||
    c.vmacForAddresses ||
    c.vips.some(asks) ||
    c.excludedVips.some(asks));

/** <linux/if_link.h> MACVLAN_MODE_PRIVATE. KEEPALIVED: macvlans in another mode are somebody else's. */
const PRIVATE = 1;

export function planDevices(config: Config, present: Present): DevicePlan {
  if (!config.instances.some(usesDevices)) return { config, wants: [], notes: [] };
  // Which of ours are wanted again decides which names of ours are free for others.
  const again = new Planner(config, present.links, new Set(), new Set());
  again.placed();
  const kept = new Set(again.wants().map((w) => w.name));
  const free = new Set([...present.ours].filter((name) => !kept.has(name)));
  const planner = new Planner(config, present.links, present.ours, free);
  return { config: planner.placed(), wants: planner.wants(), notes: planner.notes };
}

type Ask = Omit<DeviceWant, 'name'> & {
  readonly given?: string;
  readonly prefix: string;
  readonly vrid: number;
};

class Planner {
  readonly notes: string[] = [];
  readonly #config: Config;
  readonly #links: ReadonlyMap<string, Link>;
  readonly #ours: ReadonlySet<string>;
  readonly #free: ReadonlySet<string>; // names of ours that nobody wants any more
  readonly #wants = new Map<string, DeviceWant>(); // by what makes two of them one
  readonly #names = new Set<string>();
  readonly #there = new Map<string, Link>();

  constructor(
    config: Config,
    links: ReadonlyMap<string, Link>,
    ours: ReadonlySet<string>,
    free: ReadonlySet<string>,
  ) {
    this.#config = config;
    this.#links = links;
    this.#ours = ours;
    this.#free = free;
    for (const link of links.values())
      if (link.kind === 'macvlan' && link.mode === PRIVATE)
        this.#there.set(`${link.parentIndex} ${toHex(link.mac)}`, link);
  }

  wants(): readonly DeviceWant[] {
    return [...this.#wants.values()];
  }

  placed(): Config {
    const instances = this.#config.instances.map((c) => (usesDevices(c) ? this.#place(c) : c));
    return { ...this.#config, instances };
  }

  #place(c: InstanceConfig): InstanceConfig {
    // The instance's own device first: it takes the plain name.
    const own = this.#own(c);
    const put = (v: VirtualAddress): VirtualAddress => {
      const on = this.#deviceFor(c, own, v);
      return on === v.interface ? v : { ...v, interface: on };
    };
    return {
      ...c,
      vips: c.vips.map(put),
      excludedVips: c.excludedVips.map(put),
      ...(c.vmac === undefined ? {} : { vmac: { ...c.vmac, name: own } }),
      ...(c.ipvlan === undefined || c.vmac !== undefined ? {} : { ipvlan: { ...c.ipvlan, name: own } }),
    };
  }

  #own(c: InstanceConfig): string {
    const { vmac, ipvlan } = c;
    const own = vmac ?? ipvlan;
    if (own === undefined) return '';
    return this.#take(c.name, {
      ...(vmac === undefined
        ? { kind: 'ipvlan', mode: ipvlan?.mode ?? 'bridge' }
        : { kind: 'macvlan', mode: 'private', mac: vmac.mac }),
      parent: c.interface,
      group: own.group ?? 0,
      notify: vmac?.netlinkNotify === true,
      prefix: this.#config.global.defaults.vmacPrefix,
      vrid: c.vrid,
      ipv4: c.family === 4,
      ipv6: c.family === 6,
      ...(own.nameGiven ? { given: own.name } : {}),
      ...ownAddress(c),
    });
  }

  /**
   * KEEPALIVED: an address of the other family stays on the parent, where its MAC is right (2.2.7; the manual page has it
   * on the VMAC); 'dev' with the instance's own interface is no other place.
   */
  #deviceFor(c: InstanceConfig, own: string, v: VirtualAddress): string {
    const here = v.interface === c.interface;
    const sameFamily = v.family === c.family;
    if (here && own !== '' && sameFamily) return own;
    if (!asks(v) && !(c.vmacForAddresses && !(here && sameFamily))) return v.interface;
    return this.#take(c.name, {
      kind: 'macvlan',
      mode: 'private',
      parent: v.interface,
      mac: new Uint8Array([0, 0, 0x5e, 0, v.family === 4 ? 1 : 2, c.vrid]),
      group: 0,
      notify: false,
      prefix: this.#config.global.defaults.vmacAddressPrefix,
      vrid: c.vrid,
      ipv4: v.family === 4,
      ipv6: v.family === 6,
    });
  }

  /** The name of the device that `ask` describes: one already planned, one that is there, or a free name. */
  #take(instance: string, ask: Ask): string {
    const { given, prefix, vrid, ...want } = ask;
    const key = want.mac === undefined ? `ipvlan ${instance}` : `${want.parent} ${toHex(want.mac)}`;
    const planned = this.#wants.get(key);
    if (planned !== undefined) return planned.name;
    const name =
      this.#existing(ask) ??
      this.#given(instance, given, want.kind) ??
      this.#generated(prefix, vrid, want.ipv6);
    this.#wants.set(key, { ...want, name });
    this.#names.add(name);
    return name;
  }

  /** A macvlan of this MAC on this parent: the kernel takes no second one. One of ours under another name gives way. */
  #existing(ask: Ask): string | undefined {
    const parent = this.#links.get(ask.parent);
    if (parent === undefined || ask.mac === undefined) return undefined;
    const link = this.#there.get(`${parent.index} ${toHex(ask.mac)}`);
    if (link === undefined) return undefined;
    const renamed = ask.given !== undefined && ask.given !== link.name;
    return renamed && this.#ours.has(link.name) ? undefined : link.name;
  }

  #given(instance: string, name: string | undefined, kind: string): string | undefined {
    if (name === undefined || this.#isFree(name)) return name;
    this.notes.push(
      `(${instance}) interface ${name} already exists and is not a ${kind} of this instance: another name is used`,
    );
    return undefined;
  }

  #generated(prefix: string, vrid: number, ipv6: boolean): string {
    const first = ipv6 ? ['', '6'] : [''];
    // Ends: there are fewer interfaces than numbers.
    for (let n = 0; ; n++) {
      const name = nameOf(prefix, first[n] ?? String(n - first.length + 1), vrid);
      if (this.#isFree(name)) return name;
    }
  }

  #isFree(name: string): boolean {
    return !this.#names.has(name) && (!this.#links.has(name) || this.#free.has(name));
  }
}

/** What is written as the source of adverts: of an ipvlan its address, of a VMAC a link-local one. */
function ownAddress(c: InstanceConfig): Pick<DeviceWant, 'address'> {
  if (c.vmac === undefined) return c.ipvlan?.address === undefined ? {} : { address: c.ipvlan.address };
  const bytes = c.family === 6 && c.sourceAddress !== undefined ? parseIp(c.sourceAddress) : undefined;
  return bytes === undefined ? {} : { address: { bytes, prefixLength: 64 } };
}

/** PREFIX, a mark and '.VRID' within the 15 bytes of an interface name. */
function nameOf(prefix: string, mark: string, vrid: number): string {
  const tail = `${mark}.${vrid}`;
  return prefix.slice(0, 15 - tail.length) + tail;
}

/** Whether a link is what `want` asks for, so that it can be kept. */
export function fits(link: Link | undefined, want: DeviceWant, parent: Link | undefined): boolean {
  if (link === undefined || parent === undefined) return false;
  if (link.kind !== want.kind || link.parentIndex !== parent.index) return false;
  return want.mac === undefined || (link.mode === PRIVATE && equalBytes(link.mac, want.mac));
}
