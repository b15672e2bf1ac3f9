/**
 * From one or two configurations to nodes with interfaces and addresses. What the files do not say is assumed here, in
 * one place, and every assumption that can change an answer becomes a note for the reader.
 */
import { equalBytes } from '../base/bytes.ts';
import { parseIp } from '../base/ip.ts';
import type { Config, InstanceConfig } from '../config/config.ts';
import type { MacPort } from '../ports/mac.ts';
import { assumedKeysNote, withAssumedKeys } from './assumed-keys.ts';
import type { HostInterface } from './host.ts';
import { type InstancePair, matchInstances } from './match.ts';

export type PlannedNode = {
  readonly name: string;
  readonly config: Config;
  readonly interfaces: readonly HostInterface[];
};
/** One virtual router; a side that has no such instance is undefined. */
export type PlannedRouter = { readonly sides: readonly (InstanceConfig | undefined)[] };
export type Plan = {
  readonly nodes: readonly PlannedNode[];
  readonly routers: readonly PlannedRouter[];
  readonly notSimulated: readonly string[];
  readonly notes: readonly string[];
  readonly macs: MacPort;
};

/** Why core cannot be asked about an instance; undefined when it can. */
function whyNotSimulated(c: InstanceConfig): string | undefined {
  if (c.interface === '') return 'it names no interface, and the routes between the nodes are not known here';
  if (c.vips.length + c.excludedVips.length === 0) return 'it has no virtual address to follow';
  return undefined;
}

/** Interfaces that an instance or its group depends on, in order of mention. */
export function interfacesOf(config: Config): readonly string[] {
  const out = new Set<string>();
  for (const c of config.instances) {
    if (c.interface !== '') out.add(c.interface);
    for (const v of [...c.vips, ...c.excludedVips]) if (v.interface !== '') out.add(v.interface);
    for (const t of c.trackInterfaces) out.add(t.interface);
  }
  for (const g of config.groups) for (const t of g.trackInterfaces) out.add(t.interface);
  return [...out];
}

/**
 * The source a node's adverts have. Without one in the file: the one address that the peer's list holds beyond our own
 * (in a cluster of three, each list leaves out its own node).
 */
export function sourceOf(own: InstanceConfig, peer: InstanceConfig | undefined): Uint8Array | undefined {
  if (own.sourceAddress !== undefined) return parseIp(own.sourceAddress);
  if (own.unicastPeers.length === 0 || peer === undefined) return undefined;
  const left = peer.unicastPeers.filter((p) => !own.unicastPeers.some((q) => equalBytes(p.bytes, q.bytes)));
  return left.length === 1 ? left[0]?.bytes : undefined;
}

/** Segment of each interface: those of one virtual router are joined, then the rest by name. */
function segments(
  pairs: readonly InstancePair[],
  names: readonly (readonly string[])[],
): Map<string, string>[] {
  const a = new Map<string, string>();
  const b = new Map<string, string>();
  for (const p of pairs) {
    if (a.has(p.a.interface) || b.has(p.b.interface)) continue;
    const segment = `${p.a.interface}/${p.b.interface}`;
    a.set(p.a.interface, segment);
    b.set(p.b.interface, segment);
  }
  for (const name of names[0] ?? []) {
    if (a.has(name)) continue;
    a.set(name, name);
    if (names[1]?.includes(name) === true && !b.has(name)) b.set(name, name);
  }
  for (const name of names[1] ?? []) if (!b.has(name)) b.set(name, `b:${name}`);
  return [a, b];
}

/** 198.18.0.0/15 (RFC 2544) and fe80::, the second node higher. */
function invented(node: number, index: number): readonly Uint8Array[] {
  const v6 = new Uint8Array(16);
  v6.set([0xfe, 0x80]);
  v6.set([index, node + 1], 14);
  return [Uint8Array.of(198, 18, index, node + 1), v6];
}

function interfacesFor(
  node: number,
  config: Config,
  segment: Map<string, string>,
  segmentNumbers: Map<string, number>,
  peerOf: (c: InstanceConfig) => InstanceConfig | undefined,
): readonly HostInterface[] {
  return interfacesOf(config).map((name) => {
    const where = segment.get(name) ?? name;
    const number = segmentNumbers.get(where) ?? segmentNumbers.size + 1;
    segmentNumbers.set(where, number);
    const written: Uint8Array[] = [];
    for (const c of config.instances.filter((x) => x.interface === name)) {
      const source = sourceOf(c, peerOf(c));
      if (source !== undefined && !written.some((w) => equalBytes(w, source))) written.push(source);
    }
    return { name, segment: where, addresses: [...written, ...invented(node, number)] };
  });
}

