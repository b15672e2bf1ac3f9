/** Interfaces that an instance makes for itself ('use_vmac', 'use_ipvlan'), as core asks for them. */

export type DeviceWant = {
  readonly kind: 'macvlan' | 'ipvlan';
  readonly name: string; // at most 15 bytes
  readonly parent: string; // name of the interface it stands on
  readonly mac?: Uint8Array; // 6 octets; macvlan only
  readonly mode: 'private' | 'bridge' | 'vepa'; // macvlan: always private
  readonly group: number; // link group, 0 = default
  readonly ipv4: boolean; // carries IPv4 addresses or adverts
  readonly ipv6: boolean;
  /** Of an ipvlan, and of an IPv6 VMAC whose source address is written: what it has before any virtual address. */
  readonly address?: { readonly bytes: Uint8Array; readonly prefixLength: number };
  /** 'netlink_notify_msg': the parent is reported to listeners once more, for those that follow its promiscuity. */
  readonly notify: boolean;
};

/** `parentIndex`: the parent's present number; `parentGroup`: its link group. */
export type DeviceRequest = {
  readonly want: DeviceWant;
  readonly parentIndex: number;
  readonly parentGroup: number;
};

/** `already`: it was there and fits. Otherwise `code` is the errno's name and `text` the kernel's extended message. */
export type DeviceResult = {
  readonly ok: boolean;
  readonly already: boolean;
  readonly code?: string;
  readonly text?: string;
};

/** One setting under /proc/sys/net that was changed: what to put back, and what it was changed to. */
export type ChangedSetting = {
  readonly path: string; // 'ipv4/conf/eth0/arp_ignore'
  readonly before: string;
  readonly set: string;
};

export interface DevicePort {
  /** Makes and sets up, in order, in a few batches; one failure does not stop the rest. Synchronous, never throws. */
  make(requests: readonly DeviceRequest[]): readonly DeviceResult[];
  /** Harmless for names that are gone. Synchronous, never throws. */
  remove(names: readonly string[]): readonly DeviceResult[];
  /** Asks the kernel itself: reports of what was deleted are read one after the other. */
  isPresent(name: string): boolean;
  /**
   * What IPv4 over a macvlan needs of the rest of the machine: replaces the earlier call's, an empty list puts back what
   * was there. `interfaces`: names of all links.
   */
  prepareParents(parents: readonly string[], interfaces: readonly string[]): void;
  /** What is changed now: for the release file. */
  changedSettings(): readonly ChangedSetting[];
}
