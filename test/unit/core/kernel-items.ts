/** What the paper kernel of core's tests holds. */
import type { KernelAddress } from '../../../src/ports/netlink.ts';
import type { RoutingItem } from '../../../src/ports/routing.ts';

/** 'route 203.0.113.0/24', 'rule 1000'. */
export const routingName = (i: RoutingItem): string =>
  i.kind === 'route'
    ? `route ${i.route.destination.bytes.join('.')}/${i.route.destination.length}`
    : `rule ${i.rule.priority}`;

export function kernelAddress(last: number, interfaceIndex: number): KernelAddress {
  return {
    family: 4,
    bytes: Uint8Array.of(192, 0, 2, last),
    prefixLength: 24,
    interfaceIndex,
    scope: 0,
    label: '',
    flags: 0,
    protocol: 0,
  };
}
