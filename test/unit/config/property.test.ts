/** Whatever the text: no exception, the same answer twice, work bounded by the input's size. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import { formatDiagnostic, Reporter } from '../../../src/config/diagnostic.ts';
import { KEYWORDS } from '../../../src/config/keywords.table.ts';
import { judge } from '../../../src/config/lint/judge.ts';
import { configTestStatus } from '../../../src/config/load.ts';
import { planReload } from '../../../src/config/reload.ts';
import { memoryMachine } from './machine.ts';
import { interfaces, load } from './support.ts';

const PIECES = [
  '{',
  '}',
  '\n',
  '\n',
  '\n',
  ' ',
  ' ',
  '"',
  "'",
  '#',
  '!',
  '\\',
  '\\\n',
  '$',
  '$\u007b',
  '@main ',
  '@^main ',
  '$A=',
  '$A=\\\n',
  '$A',
  `\${A}`,
  `\${_RANDOM 1 9}`,
  `\${_ENV HOME}`,
  `\${_PWD}`,
  '~SEQ(N,1,3) ',
  '~LST({A,B},{1,2},{3}) ',
  `\${N}`,
  'include /inc/a.conf',
  'include *',
  'includea /none',
  '\r\n',
  '\0',
  '\ufeff',
  'é',
  '10.0.0.1/24',
  '::1',
  '2001:db8::1/64',
  '255',
  '-1',
  '0',
  '1.5',
  'MASTER',
  'eth0',
  'V1',
  'weight',
] as const;
const word = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...PIECES) },
  { weight: 3, arbitrary: fc.constantFrom(...KEYWORDS.map((k) => k.keyword)) },
  { weight: 1, arbitrary: fc.string({ maxLength: 8 }) },
);
const soup = fc
  .array(fc.tuple(word, fc.constantFrom(' ', ' ', '\n', '', ' {\n', '\n}\n')), { maxLength: 120 })
  .map((all) => all.flat().join(''));
const bytes = fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.from(b).toString('latin1'));

/** A machine of which everything is known, so that every rule has something to compare with. */
const known = memoryMachine(
  {},
  {
    interfaces: interfaces('eth0'),
    scriptState: () => 'executable',
    judgeCommand: () => ({ ok: false, cause: 'insecure', reason: 'r', remedy: 'm' }),
    addresses: new Map([
      ['eth0', [{ bytes: new Uint8Array([10, 0, 0, 1]), prefixLength: 24, virtual: false }]],
    ]),
    networkd: () => ({ file: '/f', keeps: false }),
  },
);

function check(text: string): void {
  // The included file ends where it likes, but does not include: the bombs below do that.
  const files = { '/inc/a.conf': text.replaceAll('include', 'exclude') };
  const started = process.hrtime.bigint();
  const result = load(text, {}, files);
  const ms = Number(process.hrtime.bigint() - started) / 1e6;
  assert.ok(ms < 10_000, `${ms} ms`);
  assert.ok(result.diagnostics.length <= Reporter.LIMIT);
  for (const d of result.diagnostics.slice(0, 50)) {
    assert.ok(d.at.start >= 0 && d.at.end >= d.at.start && d.at.end <= d.at.source.text.length, d.message);
    assert.equal(typeof formatDiagnostic(d), 'string');
  }
  assert.ok([0, 2, 4, 5, 6].includes(configTestStatus(result)));
  for (const machine of [memoryMachine({}), known])
    for (const d of judge(result, machine)) {
      assert.ok(d.at.start >= 0 && d.at.end >= d.at.start && d.at.end <= d.at.source.text.length, d.message);
    }
  const again = load(text, {}, files);
  const { config } = result;
  assert.ok(config !== undefined && again.config !== undefined);
  assert.deepEqual(again.config, config);
  assert.deepEqual(
    again.diagnostics.map((d) => d.message),
    result.diagnostics.map((d) => d.message),
  );
  const plan = planReload(config, again.config);
  assert.deepEqual([plan.added, plan.removed, plan.kept.flatMap((k) => k.changed)], [[], [], []]);
  for (const i of config.instances) {
    assert.ok(i.vrid >= 1 && i.vrid <= 255 && i.priority >= 1 && i.priority <= 255);
    assert.ok(Number.isSafeInteger(i.adverIntUs) && i.adverIntUs >= 10_000 && i.adverIntUs <= 255_000_000);
    assert.ok(i.vips.every((v) => v.family === i.family));
  }
}

it('property/word soup', () => fc.assert(fc.property(soup, check), { numRuns: 250, seed: 20240501 }));
it('property/byte soup', () => fc.assert(fc.property(bytes, check), { numRuns: 250, seed: 20240502 }));
it('property/soup inside an instance', () =>
  fc.assert(
    fc.property(soup, (s) => check(`vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\n${s}\n}\n`)),
    { numRuns: 250, seed: 20240503 },
  ));

const bombs: readonly (readonly [string, string])[] = [
  ['a billion rounds', `~SEQ(N,1,1000000000) foo \${N}\n`],
  ['nested loops', '~SEQ(A,1,60000) ~SEQ(B,1,60000) ~SEQ(C,1,60000) x\n'],
  ['a body that uses itself', '$A=\\\nfoo \\\n$A\n$A\n'],
  ['two bodies that use each other', '$A=\\\nx \\\n$B \\\n$B\n$B=\\\ny \\\n$A \\\n$A\n$A\n'],
  ['a definition that is itself', '$A=$A\nfoo $A\n'],
  [
    'a file that includes itself twice',
    'include /etc/keepalived/keepalived.conf\ninclude /etc/keepalived/keepalived.conf\n',
  ],
  ['braces without end', '{'.repeat(100_000)],
  ['one long line', `${'a'.repeat(2_000_000)}\n`],
  ['brace patterns', `include ${'{a,b}'.repeat(150)}\n`],
  [
    'an address block of 50,000 lines',
    `vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n${'10.0.0.1\n'.repeat(50_000)}}\n}\n`,
  ],
];
for (const [name, text] of bombs)
  it(`bounded/${name}`, { timeout: 20_000 }, () => {
    const started = process.hrtime.bigint();
    load(text);
    assert.ok(Number(process.hrtime.bigint() - started) / 1e9 < 10);
  });
