/** promote_secondaries: set where it was off, put back at the end, silent about interfaces that are gone. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { interfaceSettings } from '../../../src/io/sysctl.ts';

const root = mkdtempSync(join(tmpdir(), 'vipd-sysctl-'));
after(() => rmSync(root, { recursive: true }));

function place(name: string, value: string): string {
  mkdirSync(join(root, 'ipv4/conf', name), { recursive: true });
  const path = join(root, 'ipv4/conf', name, 'promote_secondaries');
  writeFileSync(path, value);
  return path;
}

it('io/sysctl: only what was changed is put back', () => {
  const said: string[] = [];
  const settings = interfaceSettings({ log: (_level, text) => void said.push(text) }, root);
  const off = place('eth0', '0\n');
  const on = place('eth1', '1\n');
  for (const name of ['eth0', 'eth0', 'eth1', 'eth9']) settings.promoteSecondaries(name);
  assert.equal(readFileSync(off, 'utf8').trim(), '1');
  place('eth2', '0\n');
  settings.promoteSecondaries('eth2');
  rmSync(join(root, 'ipv4/conf/eth2'), { recursive: true });
  settings.restore();
  assert.equal(readFileSync(off, 'utf8').trim(), '0');
  assert.equal(readFileSync(on, 'utf8').trim(), '1');
  assert.deepEqual(said, []);
});
