/** Loading in steps, the short way through the reader, and findings whose order does not depend on either. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { Reporter } from '../../../src/config/diagnostic.ts';
import { loadConfig, loading } from '../../../src/config/load.ts';
import { Reader } from '../../../src/config/reader.ts';
import { Source } from '../../../src/config/source.ts';
import { memoryMachine } from './machine.ts';

const machine = (text: string) => memoryMachine({ '/m.conf': text });
const instance = (name: string, vrid: number, more = ''): string =>
  `vrrp_instance ${name} {\n  interface eth0\n  virtual_router_id ${vrid}\n  virtual_ipaddress {\n    192.0.2.${vrid}\n  }\n${more}}\n`;
const server = (n: number): string =>
  `virtual_server 192.0.2.1 ${n} {\n  lb_algo rr\n  lb_kind NAT\n  protocol TCP\n  real_server 198.51.100.1 ${n} {\n    weight 300000\n    TCP_CHECK {\n    }\n  }\n}\n`;

/** Line ends, braces, blanks, quotes, remarks and what makes a line special, in any order. */
const soup = fc
  .array(
    fc.constantFrom(
      ...[
        '{',
        '}',
        ' ',
        '\t',
        '\n',
        '\r\n',
        '\r',
        '"',
        '#',
        '!',
        '\\',
        '$A',
        '$A=1',
        '@main ',
        '~SEQ(A,1,2) ',
        '\f',
        'word',
        'é',
        'include x',
        'includes',
        "'",
      ],
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

function linesOf(text: string): string[] {
  const reader = new Reader([new Source('/f', text)], memoryMachine({}), new Reporter());
  const out: string[] = [];
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    const { start, end } = line.text.span();
    out.push(`${line.kind} ${start}-${end} ${JSON.stringify(line.text.text)}`);
  }
  return out;
}

it('loading/the short way through a file reads what the long one does', () => {
  // A NUL anywhere in a file forbids the short way; its line is dropped.
  fc.assert(
    fc.property(soup, (text) => assert.deepEqual(linesOf(`${text}\n`), linesOf(`${text}\n\0\n`))),
    { numRuns: 3000, seed: 1 },
  );
});

it('loading/pauses after each block', () => {
  const text = Array.from({ length: 20 }, (_, i) => instance(`VI_${i + 1}`, i + 1)).join('');
  const steps = loading('/m.conf', machine(text));
  let pauses = 0;
  let step = steps.next();
  for (; step.done !== true; step = steps.next()) pauses++;
  assert.ok(pauses >= 40, `${pauses} pauses for reading and freezing 20 instances`);
  assert.deepEqual(step.value, loadConfig('/m.conf', machine(text)));
});

it('loading/global_defs counts wherever it stands', () => {
  const globals = 'global_defs {\n  vrrp_version 3\n  default_interface eth1\n}\n';
  const first = loadConfig('/m.conf', machine(globals + instance('A', 1)));
  const last = loadConfig('/m.conf', machine(instance('A', 1) + globals));
  assert.equal(first.config?.instances[0]?.version, 3);
  assert.equal(last.config?.instances[0]?.version, 3);
  assert.deepEqual(
    last.diagnostics.map((d) => d.message),
    first.diagnostics.map((d) => d.message),
  );
});

it('loading/the fatal finding is that of reading, however late it stands', () => {
  const text = `${instance('A', 1, '  priority\n')}vrrp_instance B {\n  interface nowhere\n}\ninclude_check\nincluder /absent/*\nincludea /absent/file\n`;
  const { fatal, diagnostics } = loadConfig('/m.conf', machine(text));
  assert.ok(diagnostics.some((d) => d.code === 'KA0501'));
  assert.equal(fatal?.diagnostic.code, 'KA0301');
});

it('loading/findings alone are the same as with the configuration', () => {
  const text = [1, 2, 3].map(server).join('') + instance('A', 1, '  priority 999\n');
  const whole = loadConfig('/m.conf', machine(text));
  const judged = loadConfig('/m.conf', machine(text), { keep: 'findings' });
  assert.equal(whole.config?.virtualServers.length, 3);
  assert.equal(judged.config?.virtualServers.length, 0);
  assert.ok(judged.diagnostics.length > 0);
  assert.deepEqual(
    judged.diagnostics.map((d) => [d.code, d.at.start]),
    whole.diagnostics.map((d) => [d.code, d.at.start]),
  );
});

it('loading/lines are found whatever is asked first', () => {
  const source = new Source('/f', 'one\ntwo\n\nfour');
  assert.deepEqual(source.position(9), { line: 4, col: 1 });
  assert.deepEqual(source.position(5), { line: 2, col: 2 });
  assert.equal(source.line(2), 'two');
  assert.equal(source.line(4), 'four');
  assert.equal(source.lineCount, 4);
  const half = new Source('/f', 'one\ntwo\n');
  half.lineStartsAt(4, 0);
  half.lineStartsAt(99, 50);
  assert.deepEqual(half.position(8), { line: 3, col: 1 });
  assert.equal(half.lineCount, 3);
});
