/**
 * Backups whose master somebody else watches. The same seeded histories through plain core and through core with a watchdog that
 * keeps virtual time and takes repeated adverts away give the same transitions, frames, counters, times and log lines.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prng } from '../../../src/base/prng.ts';
import type { InstanceConfig } from '../../../src/config/config.ts';
import type { ReceivedAdvert } from '../../../src/vrrp/accept.ts';
import { advert, config, instanceConfig, link, S, vip } from './fakes.ts';
import { groupConfig } from './group-config.ts';
import { build, hear, type Kind, type Lab } from './virtual-watchdog.ts';

const PERMISSIVE = {
  keys: [{ id: 1, secret: new Uint8Array(32) }],
  activeKey: 1,
  mode: 'permissive',
  timeWindowS: 2,
  antiReplay: 'time',
} as never;

/** What an onlooker sees of the instances. */
function picture({ w }: Lab): string {
  return w.core
    .snapshot()
    .instances.map((i) =>
      JSON.stringify([
        w.nowUs,
        i.state,
        i.effectivePriority,
        i.masterDownInUs,
        i.masterAdverIntUs,
        i.peer,
        i.lastTransition,
        i.counters,
      ]),
    )
    .join(' ');
}

const asVersion = (version: 2 | 3, p: ReceivedAdvert): ReceivedAdvert =>
  p.decoded.ok ? { ...p, decoded: { ok: true, value: { ...p.decoded.value, version } } } : p;

/** One random history. A fresh packet object each time, as from a socket. */
function history(seed: number, instances: readonly InstanceConfig[], kind: Kind): string[] {
  const random = prng(seed);
  const below = (n: number): number => Math.floor(random() * n);
  // More than one: a sync group.
  const more = instances.length > 1 ? { groups: [groupConfig(instances.map((i) => i.name))] } : {};
  const lab = build(instances, kind, more);
  const { w } = lab;
  w.start();
  const out: string[] = [];
  const intervalUs = instances[0]?.adverIntUs ?? S;
  const one = () => {
    const [priority, from, interval] = [
      [0, 50, 100, 200, 200, 255][below(6)] as number,
      20 + below(2),
      below(8) === 0 ? 2 * intervalUs : intervalUs,
    ];
    const of = instances[instances.length > 1 ? below(instances.length) : 0] as InstanceConfig;
    return () => asVersion(of.version, advert(priority, { from, interval, vrid: of.vrid }));
  };
  for (let i = 0; i < 40; i++) {
    const what = below(12);
    if (what < 6) {
      // A master that repeats itself; now and then with a pause, or somebody in between.
      const next = one();
      for (let n = below(12); n >= 0; n--) {
        hear(lab, next());
        if (below(15) === 0) hear(lab, one()());
        w.pass(below(20) === 0 ? below(5 * intervalUs) : intervalUs);
        if (below(4) === 0) out.push(picture(lab));
      }
    } else if (what < 8) hear(lab, one()());
    else if (what === 8) w.pass(below(5 * intervalUs));
    else if (what === 9)
      w.setLink(below(2) === 0 ? link('eth0', 2, below(3) !== 0) : link('eth1', 3, below(2) !== 0));
    else if (what === 10) {
      if (below(3) === 0) w.core.clearCounters();
      else w.core.beat();
    } else {
      const priority = 90 + below(120);
      w.core.reload(
        config(
          instances.map((c) => (c.priority === 255 ? c : { ...c, priority })),
          more,
        ),
        {
          errors: 0,
          warnings: 0,
        },
      );
    }
    out.push(picture(lab));
  }
  if (kind === 'watched' && (lab.dog?.taken ?? 0) === 0) out.push('nothing was watched');
  // What two instances do in the same microsecond has no order.
  const ordered = (list: readonly string[]) => (instances.length > 1 ? [...list].sort() : list);
  return [...out, ...ordered(w.done), ...w.sentAtUs.map((atUs) => `sent at ${atUs}`), ...ordered(w.log)];
}

