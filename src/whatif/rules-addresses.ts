/** The addresses of both nodes: the virtual ones must be equal, their own ones different and known to the other. */
import { equalBytes } from '../base/bytes.ts';
import { formatIp } from '../base/ip.ts';
import type { InstanceConfig, VirtualAddress } from '../config/config.ts';
import { type Facing, linesOf, tellBoth } from './facing.ts';
import { sourceOf } from './plan.ts';

const missing = (
  list: readonly VirtualAddress[],
  from: readonly VirtualAddress[],
): readonly VirtualAddress[] => list.filter((x) => !from.some((y) => equalBytes(x.bytes, y.bytes)));

function setsDiffer(f: Facing, key: 'vips' | 'excludedVips'): void {
  const onlyA = missing(f.a[key], f.b[key]);
  const onlyB = missing(f.b[key], f.a[key]);
  if (onlyA.length + onlyB.length === 0) return;
  const excluded = key === 'excludedVips';
  const block = excluded ? 'virtual_ipaddress_excluded' : 'virtual_ipaddress';
  const text = (list: readonly VirtualAddress[], name: string): string[] =>
    list.length === 0 ? [] : [`${list.map((v) => v.address).join(', ')} only on ${name}`];
  const lineOf = (node: 0 | 1, c: InstanceConfig, list: readonly VirtualAddress[]) =>
    f.sides[node].places.entry(
      c.name,
      block,
      (word) => list[0] !== undefined && word.startsWith(list[0].address),
    );
  tellBoth(
    f,
    excluded ? 'KA3021' : 'KA3002',
    [lineOf(0, f.a, onlyA), lineOf(1, f.b, onlyB)],
    `${block} differs: ${[...text(onlyA, f.sides[0].name), ...text(onlyB, f.sides[1].name)].join('; ')}`,
    {
      effect: excluded
        ? 'after a takeover the address is nowhere'
        : 'after a takeover the address is nowhere; keepalived 2.2 also drops adverts with another number of addresses, so both nodes become master',
      fix: `write the same ${block} in both files`,
    },
  );
}

export function addressSets(f: Facing): void {
  setsDiffer(f, 'vips');
  setsDiffer(f, 'excludedVips');
}

export function prefixLengths(f: Facing): void {
  for (const key of ['vips', 'excludedVips'] as const)
    for (const x of f.a[key]) {
      const y = f.b[key].find((v) => equalBytes(v.bytes, x.bytes));
      if (y === undefined || y.prefixLength === x.prefixLength) continue;
      const block = key === 'vips' ? 'virtual_ipaddress' : 'virtual_ipaddress_excluded';
      const fits = (word: string): boolean => word.split('/', 1)[0] === x.address;
      tellBoth(
        f,
        'KA3017',
        [f.sides[0].places.entry(f.a.name, block, fits), f.sides[1].places.entry(f.b.name, block, fits)],
        `${x.address} is /${x.prefixLength} on ${f.sides[0].name}, /${y.prefixLength} on ${f.sides[1].name}`,
        {
          effect: 'the routes that come with the address differ by node',
          fix: 'write the same prefix length',
        },
      );
    }
}

export function unicast(f: Facing): void {
  const [a, b] = [f.a.unicastPeers.length > 0, f.b.unicastPeers.length > 0];
  if (a !== b) {
    tellBoth(f, 'KA3007', linesOf(f, 'unicast_peer'), `unicast_peer on ${f.sides[a ? 0 : 1].name} only`, {
      effect: 'one node sends unicast, the other multicast; neither hears the other, so both become master',
      fix: "write 'unicast_peer' in both files or in none",
    });
    return;
  }
  if (ownAddresses(f) && a) mirror(f);
}

/** False: both files give the same own address, and nothing about the peers needs to be said. */
function ownAddresses(f: Facing): boolean {
  const [a, b] = [f.a.sourceAddress, f.b.sourceAddress];
  if (a === undefined || a !== b) return true;
  tellBoth(f, 'KA3019', linesOf(f, 'unicast_src_ip', 'mcast_src_ip'), `both nodes send from ${a}`, {
    effect: 'each takes the adverts of the other for its own; one of them does not have this address',
    fix: "write each node's own address in its own file",
  });
  return false;
}

function mirror(f: Facing): void {
  const list = [
    [f.a, f.b, 0],
    [f.b, f.a, 1],
  ] as const;
  for (const [own, peer, node] of list) {
    const source = sourceOf(own, peer);
    if (own.sourceAddress === undefined) noSource(f, own, peer, node);
    if (source === undefined || peer.unicastPeers.some((p) => equalBytes(p.bytes, source))) continue;
    const places = [f.sides[node], f.sides[node === 0 ? 1 : 0]] as const;
    f.reporter.report(
      'KA3008',
      places[1].places.entry(peer.name, 'unicast_peer', () => true),
      `(${peer.name}) unicast_peer of ${places[1].name} does not name ${formatIp(source)}, the source address of ${places[0].name}`,
      {
        related: [
          {
            at: places[0].places.setting(own.name, 'unicast_src_ip', 'mcast_src_ip'),
            message: `the source address of ${places[0].name}`,
          },
        ],
        effect: `${places[0].name} never hears ${places[1].name}, so both become master`,
        fix: `add ${formatIp(source)} to the unicast_peer block of ${places[1].name}`,
      },
    );
  }
}

/** The peers' lists may still tell which address it is; else the mirror cannot be checked. */
function noSource(f: Facing, own: InstanceConfig, peer: InstanceConfig, node: 0 | 1): void {
  if (sourceOf(own, peer) !== undefined) return;
  f.reporter.report(
    'KA3009',
    f.sides[node].places.setting(own.name, 'unicast_peer'),
    `(${own.name}) no unicast_src_ip on ${f.sides[node].name}: whether ${f.sides[node === 0 ? 1 : 0].name} names this node cannot be checked`,
    { fix: "add 'unicast_src_ip' with this node's own address" },
  );
}
