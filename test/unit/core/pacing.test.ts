/**
 * Masters whose adverts the pacer repeats. The same seeded histories through plain core and through core with a pacer that
 * keeps virtual time give the same adverts at the same times, the same transitions and the same counters.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { prng } from '../../../src/base/prng.ts';
import type { Config, InstanceConfig } from '../../../src/config/config.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { LastWill, PacerPort, Repetition } from '../../../src/ports/pacer.ts';
import { memoryMachine } from '../config/machine.ts';
import { advert, config, instanceConfig, link, S, World } from './fakes.ts';

type Entry = { what: Repetition | undefined; nextAtUs: number; sent: number };

/** The thread in virtual time: what it has sent is worked out whenever somebody asks. */
class VirtualPacer implements PacerPort {
  readonly #world: World;
  readonly entries = new Map<number, Entry>();
  /** Of those that are not repeated. */
  readonly wills = new Map<number, LastWill>();
  /** 'time priority' of each advert. */
  readonly log: { readonly atUs: number; readonly priority: number }[] = [];
  leaseUs: number = Number.POSITIVE_INFINITY;
  lost = false;
  renewedUs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Sends what is due until now, each at its time. */
  #run(e: Entry): void {
    while (e.what !== undefined && e.nextAtUs <= this.#world.nowUs) {
      this.log.push({ atUs: e.nextAtUs, priority: e.what.advert.priority });
      e.sent += e.what.advert.destinations.length;
      e.nextAtUs += e.what.intervalUs;
    }
  }

  repeat(id: number, what: Repetition): boolean {
    const e = this.entries.get(id) ?? { what: undefined, nextAtUs: 0, sent: 0 };
    this.#run(e);
    e.what = what;
    e.nextAtUs = what.nextAtUs;
    this.entries.set(id, e);
    return true;
  }
  guard(id: number, will: LastWill): boolean {
    this.wills.set(id, will);
    return true;
  }
  cease(id: number): void {
    this.wills.delete(id);
    const e = this.entries.get(id);
    if (e === undefined) return;
    this.#run(e);
    e.what = undefined;
  }
  progress(id: number) {
    const e = this.entries.get(id);
    if (e !== undefined) this.#run(e);
    return { sent: e?.sent ?? 0, failed: 0, error: '', nextAtUs: e?.nextAtUs ?? 0 };
  }
  forget(id: number): void {
    this.cease(id);
    this.entries.delete(id);
  }
  renew(nowUs: number): boolean {
    const held = nowUs - this.renewedUs <= this.leaseUs;
    this.renewedUs = nowUs;
    if (held) return true;
    for (const id of [...this.entries.keys(), ...this.wills.keys()]) this.cease(id);
    return false;
  }
  longestDelayUs(): number {
    return 0;
  }
}

type Kind = 'plain' | 'paced';

function build(instance: InstanceConfig, kind: Kind): { w: World; pacer: VirtualPacer | undefined } {
  let pacer: VirtualPacer | undefined;
  const make = (world: World): PacerPort => {
    pacer = new VirtualPacer(world);
    return pacer;
  };
  const w = new World(config([instance]), true, kind === 'paced' ? make : undefined);
  return { w, pacer };
}

/** One random history; what an onlooker sees of it. */
function history(seed: number, instance: InstanceConfig, kind: Kind): string[] {
  const random = prng(seed);
  const below = (n: number): number => Math.floor(random() * n);
  const { w, pacer } = build(instance, kind);
  w.start();
  const out: string[] = [];
  for (let i = 0; i < 60; i++) {
    const what = below(10);
    if (what < 5) w.pass(below(3) === 0 ? below(6_000_000) : below(400_000));
    else if (what < 7) w.hear(advert([0, 50, 100, 200, 255][below(5)] as number));
    else if (what === 7) w.setLink(link('eth0', 2, below(4) !== 0));
    else if (what === 8) w.pass(1);
    else w.core.reload(config([{ ...instance, priority: 90 + below(30) }]), { errors: 0, warnings: 0 });
    const i0 = w.core.snapshot().instances[0];
    out.push(`${w.nowUs} ${i0?.state} ${i0?.effectivePriority} sent ${i0?.counters.advertsSent}`);
  }
  const byThread = pacer?.log ?? [];
  const adverts = [
    ...w.sent.map((a, i) => ({ atUs: w.sentAtUs[i] as number, priority: a.priority })),
    ...byThread,
  ].sort((a, b) => a.atUs - b.atUs || a.priority - b.priority);
  if (kind === 'paced' && byThread.length === 0 && out.filter((l) => / master /.test(l)).length > 30)
    out.push('the pacer did nothing');
  return [...out, ...adverts.map((a) => `advert ${a.priority} at ${a.atUs}`)];
}