export function planPair(
  names: readonly [string, string],
  fileA: Config,
  fileB: Config,
  macs: MacPort,
): Plan {
  const [a, b] = withAssumedKeys(fileA, fileB);
  const matching = matchInstances(a, b);
  const { routers, skipped, notSimulated } = chooseRouters(names, matching);
  const configs = [without(a, skipped), without(b, skipped)] as const;
  const partner = new Map<InstanceConfig, InstanceConfig>();
  for (const p of matching.pairs) partner.set(p.a, p.b).set(p.b, p.a);
  const segment = segments(matching.pairs, [interfacesOf(a), interfacesOf(b)]);
  const numbers = new Map<string, number>();
  return {
    nodes: configs.map((config, node) => ({
      name: names[node] as string,
      config,
      interfaces: interfacesFor(node, config, segment[node] as Map<string, string>, numbers, (c) =>
        partner.get(c),
      ),
    })),
    routers,
    notSimulated,
    notes: pairNotes(names, matching.pairs),
    macs,
  };
}

function chooseRouters(names: readonly [string, string], m: ReturnType<typeof matchInstances>) {
  const skipped = new Set<InstanceConfig>();
  const notSimulated: string[] = [];
  const routers: PlannedRouter[] = [];
  const all: readonly PlannedRouter[] = [
    ...m.pairs.map((p) => ({ sides: [p.a, p.b] })),
    ...m.onlyA.map((a) => ({ sides: [a, undefined] })),
    ...m.onlyB.map((b) => ({ sides: [undefined, b] })),
  ];
  for (const r of all) {
    const why = r.sides.flatMap((c, node) => {
      const text = c === undefined ? undefined : whyNotSimulated(c);
      return text === undefined ? [] : [`not simulated: ${c?.name} on ${names[node]}: ${text}`];
    });
    if (why.length === 0) routers.push(r);
    else for (const c of r.sides) if (c !== undefined) skipped.add(c);
    notSimulated.push(...why);
  }
  return { routers, skipped, notSimulated };
}

/** A configuration without the instances that cannot be simulated. */
function without(config: Config, skipped: ReadonlySet<InstanceConfig>): Config {
  if (!config.instances.some((c) => skipped.has(c))) return config;
  const instances = config.instances.filter((c) => !skipped.has(c));
  const names = new Set(instances.map((c) => c.name));
  const groups = config.groups.map((g) => ({ ...g, members: g.members.filter((m) => names.has(m)) }));
  return { ...config, instances, groups: groups.filter((g) => g.members.length > 0) };
}

function pairNotes(names: readonly [string, string], pairs: readonly InstancePair[]): readonly string[] {
  const out: string[] = [];
  for (const { a, b } of pairs) {
    if (a.priority === b.priority && (sourceOf(a, b) === undefined || sourceOf(b, a) === undefined))
      out.push(
        `${a.name}: equal priorities are decided by the addresses of ${a.interface}; assumed: that of ${names[1]} is the higher one`,
      );
    const keys = assumedKeysNote(a) ?? assumedKeysNote(b);
    if (keys !== undefined) out.push(keys);
  }
  return out;
}

/** One node alone: nobody answers its adverts. */
export function planAlone(name: string, config: Config, macs: MacPort): Plan {
  const plan = planPair([name, ''], config, { ...config, instances: [], groups: [], scripts: [] }, macs);
  return {
    ...plan,
    nodes: plan.nodes.slice(0, 1),
    routers: plan.routers.map((r) => ({ sides: r.sides.slice(0, 1) })),
  };
}

/** Stand for a unicast source that the file leaves to the interface: RFC 7600 and RFC 6666, nobody's own. */
const NO_SOURCE = { 4: '192.0.0.8', 6: '100::8' } as const;

/**
 * The file and a second node with the same one, for when the real one is not at hand: equal priorities and intervals, the
 * unicast addresses mirrored.
 */
export function assumedPair(config: Config): readonly [Config, Config] {
  const own: InstanceConfig[] = [];
  const peer: InstanceConfig[] = [];
  for (const c of config.instances) {
    const [first, ...rest] = c.unicastPeers;
    const address = c.sourceAddress ?? NO_SOURCE[c.family];
    const bytes = parseIp(address);
    if (first === undefined || bytes === undefined) {
      own.push(c);
      peer.push(withoutSource(c));
    } else {
      own.push({ ...c, sourceAddress: address });
      peer.push({
        ...c,
        sourceAddress: first.address,
        unicastPeers: [{ ...first, address, bytes }, ...rest],
      });
    }
  }
  return [
    { ...config, instances: own },
    { ...config, instances: peer },
  ];
}

/** 'mcast_src_ip' is one host's. */
function withoutSource(c: InstanceConfig): InstanceConfig {
  if (c.sourceAddress === undefined) return c;
  const { sourceAddress: _, ...rest } = c;
  return { ...rest, trackSourceAddress: false };
}
