/** Two nodes with many virtual routers, for the benchmarks that need a crowd: 250 VRIDs on each of eth0, eth1, …, one address each. */
import type { Lab, Topology } from '../test/netns/lab.ts';

/** VRIDs of one interface. */
const PER_INTERFACE = 250;
export const interfacesOf = (instances: number): number => Math.ceil(instances / PER_INTERFACE);

/** Interface and VRID of the `n`-th instance, from 0 on. */
export const placeOf = (n: number): { readonly on: number; readonly vrid: number } => ({
  on: Math.floor(n / PER_INTERFACE),
  vrid: 1 + (n % PER_INTERFACE),
});
/** '10.3.0.250' */
export const vipOf = (n: number): string => `10.${placeOf(n).on}.0.${placeOf(n).vrid}`;

export type Node = 'a' | 'b';
const HOST: Readonly<Record<Node, number>> = { a: 10, b: 20 };
export const addressOf = (node: Node, on: number): string => `172.20.${on}.${HOST[node]}`;
export const macOf = (node: Node, on: number): string => `02:00:00:00:0${on}:0${node}`;

export function manyTopology(instances: number): Topology {
  const numbers = Array.from({ length: interfacesOf(instances) }, (_, i) => i);
  return {
    bridges: numbers.map((i) => `br${i}`),
    nodes: (['a', 'b'] as const).map((name) => ({
      name,
      interfaces: numbers.map((i) => ({
        name: `eth${i}`,
        bridge: `br${i}`,
        mac: macOf(name, i),
        addresses: [`${addressOf(name, i)}/24`],
      })),
    })),
  };
}

export type ManyOptions = {
  readonly instances: number;
  readonly priority: number;
  readonly advertMs: number; // tens of milliseconds
  /** Lines of 'global_defs', and of every instance. */
  readonly globals?: readonly string[];
  readonly more?: readonly string[];
};

/** VRRPv3, because version 2 knows no interval below a second. */
export function manyConf({ instances, priority, advertMs, globals = [], more = [] }: ManyOptions): string {
  const head = globals.length === 0 ? '' : `global_defs {\n${globals.join('\n')}\n}\n`;
  const one = (n: number): string => {
    const { on, vrid } = placeOf(n);
    return [
      `vrrp_instance V_${n} {`,
      'version 3',
      `interface eth${on}`,
      `virtual_router_id ${vrid}`,
      `priority ${priority}`,
      `advert_int ${advertMs / 1000}`,
      ...more,
      'virtual_ipaddress {',
      `${vipOf(n)}/32`,
      '}',
      '}\n',
    ].join('\n');
  };
  return head + Array.from({ length: instances }, (_, n) => one(n)).join('');
}

/** How many of the virtual addresses the kernel of a node has. */
export async function heldBy(lab: Lab, node: Node): Promise<number> {
  const { text } = await lab.sh(node, "ip -o -4 addr show | awk '$4 ~ /^10[.]/' | wc -l");
  return Number(text.trim());
}

/** Without -D, as the distributions start both: a log line for every transition, not several. */
export const quiet = (command: string): string => command.replace(' -D', '');
