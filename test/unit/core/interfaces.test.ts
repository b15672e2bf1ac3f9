/** Delayed and polled interfaces at work. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Config } from '../../../src/config/config.ts';
import { config, instanceConfig, link, S, World } from './fakes.ts';

function world(
  change: Partial<Config['global']>,
  instance: Parameters<typeof instanceConfig>[0] = {},
): World {
  const base = config([instanceConfig(instance)]);
  const w = new World({ ...base, global: { ...base.global, ...change } });
  return w;
}

function setLink(w: World, up: boolean, name = 'eth0', index = 2): void {
  w.links = w.links.map((l) => (l.name === name ? link(name, index, up) : l));
  w.core.onNetlink({ type: 'link', link: link(name, index, up) });
}

const DELAYS = { interfaceDelays: [{ interface: 'eth0', downUs: S, upUs: 0.5 * S }] };

describe('core/interfaces: interface_up_down_delays', () => {
  it('a link that is down for less than its delay stays master', () => {
    const w = world(DELAYS);
    w.start();
    w.pass(4 * S);
    for (let i = 0; i < 100; i++) {
      setLink(w, false);
      w.pass(10_000);
      setLink(w, true);
      w.pass(10_000);
    }
    assert.equal(w.state(), 'master');
    setLink(w, false);
    assert.equal(w.core.snapshot().interfaces[0]?.changesInUs, S);
    w.pass(S - 1);
    assert.equal(w.state(), 'master');
    w.pass(1);
    assert.equal(w.state(), 'fault');
    setLink(w, true);
    assert.match(w.core.snapshot().instances[0]?.faults[0]?.detail ?? '', /eth0 is not up for long enough/);
    w.pass(0.5 * S);
    assert.equal(w.state(), 'backup');
  });

  it('an interface that is gone is gone at once', () => {
    const w = world(DELAYS);
    w.start();
    w.links = w.links.filter((l) => l.name !== 'eth0');
    w.core.onNetlink({ type: 'link-removed', index: 2, name: 'eth0' });
    assert.equal(w.state(), 'fault');
  });

  it('a delay longer than the peers wait is cut by the interval in force', () => {
    const w = world({ interfaceDelays: [{ interface: 'eth0', downUs: 60 * S, upUs: 0 }] });
    w.start();
    setLink(w, false);
    w.pass(1_996_093);
    assert.equal(w.state(), 'backup');
    w.pass(1);
    assert.equal(w.state(), 'fault');
  });
});

describe('core/interfaces: linkbeat', () => {
  it('what the link says counts, not what the kernel notifies', () => {
    const w = world({ linkbeat: { all: true, interfaces: [] } });
    w.carriers.set('eth0', true);
    w.start();
    assert.equal(w.state(), 'backup');
    w.links = w.links.map((l) => ({ ...l, running: false }));
    w.core.onNetlink({ type: 'link', link: { ...link('eth0', 2), running: false } });
    assert.equal(w.state(), 'backup');
    w.carriers.set('eth0', false);
    w.pass(S);
    assert.equal(w.state(), 'fault');
    assert.equal(w.core.snapshot().interfaces[0]?.polledBy, 'MII');
    w.carriers.set('eth0', true);
    w.pass(S);
    assert.equal(w.state(), 'backup');
    // Administratively down needs no asking.
    setLink(w, false);
    assert.equal(w.state(), 'fault');
  });

  it('a link that cannot be asked keeps what the kernel says', () => {
    const w = world({ linkbeat: { all: false, interfaces: [{ interface: 'eth0', method: 'MII' }] } });
    w.start();
    assert.equal(w.state(), 'backup');
    assert.equal(w.core.snapshot().interfaces[0]?.polledBy, 'netlink');
    w.links = w.links.map((l) => ({ ...l, running: false }));
    w.core.onNetlink({ type: 'link', link: { ...link('eth0', 2), running: false } });
    assert.equal(w.state(), 'fault');
  });
});
