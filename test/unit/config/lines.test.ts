/**
 * The line language against lines measured on keepalived's own reader (debug build of 2.4.3, VRRP child):
 * `test/golden/config-lines.json`, input text -> depth and logical line. Where keepalived crashed the row has a note.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { Reporter } from '../../../src/config/diagnostic.ts';
import { Reader } from '../../../src/config/reader.ts';
import { Source } from '../../../src/config/source.ts';
import { memoryMachine } from './machine.ts';

type Row = {
  readonly name: string;
  readonly text: string;
  readonly lines: readonly (readonly [number, string])[] | null;
  readonly errors: readonly string[];
};

const rows = JSON.parse(readFileSync('test/golden/config-lines.json', 'utf8')) as readonly Row[];
const machine = (configId: string) => memoryMachine({}, { configId, env: { PWD: '/', FOO: 'bar baz' } });

function read(text: string, configId: string): { lines: [number, string][]; messages: string[] } {
  const reporter = new Reporter();
  const reader = new Reader([new Source('/DIR/FILE', text)], machine(configId), reporter);
  const lines: [number, string][] = [];
  let depth = 0;
  for (let line = reader.next(); line !== undefined; line = reader.next()) {
    if (line.kind === 'open') depth++;
    if (line.kind === 'close') depth = Math.max(0, depth - 1);
    lines.push([depth, line.text.text]);
  }
  // What keepalived only logs is not in the measured data.
  const messages = reporter.diagnostics.filter((d) => d.keepalivedClass !== 'none').map((d) => d.message);
  return { lines, messages };
}

for (const row of rows) {
  it(`lines/${row.name}`, () => {
    const configId = row.name === 'config id' || row.name.startsWith('multiline') ? 'main' : 'vm';
    const { lines, messages } = read(row.text, configId);
    if (row.lines !== null)
      assert.deepEqual(
        lines,
        row.lines.map(([n, l]) => [n, l.replaceAll('DIR', '/DIR')]),
      );
    for (const error of row.errors)
      assert.ok(
        messages.some((m) => m.includes(error)),
        `${error} in ${messages.join(' | ')}`,
      );
    if (row.errors.length === 0) assert.deepEqual(messages, []);
  });
}

it('lines/self-reference stops and leaves the text', () => {
  const { lines, messages } = read(['$X=a$', '{X}\nfoo $', '{X}\n'].join(''), 'vm');
  assert.match(messages[0] ?? '', /would exceed maximum line length/);
  assert.equal(lines[0]?.[1], 'foo $');
});

/** Remarks among the lines of a definition, as 2.2.7's children read them; 2.4.3 ends the definition at each. */
const remarks: readonly (readonly [name: string, text: string, lines: readonly string[], told: number])[] = [
  ['a line of its own', '$A= \\\nfooa \\\n# c \\\nfoob \\\nfooc\n$A\n', ['fooa', 'foob', 'fooc'], 1],
  ['behind a value', '$A= \\\nfooa # c \\\nfoob \\\nfooc\n$A\n', ['fooa', 'foob', 'fooc'], 1],
  ['first', '$A= \\\n# c \\\nfooa \\\nfoob\n$A\n', ['fooa', 'foob'], 1],
  ['on the line of the name', '$A= # c \\\nfoob\n$A\n', ['foob'], 1],
  ['without backslash it ends', '$A= \\\nfooa \\\n# c\nfoob \\\n$A\n', ['foob\\', 'fooa'], 0],
  ['not for this node', '@other $A=a \\\n@other # c \\\nfoob\n', ['foob'], 0],
  ['a blank behind', '$A=a \\\nfoob # c \\ \nfooc\n$A\n', ['fooc', 'a', 'foob'], 0],
  ['two backslashes', '$A=a \\\nfoob # c \\\\\nfooc\n$A\n', ['fooc', 'a', 'foob'], 0],
];
for (const [name, text, expected, told] of remarks)
  it(`lines/remark in a definition/${name}`, () => {
    const reporter = new Reporter();
    const reader = new Reader([new Source('/DIR/FILE', text)], machine('main'), reporter);
    const lines: string[] = [];
    for (let line = reader.next(); line !== undefined; line = reader.next()) lines.push(line.text.text);
    assert.deepEqual(lines, expected);
    assert.deepEqual(
      reporter.diagnostics.map((d) => [d.code, d.keepalivedClass]),
      Array.from({ length: told }, () => ['KA0206', 'none']),
    );
  });
