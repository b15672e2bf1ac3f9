/** Whether a link has its carrier, asked of the interface itself ('linkbeat_interfaces'). */

export type CarrierMethod = 'MII' | 'ETHTOOL' | 'IOCTL';

export interface CarrierPort {
  /** undefined: the interface does not exist or does not know this way of asking. Never throws, never waits. */
  carrier(name: string, method: CarrierMethod): boolean | undefined;
}
