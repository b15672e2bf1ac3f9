/**
 * DevicePort over a socket of its own: interfaces are made, set up and removed in batches of requests, so that a thousand
 * take a few system calls. What the kernel has no request for is written under /proc/sys.
 */
import type {
  ChangedSetting,
  DevicePort,
  DeviceRequest,
  DeviceResult,
  DeviceWant,
} from '../../ports/devices.ts';
import type { Log } from '../../ports/system.ts';
import { Sysctls } from '../sysctl.ts';
import {
  encodeCreateDevice,
  encodeGroup,
  encodeIpv4Settings,
  encodeIsPresent,
  encodeNoAddressGeneration,
  encodeUp,
} from './device-messages.ts';
import { encodeDeleteLink, type Request } from './messages.ts';
import { type Answer, RequestSocket, type SocketNative } from './request-socket.ts';
import { addResult, deleteResult } from './results.ts';
import * as rt from './rtnetlink.table.ts';

/**
 * KEEPALIVED: adverts and requests for the virtual addresses come from the network that the parent is in: no reverse
 * path (rp_filter), our own addresses as source of what a neighbour node's VMAC sends (accept_local), answers only for
 * the addresses on the VMAC itself (arp_ignore), and no address lost with the first of its network.
 */
const MACVLAN_IPV4: ReadonlyMap<number, number> = new Map([
  [rt.IPV4_DEVCONF_ARP_IGNORE, 1],
  [rt.IPV4_DEVCONF_ACCEPT_LOCAL, 1],
  [rt.IPV4_DEVCONF_RP_FILTER, 0],
  [rt.IPV4_DEVCONF_PROMOTE_SECONDARIES, 1],
]);
const MACVLAN_IPV6: ReadonlyMap<number, number> = new Map([[rt.IPV4_DEVCONF_ARP_IGNORE, 1]]);
const IPVLAN_IPV4: ReadonlyMap<number, number> = new Map([[rt.IPV4_DEVCONF_PROMOTE_SECONDARIES, 1]]);

/**
 * Of the parent. The last is not keepalived's: without it the parent asks for neighbours with a virtual address as sender
 * and its own MAC, and each of them then sends to that MAC (RFC 9568 8.1.2 forbids as much of answers).
 */
const PARENT = [
  ['arp_ignore', '1'],
  ['arp_filter', '1'],
  ['arp_announce', '2'],
] as const;
const LOCAL_IGMP = 'ipv4/igmp_link_local_mcast_reports';
const ALL_RP_FILTER = 'ipv4/conf/all/rp_filter';
/** What the kernel says to a family that it does not have. */
const NO_FAMILY = 'EAFNOSUPPORT';

const ipv4Settings = (w: DeviceWant): ReadonlyMap<number, number> =>
  w.kind === 'ipvlan' ? IPVLAN_IPV4 : w.ipv4 ? MACVLAN_IPV4 : MACVLAN_IPV6;

export class NetworkDevices implements DevicePort {
  readonly #native: SocketNative;
  readonly #sysctls: Sysctls;
  #socket: RequestSocket | undefined;

  constructor(native: SocketNative, log: Log) {
    this.#native = native;
    this.#sysctls = new Sysctls(log);
  }

  /** What a run that died had changed. */
  inherit(settings: readonly ChangedSetting[]): void {
    this.#sysctls.inherit(settings);
  }

  make(requests: readonly DeviceRequest[]): readonly DeviceResult[] {
    const wants = requests.map((r) => r.want);
    const answers = this.#ask(requests.map((r) => encodeCreateDevice(r.want, r.parentIndex)));
    const results = answers.map(addResult);
    // Before the interface comes up, or it would have an address of its own making.
    for (const [i, w] of wants.entries())
      if (results[i]?.ok === true && !w.ipv6) this.#sysctls.write(`ipv6/conf/${w.name}/disable_ipv6`, '1');
    this.#setUp(wants, results);
    const again = requests.filter((r, i) => r.want.notify && results[i]?.ok === true);
    this.#ask(again.map((r) => encodeGroup(r.want.parent, r.parentGroup)));
    return results;
  }

  /** Replaces the result of those that could not be set up, and takes away what was made of them. */
  #setUp(wants: readonly DeviceWant[], results: DeviceResult[]): void {
    const requests: Request[] = [];
    const places: number[] = [];
    for (const [i, w] of wants.entries()) {
      if (results[i]?.ok !== true) continue;
      for (const r of [
        encodeIpv4Settings(w.name, ipv4Settings(w)),
        encodeNoAddressGeneration(w.name),
        encodeUp(w.name),
      ]) {
        requests.push(r);
        places.push(i);
      }
    }
    const answers = this.#ask(requests);
    const undo: string[] = [];
    for (const [n, i] of places.entries()) {
      const { code, text } = answers[n] as Answer;
      if (code === '' || code === NO_FAMILY || results[i]?.ok !== true) continue;
      if (!results[i].already) undo.push((wants[i] as DeviceWant).name);
      results[i] = { ok: false, already: false, code, text };
    }
    this.remove(undo);
  }

  remove(names: readonly string[]): readonly DeviceResult[] {
    return this.#ask(names.map(encodeDeleteLink)).map(deleteResult);
  }

  isPresent(name: string): boolean {
    return this.#ask([encodeIsPresent(name)])[0]?.code !== 'ENODEV';
  }

  /**
   * KEEPALIVED: the parent shall not answer ARP for what is on the VMAC, nor for addresses of another interface. A reverse
   * path filter of 'all' would count for the VMAC too, so it moves to each interface and to those that come later.
   */
  prepareParents(parents: readonly string[], interfaces: readonly string[]): void {
    const own = new Map<string, string>(
      parents.flatMap((p) => PARENT.map(([key, value]) => [`ipv4/conf/${p}/${key}`, value] as const)),
    );
    const sysctls = this.#sysctls;
    sysctls.restore(
      (path) =>
        path !== LOCAL_IGMP && !own.has(path) && (parents.length === 0 || !path.endsWith('/rp_filter')),
    );
    // What an administrator has set is left.
    for (const [path, value] of own) if (sysctls.read(path) === '0') sysctls.change(path, value);
    if (parents.length === 0) return;
    const all = Number(sysctls.read(ALL_RP_FILTER) ?? 0);
    if (!(all > 0)) return;
    for (const name of ['default', ...interfaces]) {
      const path = `ipv4/conf/${name}/rp_filter`;
      if (Number(sysctls.read(path) ?? all) < all) sysctls.change(path, String(all));
    }
    sysctls.change(ALL_RP_FILTER, '0');
  }

  /** 'disable_local_igmp' */
  obey(disableLocalIgmp: boolean): void {
    if (disableLocalIgmp) this.#sysctls.change(LOCAL_IGMP, '0');
    else this.#sysctls.restore((path) => path === LOCAL_IGMP);
  }

  changedSettings(): readonly ChangedSetting[] {
    return this.#sysctls.changed();
  }

  close(): void {
    this.obey(false);
    this.#socket?.close();
    this.#socket = undefined;
  }

  #ask(requests: readonly Request[]): readonly Answer[] {
    if (requests.length === 0) return [];
    this.#socket ??= new RequestSocket(this.#native);
    return this.#socket.transact(requests);
  }
}
