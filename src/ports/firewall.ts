/** Packet filter rules around VMACs and virtual addresses that shall not be accepted. */

/** A VMAC whose IGMP and MLD reports and router solicitations must not leave with the virtual MAC. */
export type FilteredVmac = {
  readonly name: string;
  readonly interfaceIndex: number;
  readonly parentIndex: number;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** The parent's link-local address, which a VMAC with IPv6 carries too: the VMAC does not advertise it. */
  readonly parentLinkLocal?: Uint8Array;
};

/** An address of 'no_accept': what comes for it, and what it sends, is dropped. */
export type BlockedAddress = {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  readonly interfaceIndex: number; // of link-local addresses, which mean nothing without it
};

/**
 * Synchronous; never throws. What the kernel refuses is said once, and VRRP goes on. Tables are made when something is
 * first asked for; a leftover of the same name is replaced.
 */
export interface FirewallPort {
  /** The VMACs there are; replaces the earlier call's. */
  setVmacs(list: readonly FilteredVmac[]): void;
  /** The addresses to block; replaces the earlier call's. */
  setBlocked(list: readonly BlockedAddress[]): void;
  /** The name of our tables, when there may be one: for the release file. */
  table(): string | undefined;
  /** Takes our tables away. */
  remove(): void;
}
