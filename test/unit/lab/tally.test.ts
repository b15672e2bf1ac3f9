import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { judgeProbes } from '../../netns/probe-report.ts';
import { applyOverrides } from '../../netns/steps.ts';
import { adaptHaproxy } from '../../netns/user-lab.ts';
import { countTap, lastCounts } from '../../tally.ts';

const TOTALS = '1..3\n# tests 3\n# pass 1\n# fail 1\n# cancelled 1\n# skipped 1\n';

describe('the counts of a test run', () => {
  it('tap/cancelled tests are failures', () => {
    assert.deepEqual(countTap(TOTALS), { passed: 1, failed: 2, skipped: [] });
  });
  it('tap/skipped tests keep their reason', () => {
    const tap = `    ok 1 - sockets # SKIP not root\nok 2 - other # SKIP\n${TOTALS}`;
    assert.deepEqual(countTap(tap).skipped, ['sockets: not root', 'other: no reason given']);
  });
  it('tap/no totals is a failure', () => {
    assert.deepEqual(countTap('TAP version 13\nok 1 - x\n'), { passed: 0, failed: 1, skipped: [] });
  });
  it('last line/the last one counts', () => {
    assert.deepEqual(lastCounts('1 passed, 1 failed\nmore\n7 passed, 2 failed, 1 skipped\n'), {
      passed: 7,
      failed: 2,
      skipped: ['see above'],
    });
    assert.equal(lastCounts('x 1 passed, 1 failed'), undefined);
  });
});

describe("the client's probes", () => {
  const probes = (answers: string): { sentS: number; by: string | undefined }[] =>
    [...answers].map((c, i) => ({ sentS: i / 1000, by: c === '.' ? undefined : c }));

  it('an outage reaches from answer to answer', () => {
    const r = judgeProbes(probes('aaa...bb'));
    assert.equal(r.lost, 3);
    assert.equal(r.outages.length, 1);
    assert.ok(Math.abs(r.gapMs - 4) < 1e-6);
    assert.deepEqual(r.by, { a: 3, b: 2 });
  });
  it('no loss is no gap, however slow the prober was', () => {
    const r = judgeProbes([
      { sentS: 0, by: 'a' },
      { sentS: 2, by: 'a' },
    ]);
    assert.equal(r.gapMs, 0);
    assert.equal(r.stallMs, 2000);
  });
  it('an outage without end counts to the last probe', () => {
    assert.ok(Math.abs(judgeProbes(probes('a...')).gapMs - 3) < 1e-6);
  });
});

describe('scenarios', () => {
  const scenario = { doc: 'x', steps: [{ op: 'holders', vip: '192.0.2.100', want: 'a' }] } as const;
  const change = { '0': { want: 'ab' } };
  const override = { scenario: 'n', pairings: ['vipd/vipd'], reason: 'why', change };

  it('an override changes its pairing only and says why', () => {
    const other = applyOverrides('n', 'vipd/keepalived', scenario, [override]);
    assert.deepEqual(other, { scenario, reasons: [] });
    const mine = applyOverrides('n', 'vipd/vipd', scenario, [override]);
    assert.deepEqual(mine.scenario.steps[0], { op: 'holders', vip: '192.0.2.100', want: 'ab' });
    assert.deepEqual(mine.reasons, ['why']);
  });
  it('an override of a step that does not exist is refused', () => {
    assert.throws(
      () => applyOverrides('n', 'vipd/vipd', scenario, [{ ...override, change: { '7': {} } }]),
      /step 7/,
    );
  });
});

describe("the user's haproxy.cfg", () => {
  const text =
    'global\n    chroot /apps/haproxy\n    user haproxy\n    nbproc 3\n    maxconn 100000\n    stats socket a.sock process 1\n    stats socket b.sock process 2\n';

  it('loses what HAProxy 2.5 took away and gets its own paths', () => {
    assert.equal(
      adaptHaproxy(text, '/f', true),
      'global\n    chroot /f/chroot\n    user haproxy\n    maxconn 2000\n    stats socket /f/haproxy.sock mode 600 level admin\n',
    );
  });
  it('an ordinary user keeps no chroot and no other user', () => {
    assert.ok(!/chroot|user/.test(adaptHaproxy(text, '/f', false)));
  });
});
