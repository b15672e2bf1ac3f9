/** Findings of the loader that point at a block while the mistake is on one line of it: told again at that line. */
import { toHex } from '../../base/bytes.ts';
import { type PlacedAddress, placedAddresses } from './addresses.ts';
import type { Lint, LintInstance } from './input.ts';
import { peerWords, sourceWord, unicastBytes } from './unicast.ts';

export function relocate(l: Lint): void {
  const codes = new Set(l.diagnostics.map((d) => d.code));
  if (codes.has('KA0661')) sharedAddresses(l);
  if (codes.has('KA0627')) ownPeers(l);
  if (codes.has('KA1003')) insecureCommand(l);
}

function sharedAddresses(l: Lint): void {
  const seen = new Map<string, { readonly i: LintInstance; readonly a: PlacedAddress }>();
  for (const d of l.diagnostics) if (d.code === 'KA0661') l.dropped.add(d);
  for (const i of l.instances)
    for (const a of placedAddresses(i)) {
      const key = toHex(a.vip.bytes);
      const first = seen.get(key);
      if (first === undefined) seen.set(key, { i, a });
      else if (first.i !== i)
        l.reporter.report(
          'KA0661',
          a.at,
          `${a.vip.address} is an address of both ${first.i.instance.name} and ${i.instance.name}`,
          {
            related: [{ at: first.a.at, message: `${first.i.instance.name} has it here` }],
            effect: 'whichever leaves MASTER removes the address from the other',
            fix: 'leave it in one of them',
          },
        );
    }
}

function ownPeers(l: Lint): void {
  for (const d of l.diagnostics) if (d.code === 'KA0627') l.dropped.add(d);
  for (const i of l.instances) {
    const source = sourceWord(i.block);
    const bytes = source === undefined ? undefined : unicastBytes(source);
    if (source === undefined || bytes === undefined) continue;
    const key = toHex(bytes);
    const own = peerWords(i.block).find((w) => {
      const peer = unicastBytes(w);
      return peer !== undefined && toHex(peer) === key;
    });
    if (own === undefined || i.instance.unicastPeers.length === 0) continue;
    l.reporter.report(
      'KA0627',
      own.at,
      `(${i.instance.name}) unicast peer ${own.text} is its own source address`,
      {
        related: [{ at: source.at, message: 'the source address' }],
        effect: 'the router sends adverts to itself',
        fix: 'remove it; name only the other routers',
      },
    );
  }
}

/** Without a vrrp_script the loader knows the place of the first command, and not its text. */
function insecureCommand(l: Lint): void {
  const [line] = l.commands.values();
  const at = line?.args[0]?.at;
  if (at === undefined) return;
  for (const d of l.diagnostics) {
    if (d.code !== 'KA1003' || d.at.source.text !== '') continue;
    l.dropped.add(d);
    l.reporter.report('KA1003', at, d.message, {
      ...(d.effect === undefined ? {} : { effect: d.effect }),
      ...(d.fix === undefined ? {} : { fix: d.fix }),
    });
  }
}
