/**
 * The topology of the interop scenarios: nodes a, b and perhaps c with eth0 (and eth1) on br0 (and br1).
 *
 *   node  MAC eth0           eth0             link-local  global          eth1
 *   a     02:00:00:00:00:0a  192.0.2.10/24    fe80::a     2001:db8::a/64  198.51.100.10/24  02:00:00:00:01:0a
 *   b     …:0b               192.0.2.20       fe80::b     2001:db8::b     198.51.100.20     02:00:00:00:01:0b
 *   c     …:0c               192.0.2.30       fe80::c     2001:db8::c     198.51.100.30     02:00:00:00:01:0c
 */
import type { InterfaceSpec, Topology } from './lab.ts';

export type PairNode = 'a' | 'b' | 'c';
export const HOST: Readonly<Record<PairNode, number>> = { a: 10, b: 20, c: 30 };

/** `nodes`: 'ab' or 'abc'; `second`: with eth1 on br1. */
export function pairTopology(nodes: string, second: boolean): Topology {
  return {
    bridges: second ? ['br0', 'br1'] : ['br0'],
    nodes: [...nodes].map((name) => {
      if (name !== 'a' && name !== 'b' && name !== 'c') throw new Error(`no such node: ${name}`);
      const eth0: InterfaceSpec = {
        name: 'eth0',
        bridge: 'br0',
        mac: `02:00:00:00:00:0${name}`,
        addresses: [`192.0.2.${HOST[name]}/24`, `fe80::${name}/64`, `2001:db8::${name}/64`],
      };
      const eth1: InterfaceSpec = {
        name: 'eth1',
        bridge: 'br1',
        mac: `02:00:00:00:01:0${name}`,
        addresses: [`198.51.100.${HOST[name]}/24`, `fe80::1:${name}/64`],
      };
      return { name, interfaces: second ? [eth0, eth1] : [eth0] };
    }),
  };
}

/** Which node sent a frame, by its IP source. */
export function nodeOfAddress(address: string): PairNode | undefined {
  for (const name of ['a', 'b', 'c'] as const)
    if ([`192.0.2.${HOST[name]}`, `fe80::${name}`, `2001:db8::${name}`].includes(address)) return name;
  return undefined;
}

/** Which node sent a frame, by its Ethernet source on br0. */
export function nodeOfMac(mac: string): PairNode | undefined {
  for (const name of ['a', 'b', 'c'] as const) if (mac === `02:00:00:00:00:0${name}`) return name;
  return undefined;
}