describe('core/pacing: with and without', () => {
  const instances: Readonly<Record<string, InstanceConfig>> = {
    'v2, 1 s': instanceConfig(),
    'v3, 50 ms': instanceConfig({ version: 3, adverIntUs: 50_000 }),
    'nopreempt, refresh': instanceConfig({
      preempt: false,
      garp: { ...instanceConfig().garp, refreshUs: 3 * S },
    }),
    owner: instanceConfig({ priority: 255 }),
    timer_expired_backup: instanceConfig({ preempt: false, timerExpiredPriority: 254 }),
  };
  for (const [name, instance] of Object.entries(instances))
    it(`${name}: 60 histories are the same`, () => {
      for (let seed = 1; seed <= 60; seed++)
        assert.deepEqual(history(seed, instance, 'paced'), history(seed, instance, 'plain'), `SEED=${seed}`);
    });
});

const owner = instanceConfig({ priority: 255 });
const run = () => {
  const { w, pacer } = build(owner, 'paced');
  assert.ok(pacer);
  w.start();
  w.pass(10_000);
  return { w, pacer };
};

describe('core/pacing', () => {
  it('while it is quiet this thread has nothing to do until the next burst', () => {
    const { w } = run();
    assert.equal(w.armedAtUs - w.nowUs > 4 * S, true, `${w.armedAtUs - w.nowUs}`);
    const before = w.sent.length;
    w.stall(20 * S);
    assert.equal(w.sent.length, before, 'the adverts are not its business');
    assert.equal(w.core.snapshot().instances[0]?.counters.advertsSent, before + 20);
  });

  it('a pacer that is late is not helped: the advert would go out twice', () => {
    const { w, pacer } = run();
    const burstAtUs = w.armedAtUs;
    pacer.progress = () => ({ sent: 5, failed: 0, error: '', nextAtUs: burstAtUs - 3000 });
    // Nor is its repetition replaced: it may be sending at this moment, and would begin again with the same advert.
    pacer.repeat = () => assert.fail('begun anew');
    const before = w.sent.length;
    w.stall(burstAtUs - w.nowUs);
    assert.equal(w.done.filter((d) => d.startsWith('garp')).length, 2, 'it was the second burst');
    assert.equal(w.sent.length, before);
  });

  it('nothing is repeated behind priority 0', () => {
    const { w, pacer } = run();
    w.pass(3 * S);
    w.stop();
    const zeroAtUs = w.sentAtUs.at(-1) as number;
    assert.equal(w.sent.at(-1)?.priority, 0);
    w.pass(5 * S);
    assert.ok(pacer.log.every((a) => a.atUs <= zeroAtUs));
    assert.ok([...pacer.entries.values()].every((e) => e.what === undefined));
  });

  it('the last will says priority 0 and names the addresses', () => {
    const { pacer } = run();
    const [entry] = pacer.entries.values();
    assert.equal(entry?.what?.resignation?.priority, 0);
    assert.deepEqual(
      entry?.what?.addresses.map((a) => a.bytes.join('.')),
      ['192.0.2.100'],
    );
  });
});

