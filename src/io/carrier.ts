/** The carrier of links by ioctl: the hands of 'linkbeat_interfaces'. */
import type { Native } from '../native.ts';
import type { CarrierMethod, CarrierPort } from '../ports/carrier.ts';

const ASK: Readonly<Record<CarrierMethod, 'mii' | 'ethtool' | 'flags'>> = {
  MII: 'mii',
  ETHTOOL: 'ethtool',
  IOCTL: 'flags',
};

export function carrierPort(native: Pick<Native, 'linkCarrier'>): CarrierPort {
  return {
    carrier: (name, method) => {
      try {
        return native.linkCarrier(name, ASK[method]);
      } catch {
        return undefined;
      }
    },
  };
}