describe('core/watching: with and without', () => {
  const plain = instanceConfig();
  const configs: Readonly<Record<string, readonly InstanceConfig[]>> = {
    'v2, 1 s': [plain],
    'v3, 50 ms': [instanceConfig({ version: 3, adverIntUs: 50_000 })],
    'priority by tracking': [
      instanceConfig({
        priority: 150,
        trackInterfaces: [{ interface: 'eth1', weight: -80, reverse: false }],
      }),
    ],
    'a sync group': [plain, instanceConfig({ name: 'VI_2', vrid: 52 })],
    nopreempt: [instanceConfig({ preempt: false })],
    preempt_delay: [instanceConfig({ preemptDelayUs: 7 * S })],
    owner: [instanceConfig({ priority: 255 })],
    'down_timer_adverts 1': [instanceConfig({ downTimerAdverts: 1 })],
    'skip_check_adv_addr and another list': [
      instanceConfig({ skipCheckAdvAddr: true, vips: [vip(101)], priority: 30 }),
    ],
  };
  for (const [name, instances] of Object.entries(configs))
    it(`${name}: 60 histories are the same`, () => {
      let idle = 0;
      for (let seed = 1; seed <= 60; seed++) {
        const watched = history(seed, instances, 'watched');
        const at = watched.indexOf('nothing was watched');
        if (at >= 0) {
          idle++;
          watched.splice(at, 1);
        }
        assert.deepEqual(watched, history(seed, instances, 'plain'), `SEED=${seed}`);
      }
      assert.ok(name === 'owner' || idle < 30, `in ${idle} of 60 nothing was watched`);
    });
});

/** BACKUP under a master of priority 200 that has been heard twice. */
const followed = (change: Partial<InstanceConfig> = {}) => {
  const lab = build([instanceConfig(change)], 'watched');
  const { w, dog } = lab;
  assert.ok(dog);
  w.start();
  hear(lab, advert(200));
  w.pass(S);
  hear(lab, advert(200));
  assert.equal(dog.taken, 1, 'the second one is noted');
  return { lab, w, dog };
};

/** How often core is woken from now on. */
function wakesOf(w: Lab['w']): () => number {
  let wakes = 0;
  const { wake } = w.core;
  w.core.wake = (dueUs) => {
    wakes++;
    wake.call(w.core, dueUs);
  };
  return () => wakes;
}

describe('core/watching', () => {
  it('this thread has nothing to do', () => {
    const { lab, w } = followed();
    const wakes = wakesOf(w);
    for (let i = 0; i < 100; i++) {
      hear(lab, advert(200));
      w.pass(S);
    }
    assert.equal(wakes(), 0);
    const i = w.core.snapshot().instances[0];
    assert.deepEqual([i?.state, i?.counters.advertsReceived, i?.peer.lastAdvertAgoUs], ['backup', 102, S]);
  });

  it('nor with a hundred instances', () => {
    const names = Array.from({ length: 100 }, (_, n) => n + 1);
    const lab = build(
      names.map((n) => instanceConfig({ name: `V_${n}`, vrid: n, vips: [vip(100)] })),
      'watched',
    );
    const { w } = lab;
    w.start();
    const wakes = wakesOf(w);
    for (let round = 0; round < 20; round++)
      for (const n of names) {
        hear(lab, advert(200, { vrid: n }));
        w.pass(S / 100);
      }
    const { instances } = w.core.snapshot();
    assert.ok(instances.every((i) => i.state === 'backup' && i.counters.advertsReceived === 20));
    assert.equal(wakes(), 0);
    w.pass(4 * S);
    assert.ok(w.core.snapshot().instances.every((i) => i.state === 'master'));
    assert.ok(wakes() > 0);
  });

  it('where there is no room for its vigil this thread looks by itself', () => {
    const lab = build([instanceConfig()], 'watched');
    const { w, dog } = lab;
    assert.ok(dog);
    dog.mostVigils = 0;
    w.start();
    const wakes = wakesOf(w);
    for (let i = 0; i < 20; i++) {
      hear(lab, advert(200));
      w.pass(S);
    }
    assert.ok(dog.taken > 0 && wakes() > 0);
    assert.deepEqual([w.state(), w.core.snapshot().instances[0]?.counters.advertsReceived], ['backup', 20]);
    w.pass(4 * S);
    assert.equal(w.state(), 'master');
  });

  it('it sleeps for 20 s while the master goes on: nothing happens', () => {
    const { lab, w } = followed();
    for (let i = 0; i < 20; i++) {
      w.nowUs += S;
      hear(lab, advert(200));
    }
    w.stall(S / 2);
    assert.equal(w.state(), 'backup');
    const down = w.core.snapshot().instances[0]?.masterDownInUs ?? 0;
    assert.equal(down, 3 * S + 609_375 - S / 2, 'from the last advert on');
    assert.equal(w.core.snapshot().instances[0]?.counters.advertsReceived, 22);
  });

  it('it sleeps and the master dies meanwhile: one chance more, then it takes over', () => {
    const { w } = followed();
    w.stall(20 * S);
    assert.equal(w.state(), 'backup', 'who slept may have missed something');
    w.pass(3 * S);
    assert.equal(w.state(), 'master');
  });

  it('a chance that was given is new after each noted advert', () => {
    const { lab, w } = followed();
    for (let round = 0; round < 3; round++) {
      w.stall(20 * S);
      assert.equal(w.state(), 'backup', `round ${round}`);
      hear(lab, advert(200));
      w.pass(S);
      hear(lab, advert(200));
    }
  });
});

