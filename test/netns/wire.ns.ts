/**
 * The same configuration, machines and addresses as when keepalived 2.2.7 was captured, with vipd in its place: the same
 * frames must be on the wire, octet for octet, identification numbers included; but for the IPv6 flow label, which
 * the kernel of the sender chooses.
 * `frames.json`: for each node its adverts in order (the last one is priority 0), and its announcements as rounds.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { toHex } from '../../src/base/bytes.ts';
import { readPcap } from './capture.ts';
import { sleepMs, until } from './clock.ts';
import { CHECKOUT, COMMANDS } from './daemon.ts';
import { describe as describeFrame, field } from './frames.ts';
import { Lab } from './lab.ts';
import { nodeOfMac, pairTopology } from './pair.ts';

const GOLDEN = join(CHECKOUT, 'test/golden/wire');
const NAMES = readdirSync(GOLDEN).sort();
const SECOND_BURST_MS = 5000;
const ETHERTYPE_IPV6 = '86dd';
const vipOf = (name: string): string => (name.includes('ipv6') ? '2001:db8::100' : '192.0.2.100');

type Sent = { readonly kind: string; readonly hex: string; readonly atMs: number };
type Golden = {
  readonly adverts: readonly string[];
  readonly round: readonly string[];
  readonly rounds: number;
};

const folder = mkdtempSync(join(tmpdir(), 'vipd-wire-'));
const played = new Map<string, Record<'a' | 'b', Sent[]>>();

const golden = (name: string): Record<'a' | 'b', Golden> =>
  JSON.parse(readFileSync(join(GOLDEN, name, 'frames.json'), 'utf8')) as Record<'a' | 'b', Golden>;

/** Node a leads for as many adverts as were captured and stops; b takes over and stops. */
async function play(name: string, index: number): Promise<Record<'a' | 'b', Sent[]>> {
  const home = join(folder, name);
  const lab = await Lab.open(`vw${index}`, pairTopology('ab', false), home);
  const file = join(home, 'capture.pcap');
  try {
    // The Router flag of neighbour advertisements follows it.
    if (name.endsWith('-fwd'))
      for (const node of ['a', 'b'] as const)
        await lab.sh(node, 'echo 1 >/proc/sys/net/ipv6/conf/all/forwarding');
    const capture = await lab.capture(file);
    const advertsOf = (node: 'a' | 'b') => sentBy(file, node).filter((f) => f.kind === 'vrrp');
    const a = lab.start('a', COMMANDS.vipd, join(GOLDEN, name, 'a.conf'));
    // Only then: on a busy machine the one with the lower priority may be ready so much earlier that it leads first.
    assert.ok(await until(() => advertsOf('a').length > 0, 20_000), `${name}: a does not become master`);
    const b = lab.start('b', COMMANDS.vipd, join(GOLDEN, name, 'b.conf'));
    const many = golden(name).a.adverts.length - 1;
    assert.ok(await until(() => advertsOf('a').length >= many, 20_000), `${name}: a does not advertise`);
    await sleepMs(300);
    a.signal('SIGTERM');
    assert.ok(await lab.waitAddress('b', vipOf(name), true, 5000), `${name}: b does not take over`);
    await sleepMs(200);
    b.signal('SIGTERM');
    await Promise.all([a.ended(), b.ended()]);
    await capture.stop();
    return { a: sentBy(file, 'a'), b: sentBy(file, 'b') };
  } finally {
    await lab.close();
  }
}

function sentBy(file: string, node: 'a' | 'b'): Sent[] {
  const out: Sent[] = [];
  for (const { atS, bytes } of readPcap(file)) {
    const fields = describeFrame(bytes);
    const kind = fields === undefined ? '' : String(field(fields, 'kind'));
    if (fields === undefined || !['vrrp', 'garp', 'na'].includes(kind)) continue;
    // A solicited one is the kernel's answer to a peer that looks for us.
    if (kind === 'na' && (Number(field(fields, 'na.flags_byte')) & 0x40) !== 0) continue;
    if (nodeOfMac(String(field(fields, 'eth.src'))) === node)
      out.push({ kind, hex: labelless(toHex(bytes)), atMs: atS * 1000 });
  }
  return out;
}

before(async () => {
  await Promise.all(NAMES.map(async (name, i) => void played.set(name, await play(name, i))));
});
after(() => rmSync(folder, { recursive: true, force: true }));

const of = (name: string, node: 'a' | 'b'): Sent[] => played.get(name)?.[node] ?? [];
const hexes = (list: readonly Sent[]): string[] => list.map((f) => f.hex);
/** b has learnt the old form from a: its own adverts follow, where keepalived's do not (docs/compatibility.md). */
const OLD_CHECKSUM = 'v3-ipv4-ucast-old-checksum';
const checksumless = (hex: string): string => `${hex.slice(0, 80)}....${hex.slice(84)}`;

const isIpv6 = (hex: string): boolean => hex.slice(24, 28) === ETHERTYPE_IPV6;
const labelless = (hex: string): string => (isIpv6(hex) ? `${hex.slice(0, 31)}.....${hex.slice(36)}` : hex);
/** Identification and header checksum left out: how many adverts went before depends on the second it was stopped in. */
const timeless = (hex: string): string =>
  isIpv6(hex) ? labelless(hex) : `${hex.slice(0, 36)}....${hex.slice(40, 48)}....${hex.slice(52)}`;

for (const name of NAMES)
  describe(`wire/${name}`, () => {
    it('adverts are those of keepalived, octet for octet', () => {
      const want = golden(name);
      const a = of(name, 'a').filter((f) => f.kind === 'vrrp');
      const whole = want.a.adverts.slice(0, -1).map(labelless);
      assert.deepEqual(hexes(a).slice(0, whole.length), whole);
      assert.equal(timeless(hexes(a).at(-1) ?? ''), timeless(want.a.adverts.at(-1) ?? ''), 'priority 0');
      const b = of(name, 'b').filter((f) => f.kind === 'vrrp');
      if (name === OLD_CHECKSUM)
        assert.equal(checksumless(b[0]?.hex ?? ''), checksumless(want.b.adverts[0] ?? ''));
      else assert.equal(b[0]?.hex, labelless(want.b.adverts[0] ?? ''));
      const last = name === OLD_CHECKSUM ? (hex: string) => checksumless(timeless(hex)) : timeless;
      assert.equal(last(b.at(-1)?.hex ?? ''), last(want.b.adverts.at(-1) ?? ''), 'priority 0 of b');
    });

    it('announcements follow the first advert in the same rounds, the second burst after its delay', () => {
      for (const node of ['a', 'b'] as const) {
        const want = golden(name)[node];
        const frames = of(name, node);
        assert.equal(frames[0]?.kind, 'vrrp', 'the advert goes first');
        const said = frames.filter((f) => f.kind !== 'vrrp');
        const rounds = Array.from({ length: want.rounds }, () => want.round.map(labelless)).flat();
        assert.deepEqual(hexes(said), rounds);
        const size = 5 * want.round.length;
        const second = said[size];
        if (second === undefined) continue;
        const gap = second.atMs - (said[0]?.atMs ?? 0);
        assert.ok(Math.abs(gap - SECOND_BURST_MS) < 150, `second burst after ${gap} ms`);
      }
    });
  });
