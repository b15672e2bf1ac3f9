/**
 * Exit statuses of `keepalived -t` (Debian 2.2.7) and the lines it complained about, for configurations of one virtual
 * server with one line changed: every keyword good, bad, without value, twice; and how lines work together. Complaints
 * at a closing brace are about the block: their lines are left out, ours name the line that is wrong.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { configTestStatus, type LoadResult, loadConfig } from '../../../src/config/load.ts';
import { memoryMachine } from './machine.ts';
import { interfaces, MAIN } from './support.ts';

type Row = {
  readonly name: string;
  readonly text: string;
  readonly status: number;
  readonly lines: readonly number[];
};

const FILES: Readonly<Record<string, 'executable' | 'not-executable'>> = {
  '/usr/bin/true': 'executable',
  '/bin/sh': 'executable',
  true: 'executable',
  '/etc/passwd': 'not-executable',
};
const machine = {
  configId: 'vm',
  interfaces: interfaces('eth0', 'eth1', 'eth2'),
  userExists: (u: string) => u === 'root' || u === 'nobody',
  groupExists: (g: string) => g === 'root',
  scriptState: (path: string) => FILES[path] ?? ('missing' as const),
};
const test = (text: string): LoadResult =>
  loadConfig(MAIN, memoryMachine({ [MAIN]: text }, machine), { testMode: true });

function complained(result: LoadResult): ReadonlySet<number> {
  const about = result.diagnostics.filter((d) => d.keepalivedClass !== 'none');
  return new Set(about.map((d) => d.at.source.position(d.at.start).line));
}

const rows = JSON.parse(readFileSync('test/golden/config-lvs-status.json', 'utf8')) as readonly Row[];
const groups = new Map<string, Row[]>();
for (const row of rows) {
  const key = row.name.split(' ')[0] ?? '';
  const group = groups.get(key) ?? [];
  group.push(row);
  groups.set(key, group);
}

for (const [name, group] of groups)
  it(`lvs-status/${name}`, () => {
    for (const row of group) {
      const result = test(row.text);
      assert.equal(configTestStatus(result), row.status, row.name);
      const found = complained(result);
      assert.deepEqual(
        row.lines.filter((l) => !found.has(l)),
        [],
        row.name,
      );
      if (row.status === 0) assert.equal(result.fatal, undefined, row.name);
    }
  });

const SERVICE = 'lvs_sched rr\nlvs_method NAT\nprotocol TCP\n';
const checker = (lines: string): string =>
  `virtual_server 10.0.0.1 80 {\n${SERVICE}real_server 10.1.0.1 80 {\n${lines}\n}\n}\n`;

/** Where 2.2.7 crashes, does not know a word of 2.4.3, or reads less than 2.4.3 does. */
for (const [name, text, status] of [
  ['no-url', checker('HTTP_GET {\n}'), 5],
  ['url-without-path', checker('SSL_GET {\nurl {\n}\n}'), 5],
  ['tls_compliant', checker('SSL_GET {\ntls_compliant\nurl {\npath /\n}\n}'), 0],
  ['sni_name', checker('SSL_GET {\nsni_name a.example\nurl {\npath /\n}\n}'), 0],
  ['group-without-value', `virtual_server group {\n${SERVICE}real_server 10.1.0.1 80 {\n}\n}\n`, 2],
] as const)
  it(`lvs-status/not as 2.2.7/${name}`, () => assert.equal(configTestStatus(test(text)), status));