describe('core/watching: in the very moment', () => {
  it('an advert that comes between the last look and the take-over prevents it', () => {
    const { w, dog } = followed();
    dog.racing = 'now';
    w.pass(3_700_000);
    assert.equal(w.state(), 'backup');
    assert.ok(!w.log.some((l) => /MASTER/.test(l)));
    w.pass(3_700_000);
    assert.equal(w.state(), 'master');
  });

  it('an advert that is noted while we take over is judged a moment later', () => {
    const { w, dog } = followed();
    dog.racing = 'later';
    w.pass(3_700_000);
    assert.equal(w.state(), 'master');
    assert.ok(dog.late);
    dog.stamp(dog.late);
    w.pass(S / 2);
    assert.equal(w.state(), 'backup');
    assert.equal(w.core.snapshot().instances[0]?.counters.advertsReceived, 3);
    w.pass(S);
    assert.equal(w.core.snapshot().instances[0]?.counters.advertsReceived, 3, 'once');
  });

  it('one that is noted while another advert takes its place counts, and prolongs nothing', () => {
    const { lab, w, dog } = followed();
    w.pass(S);
    hear(lab, advert(250, { from: 30 }));
    const before = w.core.snapshot().instances[0];
    const [now] = dog.entries.values();
    assert.ok(now);
    now.count++;
    now.lastUs = w.nowUs - 1;
    const after = w.core.snapshot().instances[0];
    assert.equal(after?.counters.advertsReceived, (before?.counters.advertsReceived ?? 0) + 1);
    assert.deepEqual([after?.peer, after?.masterDownInUs], [before?.peer, before?.masterDownInUs]);
  });
});

describe('core/watching: what ends it', () => {
  const watched = (dog: { entries: Map<number, { octets: string }> }): boolean =>
    [...dog.entries.values()].some((e) => e.octets !== '');
  const begin = (change: Partial<InstanceConfig> = {}) => {
    const lab = build([instanceConfig(change)], 'watched');
    lab.w.start();
    hear(lab, advert(200));
    assert.ok(lab.dog);
    return { lab, w: lab.w, dog: lab.dog };
  };

  it('a reload, before the first step of it gives way to anything', () => {
    const { w, dog } = begin();
    assert.ok(watched(dog));
    const work = w.core.reloading(config([instanceConfig({ adverIntUs: 2 * S })]), {
      errors: 0,
      warnings: 0,
    });
    for (let i = 0; i < 100 && !w.core.config.instances.some((x) => x.adverIntUs === 2 * S); i++) work.next();
    assert.ok(!watched(dog), 'its rules have changed');
  });

  it('another VRID of the same number on the socket', () => {
    const unicast = (name: string, peer: number) =>
      instanceConfig({
        name,
        unicastPeers: [
          {
            address: `192.0.2.${peer}`,
            bytes: Uint8Array.of(192, 0, 2, peer),
            minTtl: 0,
            maxTtl: 255,
            ttlGiven: false,
          },
        ] as never,
      });
    const lab = build([unicast('A', 20), unicast('B', 21)], 'watched');
    lab.w.start();
    const packet = { ...advert(200), multicast: false, destination: '192.0.2.10' };
    assert.ok(lab.dog);
    lab.dog.last = packet;
    lab.w.core.onAdvert('ipv4 eth0 2 unicast 192.0.2.10', packet);
    assert.equal(lab.w.core.snapshot().instances[0]?.counters.advertsReceived, 1);
    assert.ok(!watched(lab.dog));
  });

  for (const [name, change, packet] of [
    ['priority 0', {}, advert(0)],
    ['a lower priority', {}, advert(50)],
    ['a warning', { vips: [vip(101)] }, advert(200)],
    ['a rejection', {}, { ...advert(200), ttl: 254 }],
    ['one that might be signed', { hmac: PERMISSIVE }, advert(200)],
  ] as const)
    it(`nothing is watched after ${name}`, () => {
      const lab = build([instanceConfig(change)], 'watched');
      lab.w.start();
      hear(lab, packet);
      assert.ok(lab.dog);
      assert.ok(!watched(lab.dog));
      assert.equal(lab.dog.entries.size, 0);
    });

  it('a rejected packet does not end it', () => {
    const { lab, dog } = begin();
    hear(lab, { ...advert(200), ttl: 254 });
    assert.ok(watched(dog));
  });
});
