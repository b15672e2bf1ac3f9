/** Gratuitous ARP and unsolicited NA, and listening for those of a successor. */

export type Announcement = {
  readonly interface: string;
  readonly interfaceIndex: number;
  readonly mac: Uint8Array; // 6 octets, the sender
  readonly family: 4 | 6;
  readonly address: Uint8Array;
};

/** The least time between two frames of a lane, whatever interfaces they leave on. 0: none, and the lane is none. */
export type Spacing = { readonly lane: string; readonly us: number };

export interface AnnouncePort {
  /**
   * `repeatCount` rounds, each one frame for every announcement in order. Sent in one batch when the spacing is 0, else
   * queued in its lane, one frame at a time, addresses taking turns. `owner` names the queue entries.
   */
  announce(owner: string, list: readonly Announcement[], repeatCount: number, spacing: Spacing): void;
  /** Drops what `owner` still has queued. NOARP interfaces are the caller's to leave out (Link.noArp). */
  forget(owner: string): void;
  /** Frames handed to the kernel since start. */
  sentCount(): number;
  /**
   * Watches `interfaceIndex` for gratuitous ARP (spa == tpa) or, for 16-octet addresses, unsolicited NA, from another MAC for
   * one of `addresses`. Frames that this host sends are never heard, so `ownMac` may be empty: then any MAC counts,
   * as it must where both routers use the same virtual MAC. Never throws. Returns a function that ends the watch.
   */
  watch(
    interfaceIndex: number,
    ownMac: Uint8Array,
    addresses: readonly Uint8Array[],
    seen: (address: Uint8Array, mac: Uint8Array) => void,
  ): () => void;
  close(): void;
}
