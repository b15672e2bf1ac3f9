/** Instances against the addresses of the machine. Silent where those are unknown. */
import { equalBytes, toHex } from '../../base/bytes.ts';
import { formatIp } from '../../base/ip.ts';
import type { InterfaceAddress } from '../environment.ts';
import { inNetwork, type PlacedAddress, placedAddresses, reservedHost, unusable } from './addresses.ts';
import { type Lint, type LintInstance, lineOf, settingAt } from './input.ts';
import { peerWords, sourceWord, unicastBytes } from './unicast.ts';

type Addresses = ReadonlyMap<string, readonly InterfaceAddress[]>;

export function checkMachineAddresses(l: Lint): void {
  const { addresses } = l.environment;
  if (addresses === undefined) return;
  const own = new Set([...addresses.values()].flat().map((a) => toHex(a.bytes)));
  const permanent = new Set(
    [...addresses.values()]
      .flat()
      .filter((a) => !a.virtual)
      .map((a) => toHex(a.bytes)),
  );
  for (const i of l.instances) {
    const all = placedAddresses(i);
    if (i.instance.priority === 255) owner(l, i, all, permanent);
    const foreign = new Set<string>();
    for (const a of all) {
      if (i.instance.priority < 255 && permanent.has(toHex(a.vip.bytes))) permanentHere(l, i, a);
      else place(l, a, addresses, foreign);
    }
    source(l, i, own);
    ownPeer(l, i, permanent);
  }
}

function permanentHere(l: Lint, i: LintInstance, { vip, at }: PlacedAddress): void {
  l.reporter.report(
    'KA2510',
    at,
    `(${i.instance.name}) ${vip.address} is a permanent address of this machine`,
    {
      effect: 'two routers answer to it while this one is backup, and leaving MASTER removes it here',
      fix: 'choose an address that no machine has; only an owner (priority 255) uses its own',
    },
  );
}

function owner(
  l: Lint,
  i: LintInstance,
  all: readonly PlacedAddress[],
  permanent: ReadonlySet<string>,
): void {
  if (all.length === 0 || all.some((a) => permanent.has(toHex(a.vip.bytes)))) return;
  if (lineOf(i.block, 'priority') === undefined) return;
  l.reporter.report(
    'KA2513',
    settingAt(i.block, 'priority'),
    `(${i.instance.name}) priority 255, but ${all.length === 1 ? `${all[0]?.vip.address} is no permanent address` : 'none of its addresses is a permanent address'} of this machine`,
    {
      effect: 'it becomes master whenever it starts, and no tracked weight moves the address away',
      fix: 'use a priority in 1..254',
    },
  );
}

/** Where the address lies in the networks of its interface; `foreign`: interfaces of which it has been said. */
function place(l: Lint, { vip, at }: PlacedAddress, addresses: Addresses, foreign: Set<string>): void {
  if (vip.peer !== undefined || vip.family === 6 || unusable(vip.bytes) !== undefined) return;
  const networks = (addresses.get(vip.interface) ?? []).filter(
    (a) => a.bytes.length === 4 && !a.virtual && a.prefixLength < 32,
  );
  if (networks.length === 0) return;
  const network = networks.find((n) => inNetwork(vip.bytes, n.bytes, n.prefixLength));
  const list = networks.map((n) => `${formatIp(n.bytes)}/${n.prefixLength}`).join(', ');
  if (network === undefined) {
    // One finding for all addresses of an instance on one interface.
    if (foreign.has(vip.interface)) return;
    foreign.add(vip.interface);
    l.reporter.report('KA2511', at, `${vip.address} is in no network of ${vip.interface} (${list})`, {
      effect: 'hosts of these networks reach it only when it is routed to this router',
      fix: "correct the address or the interface ('dev NAME' behind the address)",
    });
    return;
  }
  // With its own prefix the text alone has said so.
  if (reservedHost(vip.bytes, vip.prefixLength) !== undefined) return;
  const reserved = reservedHost(vip.bytes, network.prefixLength);
  if (reserved !== undefined)
    l.reporter.report(
      'KA2512',
      at,
      `${vip.address} is the ${reserved} address of ${vip.interface} (${formatIp(network.bytes)}/${network.prefixLength})`,
      { effect: 'no host of the network can talk to it', fix: 'choose an address of a host' },
    );
}

function source(l: Lint, i: LintInstance, own: ReadonlySet<string>): void {
  const word = sourceWord(i.block);
  const bytes = word === undefined ? undefined : unicastBytes(word);
  if (word === undefined || bytes === undefined || own.has(toHex(bytes))) return;
  if (i.instance.sourceAddress !== formatIp(bytes)) return; // not used, reported by the loader
  if (i.instance.vips.some((v) => equalBytes(v.bytes, bytes))) return;
  l.reporter.report('KA2514', word.at, `(${i.instance.name}) ${word.text} is no address of this machine`, {
    effect: 'the instance cannot send its adverts',
    fix: `write an address of ${i.instance.interface === '' ? 'this machine' : i.instance.interface}`,
  });
}

function ownPeer(l: Lint, i: LintInstance, permanent: ReadonlySet<string>): void {
  for (const word of peerWords(i.block)) {
    const bytes = unicastBytes(word);
    if (bytes === undefined || !permanent.has(toHex(bytes))) continue;
    if (i.instance.sourceAddress === formatIp(bytes)) continue; // the loader's KA0627
    if (i.instance.vips.some((v) => equalBytes(v.bytes, bytes))) continue; // KA2121
    l.reporter.report('KA2515', word.at, `(${i.instance.name}) unicast peer ${word.text} is this machine`, {
      effect: 'it sends adverts to itself and takes them for those of another router',
      fix: 'remove it; name only the other routers',
    });
  }
}
