/**
 * When gratuitous ARP leaves, counted on the wire: bursts, refresh, the gap within an interface and within a group, and the
 * extra interfaces. Root, in a sandbox (test/run.ts). VIPD_LAB_KIND=keepalived runs Debian's daemon instead, for comparison.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { readPcap } from './capture.ts';
import { sleepMs, until } from './clock.ts';
import { COMMANDS } from './daemon.ts';
import { field, describe as fieldsOf } from './frames.ts';
import { Lab } from './lab.ts';
import { pairTopology } from './pair.ts';

const KIND = process.env['VIPD_LAB_KIND'] === 'keepalived' ? 'keepalived' : 'vipd';
const folder = mkdtempSync(join(tmpdir(), 'vipd-garp-'));
let lab: Lab;
let runs = 0;

before(async () => {
  lab = await Lab.open('vg', pairTopology('a', true), folder);
});
after(async () => {
  await lab.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Milliseconds since the first gratuitous ARP on either bridge. */
type Seen = { readonly ms: number; readonly address: string };

/** Runs one daemon for `seconds` from its mastership on. VIPs: .100 on eth0, 198.51.100.100 on eth1. */
async function watched(seconds: number, global: string, instance: string): Promise<readonly Seen[]> {
  const name = String(++runs);
  const conf = join(folder, `${name}.conf`);
  const log = join(folder, `${name}.log`);
  writeFileSync(
    conf,
    `${global}
vrrp_instance VI_1 {
    interface eth0
    virtual_router_id 51
    version 3
    priority 255
    advert_int 0.5
    ${instance}
    virtual_ipaddress {
        192.0.2.100/24
        198.51.100.100/24 dev eth1
    }
}
`,
  );
  const captures = await Promise.all(
    ['br0', 'br1'].map((b) => lab.capture(join(folder, `${name}-${b}.pcap`), b, 'arp')),
  );
  const daemon = lab.start('a', COMMANDS[KIND], conf, log);
  const said = (): string => readFileSync(log, 'utf8');
  assert.ok(await until(() => said().includes('Entering MASTER STATE'), 8000), said());
  await sleepMs(seconds * 1000);
  for (const c of captures) await c.stop();
  daemon.signal('SIGTERM');
  assert.ok(await daemon.ended());
  const frames = ['br0', 'br1'].flatMap((b) =>
    readPcap(join(folder, `${name}-${b}.pcap`)).map((p) => ({
      atS: p.atS,
      address: String(field(fieldsOf(p.bytes) ?? {}, 'arp.spa') ?? ''),
    })),
  );
  const ours = frames
    .filter((f) => f.address.endsWith('.100') && f.address.split('.').length === 4)
    .sort((x, y) => x.atS - y.atS);
  const firstS = ours[0]?.atS ?? 0;
  return ours.map((f) => ({ ms: (f.atS - firstS) * 1000, address: f.address }));
}

const on = (list: readonly Seen[], start: string): readonly Seen[] =>
  list.filter((s) => s.address.startsWith(start));
const gaps = (list: readonly Seen[]): number[] => list.slice(1).map((s, i) => s.ms - (list[i]?.ms ?? 0));
/** How many frames began within ±`slackMs` of each instant. */
const at = (list: readonly Seen[], instants: readonly number[], slackMs = 450): number[] =>
  instants.map((ms) => list.filter((s) => Math.abs(s.ms - ms) < slackMs).length);

it('bursts, the second one and the refresh', async (t) => {
  const seen = await watched(
    5.7,
    '',
    'garp_master_repeat 3\ngarp_master_delay 1\ngarp_master_refresh 2\ngarp_master_refresh_repeat 2',
  );
  t.diagnostic(JSON.stringify(seen));
  // keepalived 2.4.3 counts the refresh from the second burst; 2.2.7 from the first.
  const want = KIND === 'vipd' ? [3, 3, 0, 2, 0, 2] : [3, 3, 2, 0, 2, 0];
  for (const net of ['192.', '198.'])
    assert.deepEqual(at(on(seen, net), [0, 1000, 2000, 3000, 4000, 5000]), want);
});

it('vrrp_garp_interval: each interface keeps its own gap', async (t) => {
  const seen = await watched(
    2.5,
    'global_defs {\nvrrp_garp_interval 0.3\n}\n',
    'garp_master_repeat 3\ngarp_master_delay 0',
  );
  t.diagnostic(JSON.stringify(seen));
  for (const net of ['192.', '198.']) {
    const mine = on(seen, net);
    assert.equal(mine.length, 3);
    assert.ok(
      gaps(mine).every((g) => g > 290),
      `gaps ${gaps(mine)}`,
    );
  }
  assert.ok((on(seen, '198.')[0]?.ms ?? 0) < 200, 'one does not wait for the other');
});

it('garp_group: its interfaces share one gap', async (t) => {
  const seen = await watched(
    3,
    'garp_group {\ngarp_interval 0.3\ninterfaces {\neth0\neth1\n}\n}\n',
    'garp_master_repeat 3\ngarp_master_delay 0',
  );
  t.diagnostic(JSON.stringify(seen));
  assert.equal(seen.length, 6);
  assert.ok(
    gaps(seen).every((g) => g > 290),
    `gaps ${gaps(seen)}`,
  );
  assert.deepEqual(
    seen.map((s) => s.address.slice(0, 3)),
    ['192', '198', '192', '198', '192', '198'],
    'taking turns',
  );
});

it('garp_extra_if: one frame on the other interface each second; without all only on virtual-MAC ones', async (t) => {
  const quiet = 'garp_master_repeat 1\ngarp_master_delay 0';
  const seen = await watched(3.5, '', `${quiet}\ngarp_extra_if all 1`);
  t.diagnostic(JSON.stringify(seen));
  assert.deepEqual(at(on(seen, '198.'), [0, 1000, 2000, 3000]), [1, 1, 1, 1]);
  assert.equal(on(seen, '192.').length, 1);
  const none = await watched(2, 'global_defs {\nvrrp_garp_extra_if 1\n}\n', quiet);
  assert.equal(none.length, 2);
});
