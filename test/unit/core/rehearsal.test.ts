/** A backup goes through its take-over shortly before the time: nobody sees anything of it, and whether the time has come is judged after it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LEAD_US } from '../../../src/core/stalls.ts';
import { advert, config, instanceConfig, S, vip, World } from './fakes.ts';
import { build, hear } from './virtual-watchdog.ts';

const DOWN_US = 3 * S + 609_375;
/** A world whose clock moves while it stands by; and for how long it did. */
function awake(w: World): number[] {
  const stood: number[] = [];
  w.standBy = (untilUs) => {
    stood.push(untilUs - w.nowUs);
    w.nowUs = untilUs;
  };
  return stood;
}

describe('core/rehearsal', () => {
  it('is over at the deadline, and then the backup is master: one advert, at the microsecond', () => {
    const w = new World(config([instanceConfig()]));
    const stood = awake(w);
    w.start();
    const deadlineUs = w.nowUs + DOWN_US;
    w.pass(DOWN_US - LEAD_US - 1);
    assert.deepEqual([stood, w.state()], [[], 'backup']);
    w.pass(1);
    assert.deepEqual([stood, w.state()], [[LEAD_US], 'master']);
    assert.deepEqual(w.sentAtUs, [deadlineUs]);
    assert.deepEqual(w.prepared.at(-1), w.sent[0], 'what was prepared');
    assert.equal(w.core.snapshot().instances[0]?.counters.advertsSent, 1);
  });

  it('leaves nothing behind when the clock does not move meanwhile', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.pass(DOWN_US - 1);
    const before = [...w.done];
    assert.deepEqual([w.state(), w.sentAtUs, w.log.filter((l) => /MASTER/.test(l))], ['backup', [], []]);
    w.pass(1);
    assert.equal(w.state(), 'master');
    assert.ok(w.done.length > before.length);
  });

  it('an advert that comes until the last moment counts', () => {
    const w = new World(config([instanceConfig()]));
    w.start();
    w.standBy = (untilUs) => {
      w.nowUs = untilUs - 1;
      w.waiting.push(advert(200));
      w.nowUs = untilUs;
    };
    w.pass(DOWN_US);
    assert.equal(w.state(), 'backup');
    assert.deepEqual(w.sentAtUs, []);
    w.standBy = () => {};
    w.pass(DOWN_US);
    assert.equal(w.state(), 'master');
  });

  it('behind a flood there is none: what waits is read once, in parts, as ever', () => {
    const w = new World(config([instanceConfig()]));
    const stood = awake(w);
    w.start();
    w.reading.budget = 2;
    for (let i = 0; i < 200; i++) w.waiting.push(advert(50));
    w.pass(DOWN_US - LEAD_US);
    assert.deepEqual([w.waiting.length, stood, w.state()], [198, [], 'backup']);
    w.pass(S);
    assert.equal(w.state(), 'master');
  });

  it('an advert that waits already ends it', () => {
    const w = new World(config([instanceConfig()]));
    const stood = awake(w);
    w.start();
    w.waiting.push(advert(200));
    w.pass(DOWN_US);
    assert.deepEqual([w.state(), stood], ['backup', []]);
  });
});

describe('core/rehearsal: of whom', () => {
  it('one for all that fall silent together', () => {
    const names = Array.from({ length: 50 }, (_, n) => n + 1);
    const w = new World(
      config(names.map((n) => instanceConfig({ name: `V_${n}`, vrid: n, vips: [vip(100)] }))),
    );
    const stood = awake(w);
    w.start();
    for (const n of names) {
      w.hear(advert(200, { vrid: n }));
      w.pass(10_000);
    }
    w.pass(DOWN_US);
    assert.ok(names.every((n) => w.state(`V_${n}`) === 'master'));
    assert.equal(stood.length, 1);
  });

  it('a master whose watch is ended for it is heard, and watched again', () => {
    const lab = build([instanceConfig()], 'watched');
    const { w, dog } = lab;
    assert.ok(dog);
    w.start();
    hear(lab, advert(200));
    w.pass(S);
    hear(lab, advert(200));
    // Something else wakes core within the lead: the master is late, not dead.
    w.pass(DOWN_US - LEAD_US + 1000);
    w.core.wake(w.nowUs);
    const { taken } = dog;
    hear(lab, advert(200));
    assert.equal(dog.taken, taken, 'it came to core');
    w.pass(S);
    hear(lab, advert(200));
    assert.equal(dog.taken, taken + 1);
    w.pass(DOWN_US - 1);
    assert.equal(w.state(), 'backup');
    w.pass(1);
    assert.equal(w.state(), 'master');
  });

  it('a master is not woken early for its adverts', () => {
    const w = new World(config([instanceConfig({ priority: 255 })]));
    const stood = awake(w);
    w.start();
    w.pass(20 * S);
    assert.equal(w.state(), 'master');
    assert.deepEqual(stood, []);
  });
});
