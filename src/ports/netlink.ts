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
};

export type KernelAddress = {
  readonly family: 4 | 6;
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  readonly interfaceIndex: number;
  readonly scope: number;
  readonly label: string;
  readonly flags: number; // IFA_F_*
  readonly protocol: number; // IFA_PROTO, 0 where the kernel does not tell
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
};

/** ok: done, or already so (EEXIST on add, EADDRNOTAVAIL on delete: `existed` false/true tells which). */
export type AddressResult = {
  readonly ok: boolean;
  readonly already: boolean;
  readonly code?: string;
  readonly text?: string;
};

export type NetlinkEvent =
  | { readonly type: 'link'; readonly link: Link }
  | { readonly type: 'link-removed'; readonly index: number; readonly name: string }
  | { readonly type: 'address-added'; readonly address: KernelAddress }
  | { readonly type: 'address-removed'; readonly address: KernelAddress }
  /** The receive buffer overran: the caller's picture was rebuilt from a fresh dump; differences follow as events. */
  | { readonly type: 'overrun' };

export interface NetlinkPort {
  /** Synchronous: one sendmsg, then the acknowledgements. Order is kept; one failure does not stop the rest. */
  addAddresses(requests: readonly AddressRequest[]): readonly AddressResult[];
  deleteAddresses(requests: readonly AddressRequest[]): readonly AddressResult[];
  /** The present picture, kept up to date by events. */
  links(): readonly Link[];
  addresses(): readonly KernelAddress[];
  /** Reads pending notifications now (bounded), before core acts on its picture. */
  drain(): void;
  close(): void;
}

export type NetlinkSink = (event: NetlinkEvent) => void;
