/**
 * Exit statuses of `keepalived -t` (Debian 2.2.7, run in a namespace with eth0, eth1, eth2) and the lines it complained
 * about, for the texts of `test/golden/config-status.json`; statuses for the interop scenarios; and, when VIPD_CORPUS
 * names a folder of real configurations with its table of statuses, the rate of agreement there.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { it } from 'node:test';
import type { LoadEnvironment } from '../../../src/config/environment.ts';
import { configTestStatus, loadConfig } from '../../../src/config/load.ts';
import { diskMachine, memoryMachine, scriptState } from './machine.ts';
import { configOf, interfaces, MAIN } from './support.ts';

type Row = {
  readonly name: string;
  readonly text: string;
  readonly status: number;
  readonly lines?: readonly number[];
};
const rows = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as readonly Row[];

const machine = {
  configId: 'vm',
  interfaces: interfaces('eth0', 'eth1', 'eth2'),
  userExists: (u: string) => u === 'root' || u === 'nobody',
  groupExists: (g: string) => g === 'root',
};
const test = (text: string) => loadConfig(MAIN, memoryMachine({ [MAIN]: text }, machine), { testMode: true });

for (const row of rows('test/golden/config-status.json'))
  it(`status/${row.name}`, () => {
    const result = test(row.text);
    assert.equal(configTestStatus(result), row.status);
    const found = new Set(
      result.diagnostics
        .filter((d) => d.keepalivedClass !== 'none')
        .map((d) => d.at.source.position(d.at.start).line),
    );
    // What follows a brace that opens no block is one mistake here; keepalived complains about each line.
    const brace = result.diagnostics.find(
      (d) => d.effect?.includes("'{'") || d.code === 'KA0402' || d.fix?.endsWith('too early'),
    )?.at;
    const explained = brace === undefined ? Infinity : brace.source.position(brace.start).line;
    assert.deepEqual(
      (row.lines ?? []).filter((l) => !found.has(l) && l < explained),
      [],
    );
    if (row.status === 0) assert.equal(result.fatal, undefined);
  });

for (const row of rows('test/golden/config-scenarios.json'))
  it(`scenario/${row.name}`, () => {
    const result = test(row.text);
    assert.equal(result.fatal, undefined);
    assert.equal(configTestStatus(result), row.status);
    assert.ok(configOf(result).instances.length > 0);
    assert.ok(configOf(result).instances.every((i) => i.vips.length > 0 && i.interface.startsWith('eth')));
  });

it('status/keepalived.conf.example says nothing, and all of it is active', () => {
  const result = test(readFileSync('keepalived.conf.example', 'utf8'));
  assert.deepEqual(
    result.diagnostics.map((d) => d.message),
    [],
  );
  assert.deepEqual(configOf(result).global.inactive, []);
  assert.deepEqual(configOf(result).instances[0]?.inactive, []);
});

/** Statuses of Debian's keepalived 2.2.7 for one script each, with and without script security. */
const FILES: readonly (readonly [string, boolean, ScriptFile, ScriptFile | undefined, number])[] = [
  ['a tracked script that others can change, refused', true, 'insecure', undefined, 5],
  ['the same as notify script: nothing is said', true, 'executable', 'insecure', 0],
  ['a tracked script that is missing', true, 'missing', undefined, 5],
  ['missing, without security', false, 'missing', undefined, 5],
  ['a tracked script without execute bit: nothing is said', true, 'not-executable', undefined, 0],
  ['without execute bit and security', false, 'not-executable', undefined, 6],
  ['a notify script without execute bit', true, 'executable', 'not-executable', 0],
  ['a notify script that is missing', true, 'executable', 'missing', 0],
];
type ScriptFile = 'executable' | 'not-executable' | 'missing' | 'insecure';
for (const [name, secure, script, notify, status] of FILES)
  it(`status/${name}`, () => {
    const text = [
      `global_defs {\n${secure ? 'enable_script_security\nscript_user root' : ''}\n}`,
      'vrrp_script c {\nscript /s\n}',
      'vrrp_instance V {\ninterface eth0\nvirtual_router_id 60\ntrack_script {\nc\n}',
      `${notify === undefined ? '' : 'notify_master /n'}\nvirtual_ipaddress {\n192.0.2.100/24\n}\n}\n`,
    ].join('\n');
    const of = (path: string) => (path === '/s' ? script : (notify ?? 'missing'));
    const files: Partial<LoadEnvironment> = {
      ...machine,
      scriptState: (path) => {
        const state = of(path);
        return state === 'insecure' ? 'executable' : state;
      },
      judgeCommand: (command) => {
        const cause = of(command.argv[0] ?? '');
        if (cause === 'executable') return { ok: true, root: true, warnings: [] };
        return { ok: false, cause, reason: '', remedy: '' };
      },
    };
    const result = loadConfig(MAIN, memoryMachine({ [MAIN]: text }, files), { testMode: true });
    assert.equal(configTestStatus(result), status);
  });

const corpus = process.env['VIPD_CORPUS'];
it('status/corpus agrees on nine files of ten', {
  skip: corpus === undefined && 'VIPD_CORPUS is not set',
}, (t) => {
  const folder = corpus ?? '';
  const [head = '', ...lines] = readFileSync(join(folder, 'configs-oracle.tsv'), 'utf8').trim().split('\n');
  const column = (name: string) => head.split('\t').indexOf(name);
  let agreed = 0;
  for (const fields of lines.map((l) => l.split('\t'))) {
    const file = join(folder, 'configs', fields[0] ?? '');
    assert.ok(existsSync(file), file);
    const names = (fields[column('interfaces_created')] ?? '').split(' ').filter((n) => n !== '');
    const here = diskMachine({ ...machine, scriptState, interfaces: interfaces(...names) });
    const status = configTestStatus(loadConfig(file, here, { testMode: true }));
    if (status === Number(fields[column('rc_2.2.7')])) agreed++;
  }
  t.diagnostic(`${agreed} of ${lines.length} exit statuses agree with keepalived 2.2.7`);
  assert.ok(agreed >= lines.length * 0.9, `${agreed} of ${lines.length}`);
});
