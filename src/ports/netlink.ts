/** Links and addresses of the kernel, as core sees them. */

export type Link = {
  readonly index: number;
  readonly name: string;
  readonly up: boolean; // IFF_UP
  readonly running: boolean; // IFF_RUNNING (carrier)
  readonly loopback: boolean;
  readonly multicast: boolean;
  readonly noArp: boolean;
  readonly mac: Uint8Array; // 6 octets, or empty
  readonly mtu: number;
  /** Of interfaces made on another one: 'macvlan', 'ipvlan', 'vlan', …; absent for hardware. */
  readonly kind?: string;
  readonly parentIndex?: number; // IFLA_LINK
  readonly mode?: number; // of a macvlan: MACVLAN_MODE_*
  readonly group?: number; // link group, where it is not the default
  readonly vrfTable?: number; // of a VRF interface: the routing table it stands for
};

export type KernelAddress = {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array; // the local address
  readonly prefixLength: number; // with a peer: the peer's
  readonly interfaceIndex: number;
  readonly scope: number;
  readonly label: string;
  readonly flags: number; // IFA_F_*
  readonly protocol: number; // IFA_PROTO, 0 where the kernel does not tell
  readonly peer?: Uint8Array; // the other end, where it differs from the local address
};

/** One address to add or delete; the interface is already an index. */
export type AddressRequest = {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  readonly interfaceIndex: number;
  readonly scope: number;
  readonly label?: string;
  readonly broadcast?: Uint8Array;
  readonly peer?: { readonly bytes: Uint8Array; readonly prefixLength: number };
  /** IFA_F_*. Absent: none for IPv4, IFA_F_NODAD for IPv6. */
  readonly flags?: number;
  /** IPv6 only, seconds, 0..4294967295 (= for ever). Absent: 0 for a /128, so that it is never a source; else for ever. */
  readonly preferredLifetimeS?: number;
};

/**
 * ok: the kernel is as asked. already: it was so before (add: EEXIST; delete: EADDRNOTAVAIL, or the whole interface is
 * gone). Otherwise `code` is the errno's name ('EIO': no answer came) and `text` the kernel's extended message.
 */
export type AddressResult = {
  readonly ok: boolean;
  readonly already: boolean;
  readonly code?: string;
  readonly text?: string;
};

export type NetlinkEvent =
  /** New, or something of it changed. A rename is 'link-removed' with the old name, then 'link' with the new one. */
  | { readonly type: 'link'; readonly link: Link }
  /** Its addresses were reported as removed before. */
  | { readonly type: 'link-removed'; readonly index: number; readonly name: string }
  /** New, or its scope, label, flags or protocol changed (a secondary promoted, duplicate detection over). */
  | { readonly type: 'address-added'; readonly address: KernelAddress }
  | { readonly type: 'address-removed'; readonly address: KernelAddress }
  /** The receive buffer overran: the caller's picture was rebuilt from a fresh dump; differences follow as events. */
  | { readonly type: 'overrun' };

export interface NetlinkPort {
  /**
   * Synchronous: one sendmsg, then the acknowledgements. Order is kept; one failure does not stop the rest. Never throws
   * for what the kernel says. The picture below follows by notification: drain() brings it up to date.
   */
  addAddresses(requests: readonly AddressRequest[]): readonly AddressResult[];
  deleteAddresses(requests: readonly AddressRequest[]): readonly AddressResult[];
  /** The present picture, kept up to date by events; each event is emitted after the picture holds it. */
  links(): readonly Link[];
  addresses(): readonly KernelAddress[];
  /** Reads pending notifications now (bounded), before core acts on its picture. Within a sink call it does nothing. */
  drain(): void;
  close(): void;
}

export type NetlinkSink = (event: NetlinkEvent) => void;
