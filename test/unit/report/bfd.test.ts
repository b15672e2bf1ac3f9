/** BFD sessions as an operator sees them, kept whole in test/golden/report. UPDATE=1 rewrites them: read the difference. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { it } from 'node:test';
import type { BfdSessionSnapshot, BfdSnapshot } from '../../../src/core/snapshot.ts';
import { bfdDataText, bfdLines, bfdProblems } from '../../../src/report/bfd.ts';
import { SNAPSHOT } from './fixture.ts';

const NOW = SNAPSHOT.nowWallMs;
const up: BfdSessionSnapshot = {
  name: 'path',
  neighbor: '192.0.2.20',
  source: '192.0.2.10',
  multihop: false,
  passive: false,
  ttl: 255,
  maxHops: 0,
  multiplier: 4,
  minTxUs: 60_000,
  minRxUs: 50_000,
  idleTxUs: 1_000_000,
  events: 'both',
  state: 'up',
  sinceWallMs: NOW - 41_000,
  diag: 'No Diagnostic',
  discriminator: '0xb2efe520',
  polling: false,
  sendIntervalUs: 80_000,
  detectionUs: 240_000,
  remote: {
    state: 'up',
    diag: 'No Diagnostic',
    discriminator: '0x45de8897',
    minTxUs: 60_000,
    minRxUs: 80_000,
    multiplier: 4,
    demand: false,
    sendIntervalUs: 60_000,
    detectionUs: 320_000,
  },
  lastHeardAgoUs: 23_000,
  lastDown: {
    reason: 'expired',
    localDiag: 'Control Detection Time Expired',
    remoteDiag: 'No Diagnostic',
    wallMs: NOW - 45_000,
  },
  problem: '',
  counters: { received: 512, sent: 498, sendErrors: 2, up: 2, down: 1, rejected: { ttl: 3 } },
};
const never: BfdSessionSnapshot = {
  ...up,
  name: 'far',
  neighbor: '2001:db8::b',
  source: '',
  multihop: true,
  passive: true,
  maxHops: -1,
  events: 'checker',
  state: 'down',
  sendIntervalUs: 1_000_000,
  detectionUs: 0,
  remote: {
    ...up.remote,
    state: 'down',
    discriminator: '0x00000000',
    minTxUs: 0,
    minRxUs: 1,
    multiplier: 0,
    sendIntervalUs: 0,
    detectionUs: 0,
  },
  lastHeardAgoUs: -1,
  lastDown: null,
  problem: 'source address 192.0.2.9 is on no interface; waiting for it',
  counters: { received: 0, sent: 0, sendErrors: 0, up: 0, down: 0, rejected: {} },
};
const bfd: BfdSnapshot = { sessions: [up, never], discarded: { 'unknown-session': 7, version: 0 } };

function golden(name: string, text: string): void {
  const file = `test/golden/report/${name}`;
  if (process.env['UPDATE'] === '1') writeFileSync(file, text);
  assert.equal(text, readFileSync(file, 'utf8'), name);
}

it('status', () => golden('status-bfd.txt', `${bfdLines(bfd, NOW).join('\n')}\n`));
it('keepalived_bfd.data', () => golden('keepalived_bfd.data', bfdDataText(bfd, NOW)));
it('problems: what is not up', () =>
  assert.deepEqual(bfdProblems(bfd, NOW), [
    'bfd far: Down for 41s, source address 192.0.2.9 is on no interface; waiting for it',
  ]));