describe('core/pacing: routes and rules in the last will', () => {
  it('those that are held, rules first', () => {
    const parsed = loadConfig(
      '/c',
      memoryMachine({
        '/c': 'static_routes {\n203.0.113.0/24 dev eth0\n203.0.114.0/24 dev eth0\n}\nstatic_rules {\nfrom 203.0.113.0/24 table 100 priority 1000\n}\n',
      }),
    ).config as Config;
    const { w, pacer } = build({ ...owner, routes: parsed.staticRoutes, rules: parsed.staticRules }, 'paced');
    w.refused.set('route 203.0.114.0/24', 'EINVAL');
    w.start();
    w.pass(10_000);
    const [entry] = pacer?.entries.values() ?? [];
    assert.deepEqual(
      entry?.what?.routing.map((r) => r.type),
      [33, 25],
    );
  });
});

describe('core/pacing: what changes it', () => {
  it('after a lost lease it is BACKUP before it believes or says anything', () => {
    const { w, pacer } = run();
    pacer.leaseUs = 3 * S;
    pacer.renewedUs = w.nowUs;
    w.nowUs += 10 * S; // hung
    const before = w.sent.length;
    w.hear(advert(100));
    assert.equal(w.state(), 'backup');
    assert.equal(w.sent.length, before, 'a lower advert is not answered any more');
    assert.match(w.log.join('\n'), /this process hung/);
    assert.match(w.log.join('\n'), /MASTER -> BACKUP: this process hung/);
    w.pass(4 * S);
    assert.equal(w.state(), 'master', 'and it may come back');
  });

  it('a reload that changes the advert changes what is repeated, at once', () => {
    const { w, pacer } = run();
    const next = instanceConfig({
      priority: 255,
      vips: [
        ...owner.vips,
        {
          ...(owner.vips[0] as never as object),
          address: '192.0.2.101',
          bytes: Uint8Array.of(192, 0, 2, 101),
        } as never,
      ],
    });
    w.core.reload(config([next]), { errors: 0, warnings: 0 });
    const [entry] = pacer.entries.values();
    assert.equal(entry?.what?.advert.addresses.length, 2);
  });

  it('signed adverts, whose octets change, come from this thread', () => {
    const hmac = { keys: [] } as never;
    const { w, pacer } = build({ ...owner, hmac }, 'paced');
    w.start();
    w.pass(5 * S);
    assert.equal(pacer?.entries.size, 0);
    assert.ok(w.sent.length >= 5);
  });
});

describe('core/pacing: masters that send by themselves', () => {
  it('what the pacer refuses to repeat comes from this thread, and its last will is kept', () => {
    const { w, pacer } = build(owner, 'paced');
    assert.ok(pacer);
    pacer.repeat = () => false;
    w.start();
    w.pass(5 * S);
    assert.ok(w.sent.length >= 5);
    const [will] = pacer.wills.values();
    assert.equal(will?.resignation?.priority, 0);
    assert.equal(will?.addresses.length, 1);
  });

  it('signed: the addresses are in a last will, and AH can say priority 0 in advance', () => {
    const willOf = (change: Partial<InstanceConfig>) => {
      const { w, pacer } = build({ ...owner, ...change }, 'paced');
      w.start();
      w.pass(5 * S);
      const [will] = pacer?.wills.values() ?? [];
      return { w, pacer, will };
    };
    const signed = willOf({ hmac: { keys: [] } as never });
    assert.deepEqual(
      signed.will?.addresses.map((a) => a.bytes.join('.')),
      ['192.0.2.100'],
    );
    assert.equal(signed.will?.resignation, undefined);
    const { w, pacer, will } = willOf({ authentication: { type: 'ah', data: new Uint8Array(8) } });
    assert.equal(will?.resignation?.priority, 0);
    const ahead = will?.resignation?.signature;
    assert.ok(pacer);
    pacer.leaseUs = 3 * S;
    pacer.renewedUs = w.nowUs;
    w.nowUs += 10 * S; // hung
    w.hear(advert(100));
    assert.equal(w.state(), 'backup');
    assert.equal(pacer.wills.size, 0);
    w.pass(8 * S);
    const next = w.sent.at(-1)?.signature;
    assert.ok(
      ahead?.type === 'ah' && next?.type === 'ah' && next.sequence > ahead.sequence,
      'peers would drop it',
    );
  });
});
