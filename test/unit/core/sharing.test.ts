/** Receive sockets that instances share: which VRIDs they let in, how much room they are given, who is told of strangers. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { advert, config, instanceConfig, S, World } from './fakes.ts';

const KEY = 'ipv4 eth0 2 multicast 224.0.0.18';
const pair = [instanceConfig(), instanceConfig({ name: 'VI_2', vrid: 52 })];

it('core/sharing: the VRIDs of all, and the sum of what each asks for', () => {
  const plain = config(pair);
  const w = new World(plain);
  w.start();
  assert.deepEqual(w.shared.get(KEY), { vrids: [51, 52], receiveBufferBytes: 0 });
  const adverts = { policy: 'mtu', bytes: 0, multiplier: 3 } as const;
  const global = { ...plain.global, buffers: { ...plain.global.buffers, adverts } };
  const sized = config([
    pair[0] as never,
    instanceConfig({ name: 'VI_2', vrid: 52, receiveBufferBytes: 65_536 }),
  ]);
  w.core.reload({ ...sized, global }, { errors: 0, warnings: 0 });
  assert.equal(w.shared.get(KEY)?.receiveBufferBytes, 65_536 + 3 * 1500);
  const byAdvert = {
    ...global,
    buffers: { ...global.buffers, adverts: { policy: 'advert', bytes: 0, multiplier: 10 } as const },
  };
  w.core.reload({ ...plain, global: byAdvert }, { errors: 0, warnings: 0 });
  assert.equal(w.shared.get(KEY)?.receiveBufferBytes, 2 * 10 * 40);
});

it('core/sharing: at a start each socket is told once of all who share it', () => {
  const names = Array.from({ length: 50 }, (_, i) => instanceConfig({ name: `V_${i}`, vrid: 1 + i }));
  const w = new World(config(names));
  let told = 0;
  const set = w.shared.set.bind(w.shared);
  w.shared.set = (key, asked) => {
    told++;
    return set(key, asked);
  };
  w.start();
  // What it was opened with, and what all ask of it.
  assert.ok(told <= 2, `${told}`);
  assert.equal(w.shared.get(KEY)?.vrids.length, 50);
});

it("core/sharing: 'log_unknown_vrids' lets all in and says each stranger once in a while; a reload switches it", () => {
  const plain = config(pair);
  const loud = { ...plain, global: { ...plain.global, logUnknownVrids: true } };
  const w = new World(plain);
  w.start();
  const stranger = { ...advert(100), vrid: 77 };
  w.hear(stranger);
  assert.doesNotMatch(w.log.join('\n'), /unknown VRID/);
  w.core.reload(loud, { errors: 0, warnings: 0 });
  assert.equal(w.shared.get(KEY)?.vrids.length, 256);
  w.hear(stranger);
  w.hear(stranger);
  assert.equal(w.log.join('\n').match(/unknown VRID 77 from 192\.0\.2\.20/g)?.length, 1);
  w.pass(61 * S);
  w.hear(stranger);
  assert.equal(w.log.join('\n').match(/unknown VRID 77/g)?.length, 2);
});
