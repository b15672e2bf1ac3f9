/**
 * Exit statuses of `keepalived -t` (Debian 2.2.7, in a namespace with eth0, eth1 and eth2, and Debian's iproute2 files)
 * and the lines it complained about, for each option of routes, rules, addresses, trackers and BFD: good, bad,
 * missing, twice. Rows of `test/golden/config-probes.json`: form, line, status, lines.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { configTestStatus, loadConfig } from '../../../src/config/load.ts';
import { memoryMachine } from './machine.ts';
import { type Form, probeText } from './probe.ts';
import { interfaces, MAIN } from './support.ts';

type Row = readonly [form: Form, line: string, status: number, lines: readonly number[]];

/** Where vipd follows 2.4.3, or cannot know what the machine has. */
const DIFFERS: readonly (readonly [pattern: RegExp, status: number, why: string])[] = [
  [/ vrf eth1$/, 0, 'whether an interface is a VRF is not known while loading'],
  [/^(192\.0\.2\.7\n192|2001:db8::7\n2001)/, 5, '2.4.3 reports an address that is there twice'],
  [/\nmultihop/, 0, '2.2.7 does not know the word'],
];

const machine = { interfaces: interfaces('eth0', 'eth1', 'eth2') };
const rows = JSON.parse(readFileSync('test/golden/config-probes.json', 'utf8')) as readonly Row[];

const forms = [...new Set(rows.map((r) => r[0]))];
for (const form of forms)
  it(`probes/${form}`, () => {
    const wrong: string[] = [];
    for (const [, line, expected, lines] of rows.filter((r) => r[0] === form)) {
      const text = probeText(form, line);
      const result = loadConfig(MAIN, memoryMachine({ [MAIN]: text }, machine), { testMode: true });
      const differs = form === 'sa' ? undefined : DIFFERS.find(([pattern]) => pattern.test(line));
      const status = configTestStatus(result);
      if (status !== (differs?.[1] ?? expected)) wrong.push(`${line}: ${status}`);
      const told = new Set(
        result.diagnostics
          .filter((d) => d.keepalivedClass !== 'none')
          .map((d) => d.at.source.position(d.at.start).line),
      );
      if (differs === undefined && lines.some((l) => !told.has(l))) wrong.push(`${line}: lines ${lines}`);
    }
    assert.deepEqual(wrong, []);
  });
