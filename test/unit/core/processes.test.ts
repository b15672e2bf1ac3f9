/** Tracked processes at work. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { TrackProcessConfig } from '../../../src/config/track-config.ts';
import { config, instanceConfig, S, World } from './fakes.ts';

const process = (change: Partial<TrackProcessConfig> = {}): TrackProcessConfig => ({
  name: 'p',
  process: 'haproxy',
  parameters: [],
  match: 'none',
  fullCommand: false,
  weight: 0,
  reverse: false,
  quorum: 1,
  forkDelayUs: 0,
  terminateDelayUs: 0,
  place: { file: 'test.conf', line: 3, col: 1 },
  ...change,
});
const tracks = (weight: number) => ({ trackProcesses: [{ name: 'p', weight, reverse: false }] });
const made = (change: Partial<TrackProcessConfig>, weight = 0) =>
  config([instanceConfig(tracks(weight))], { trackProcesses: [process(change)] });

function world(change: Partial<TrackProcessConfig>, weight = 0): World {
  const w = new World(made(change, weight));
  w.start();
  return w;
}

function runs(w: World, count: number): void {
  w.processes.counts.set('p', count);
  w.core.onProcessCount('p', count);
}

const priority = (w: World): number | undefined => w.core.snapshot().instances[0]?.effectivePriority;

describe('core/processes', () => {
  it('below the quorum is a FAULT, and back is the way back', () => {
    const w = world({});
    assert.equal(w.state(), 'backup');
    runs(w, 0);
    assert.equal(w.state(), 'fault');
    assert.deepEqual(w.core.snapshot().instances[0]?.faults, [
      { what: 'process p', detail: '0 of haproxy run, wanted at least 1' },
    ]);
    runs(w, 1);
    assert.equal(w.state(), 'backup');
  });

  it('a weight counts while the quorum is there, after the delays', () => {
    const w = world({ forkDelayUs: S, terminateDelayUs: 2 * S }, 7);
    assert.equal(priority(w), 107);
    runs(w, 0);
    w.pass(2 * S - 1);
    assert.equal(priority(w), 107);
    w.pass(1);
    assert.equal(priority(w), 100);
    runs(w, 1);
    w.pass(S);
    assert.equal(priority(w), 107);
    assert.deepEqual(w.core.snapshot().processes[0]?.wanted, 'at least 1');
  });

  it('a restart that is quicker than terminate_delay is not noticed', () => {
    const w = world({ terminateDelayUs: 2 * S });
    runs(w, 0);
    w.pass(S);
    runs(w, 1);
    w.pass(5 * S);
    assert.ok(!w.log.some((l) => l.includes('Quorum lost')));
  });

  it('a reload judges by the new quorum, and starts anew for another process', () => {
    const w = world({}, 7);
    runs(w, 1);
    w.core.reload(made({ quorum: 2 }, 7), { errors: 0, warnings: 0 });
    assert.equal(priority(w), 100);
    w.core.reload(made({ process: 'nginx' }, 7), { errors: 0, warnings: 0 });
    assert.equal(priority(w), 107);
    w.core.reload(config([instanceConfig()]), { errors: 0, warnings: 0 });
    assert.deepEqual(w.core.snapshot().processes, []);
  });
});
