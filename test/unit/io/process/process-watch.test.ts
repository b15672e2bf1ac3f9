/** Real processes counted, by the kernel's events and by reading /proc; then what a kernel could send amiss. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import type { TrackProcessConfig } from '../../../../src/config/track-config.ts';
import { encodeProcessEvent, processEvent } from '../../../../src/io/process/process-events.ts';
import { ProcessWatch } from '../../../../src/io/process/process-watch.ts';
import { type Native, native } from '../../../../src/native.ts';
import { matchesProcess } from '../../../../src/track/process.ts';
import { until } from '../../../netns/clock.ts';

const PATIENCE_MS = 15_000;

const pattern = (change: Partial<TrackProcessConfig>): TrackProcessConfig => ({
  name: 'p',
  process: 'sleep',
  parameters: [],
  match: 'none',
  fullCommand: false,
  weight: 0,
  reverse: false,
  quorum: 1,
  forkDelayUs: 0,
  terminateDelayUs: 0,
  place: { file: 'test.conf', line: 1, col: 1 },
  ...change,
});

/** An addon in a network namespace where the kernel tells nothing. */
const deaf = (api: Native): Native => ({
  ...api,
  netlinkSend: () => {
    throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
  },
});

for (const method of ['events', 'scan'] as const)
  describe(`io/process/process-watch: ${method}`, () => {
    const folder = mkdtempSync(join(tmpdir(), 'vipd-proc-'));
    // Of at most 15 octets and nobody else's.
    const comm = `vp${method[0]}${process.pid}`;
    const program = join(folder, comm);
    const children: ChildProcess[] = [];
    const counts = new Map<string, number>();
    const api = native();
    const watch = new ProcessWatch({
      native: method === 'events' ? api : deaf(api),
      matches: matchesProcess,
      sink: (name, count) => counts.set(name, count),
      bufferBytes: () => 0,
    });
    const run = (...args: string[]): ChildProcess => {
      const child = spawn(program, args, { stdio: 'ignore' });
      children.push(child);
      return child;
    };
    const becomes = async (name: string, count: number): Promise<void> => {
      const reached = await until(
        () => watch.count(name) === count && (counts.get(name) ?? count) === count,
        PATIENCE_MS,
      );
      assert.ok(reached, `${name}: ${watch.count(name)} of ${count}`);
    };
    after(() => {
      watch.close();
      for (const c of children) c.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    });

    it('counts by name and by command line', async (t) => {
      copyFileSync('/bin/sleep', program);
      const before = readdirSync('/proc/self/fd').length;
      const first = run('100');
      await new Promise((resolve) => first.once('spawn', resolve));
      await until(() => false, 50);
      const p = (name: string, change: Partial<TrackProcessConfig>) => pattern({ name, ...change });
      watch.watch([
        p('comm', { process: comm }),
        p('exact', { process: program, parameters: ['100'], match: 'exact', fullCommand: true }),
        p('other', { process: program, parameters: ['200'], match: 'exact', fullCommand: true }),
      ]);
      if (watch.method() !== method) {
        t.skip(`no process events here, so only ${watch.method()} is tried`);
        return;
      }
      // What runs already is known when watch returns.
      assert.deepEqual([watch.count('comm'), watch.count('exact'), watch.count('other')], [1, 1, 0]);
      const second = run('200');
      await becomes('comm', 2);
      await becomes('other', 1);
      first.kill();
      await becomes('comm', 1);
      await becomes('exact', 0);
      watch.watch([p('comm', { process: comm })]);
      assert.equal(watch.count('other'), 0);
      second.kill();
      await becomes('comm', 0);
      watch.close();
      await until(() => readdirSync('/proc/self/fd').length <= before, PATIENCE_MS);
      assert.ok(readdirSync('/proc/self/fd').length <= before, 'no descriptor is left');
    });
  });

describe('io/process/process-events', () => {
  it('reads what matters', () => {
    const rows = [
      [encodeProcessEvent('none', [0]), { type: 'answer', error: 0 }],
      [encodeProcessEvent('none', [1]), { type: 'answer', error: 1 }],
      [encodeProcessEvent('fork', [11, 10, 20, 20]), { type: 'fork', parent: 10, child: 20 }],
      [encodeProcessEvent('fork', [11, 10, 21, 20]), undefined],
      [encodeProcessEvent('exec', [20, 20]), { type: 'changed', pid: 20 }],
      [encodeProcessEvent('comm', [21, 20]), undefined],
      [encodeProcessEvent('exit', [20, 20]), { type: 'exit', pid: 20 }],
      [encodeProcessEvent('exit', [21, 20]), undefined],
    ] as const;
    for (const [data, expected] of rows) assert.deepEqual(processEvent(data), expected);
  });

  it('whatever is cut off is nothing', () => {
    const whole = encodeProcessEvent('fork', [11, 10, 20, 20]);
    for (let length = 0; length < 68; length++)
      assert.equal(processEvent(whole.subarray(0, length)), undefined);
  });
});
