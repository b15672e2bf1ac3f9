/** `vipd whatif` from its line to its exit status, on files. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, it } from 'node:test';
import { parseArguments } from '../../../src/cli/options.ts';
import { runWhatIf } from '../../../src/whatif-tool.ts';
import { conf, script } from './support.ts';

const folder = mkdtempSync(join(tmpdir(), 'vipd-whatif-'));
after(() => rmSync(folder, { recursive: true }));

const TRACK = 'track_script {\n chk\n }';
const both = join(folder, 'both.conf');
writeFileSync(
  both,
  conf({ before: script('chk', 'weight -60'), more: TRACK }).replace(
    'priority 100',
    '@lb1 priority 150\n @lb2 priority 100',
  ),
);

function run(line: string): { status: number; out: string; err: string } {
  const parsed = parseArguments(['whatif', ...line.split(' ').filter((w) => w !== '')], {});
  if (parsed.kind !== 'tool' || parsed.tool.command !== 'whatif')
    return { status: parsed.kind === 'exit' ? parsed.status : -1, out: parsed.out, err: parsed.err };
  let out = '';
  let err = '';
  const status = runWhatIf(
    parsed.tool,
    (text) => {
      out += text;
    },
    (text) => {
      err += text;
    },
  );
  return { status, out, err };
}

const PAIR = `${both} --as-node lb1 --peer ${both} --peer-node lb2`;

it('whatif/tool: one file for two nodes', () => {
  const { status, out, err } = run(`${PAIR} --fail chk@lb1`);
  assert.equal(err, '');
  assert.equal(status, 0);
  assert.match(out, /pair: chk fails on lb1 +-> lb1 150-60=90 < lb2 100 +-> lb2 takes over after \d/);
  assert.doesNotMatch(out, /fails on lb2/);
});

it('whatif/tool: statuses', () => {
  assert.equal(run(PAIR).status, 0, 'the whole table of a sound pair');
  assert.equal(run(`${PAIR} --split`).status, 1, 'both hold the address');
  assert.equal(run(`${PAIR} --stop both`).status, 1, 'nobody holds it');
  assert.equal(run(`${PAIR} --stop a --crash b --down eth0`).status, 0);
  assert.equal(run(`${PAIR} --fail chk@both`).status, 0);
  const fault = join(folder, 'fault.conf');
  writeFileSync(fault, conf({ before: script('chk', ''), more: TRACK }));
  assert.equal(run(`${fault} --fail chk`).status, 0, 'both at once is no mistake of either node');
  assert.equal(run(`${fault} --fail chk@both`).status, 1);
  assert.equal(run('/nonexistent.conf').status, 2);
  assert.equal(run(`${both} --bogus`).status, 2);
  const { status, err } = run(`${PAIR} --fail chk2`);
  assert.deepEqual(
    { status, err },
    { status: 2, err: "vipd whatif: no tracked script, process or file 'chk2'; there are: chk\n" },
  );
  assert.match(run(`${PAIR} --stop lb3`).err, /no node 'lb3'; there are: lb1, lb2/);
});

it('whatif/tool: without a peer it says what it assumes', () => {
  const { status, out } = run(`${both} --as-node lb1`);
  assert.equal(status, 0);
  assert.match(out, /alone: lb1 stops +-> lb1 down +-> NO NODE holds the VIP/);
  assert.match(out, /assumed pair: lb1 stops .*peer takes over/);
  assert.match(out, /note: assumed pair: 'peer' is a copy of this file/);
});

it('whatif/tool: JSON', () => {
  const { tables } = JSON.parse(run(`${PAIR} --stop a --json`).out) as {
    tables: {
      label: string;
      nodes: string[];
      negative: boolean;
      instances: { rows: { after: string[] }[] }[];
    }[];
  };
  const [table] = tables;
  assert.deepEqual([table?.label, table?.nodes, table?.negative], ['pair', ['lb1', 'lb2'], false]);
  assert.deepEqual(
    table?.instances[0]?.rows.map((r) => r.after),
    [['lb1'], ['lb2'], ['lb1']],
  );
});
