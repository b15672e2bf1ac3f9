/** What this process asks of the kernel for itself: only differences, and a refusal is said and survived. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ProcessSettings } from '../../../../src/config/global-config.ts';
import { OwnProcess } from '../../../../src/io/process/own-process.ts';

const PLAIN: ProcessSettings = {
  nice: 0,
  realtimePriority: 0,
  realtimeLimitUs: 10_000,
  noSwap: false,
  cpus: [],
};

function own(refuse: readonly string[] = []) {
  const asked: string[] = [];
  const said: string[] = [];
  const ask = (what: string, ...values: unknown[]): void => {
    asked.push([what, ...values].join(' '));
    if (refuse.includes(what)) throw Object.assign(new Error(`EPERM, ${what}`), { code: 'EPERM' });
  };
  const process = new OwnProcess({
    native: {
      setScheduler: (policy, priority) => ask('scheduler', policy, priority),
      getAffinity: () => [0, 1, 2, 3],
      setAffinity: (cpus) => ask('affinity', cpus.join('+')),
      lockCode: () => {
        ask('lock');
        return 1;
      },
    },
    log: { log: (_level, text) => void said.push(text) },
    setNice: (nice) => ask('nice', nice),
    setPacerUrgency: (priority) => ask('pacer', priority),
  });
  return { process, asked, said };
}

describe('io/process/own-process', () => {
  it('the defaults ask nothing of the kernel', () => {
    const { process, asked } = own();
    process.apply(PLAIN);
    assert.deepEqual(asked, []);
  });

  it('each setting once, and what a reload takes away is taken back', () => {
    const { process, asked } = own();
    const settings = { ...PLAIN, nice: -5, realtimePriority: 10, noSwap: true, cpus: [1] };
    process.apply(settings);
    assert.deepEqual(asked.splice(0), ['nice -5', 'scheduler rr 10', 'pacer 10', 'affinity 1', 'lock']);
    process.apply(settings);
    assert.deepEqual(asked.splice(0), ['affinity 1']);
    process.apply(PLAIN);
    assert.deepEqual(asked, ['nice 0', 'scheduler other 0', 'pacer 0', 'affinity 0+1+2+3']);
  });

  it('what the kernel refuses is said with the remedy, and the rest is done', () => {
    const { process, asked, said } = own(['nice', 'scheduler']);
    process.apply({ ...PLAIN, nice: -5, realtimePriority: 10, cpus: [0] });
    assert.deepEqual(asked, ['nice -5', 'scheduler rr 10', 'affinity 0']);
    assert.equal(said.length, 2);
    assert.match(said[0] as string, /cannot set nice value -5: EPERM.*CAP_SYS_NICE/);
  });

  it('rises by one up to the ceiling, and says when it did not', () => {
    const { process, asked } = own();
    assert.deepEqual([process.raise(2), process.raise(2), process.raise(2)], [1, 2, 0]);
    assert.deepEqual(asked, ['scheduler rr 1', 'pacer 1', 'scheduler rr 2', 'pacer 2']);
    assert.equal(own(['scheduler']).process.raise(2), 0);
  });
});
