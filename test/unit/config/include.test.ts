/** The include forms against each kind of problem: fatal (status 6) or not, and the reading order. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { includeTrace } from '../../../src/config/source.ts';
import { memoryMachine } from './machine.ts';
import { codes, configOf, instance, load, MAIN } from './support.ts';

const FORMS = ['include', 'includer', 'includem', 'includew', 'includeb', 'includea'] as const;
type Form = (typeof FORMS)[number];
const MATRIX: readonly (readonly [problem: string, pattern: string, fatal: readonly Form[]])[] = [
  ['unusable', '/d/exec', ['includer', 'includem', 'includew', 'includeb', 'includea']],
  ['plain name missing', '/d/none', ['includem', 'includew', 'includea']],
  ['wildcard without match', '/d/none*', ['includew', 'includea']],
  ['brace alternative without match', '/d/{ok,none}', ['includeb', 'includea']],
  ['fine', '/d/ok', []],
];
const machine = {
  readFile: (path: string) =>
    path === '/d/ok'
      ? ({ ok: true, text: '' } as const)
      : path === '/d/exec'
        ? ({ ok: false, code: 'EXEC', detail: '' } as const)
        : ({ ok: true, text: main } as const),
  glob: (pattern: string) =>
    pattern === '/d/{ok,none}' || pattern === '/d/ok' ? ['/d/ok'] : pattern === '/d/exec' ? ['/d/exec'] : [],
};
let main = '';
for (const [problem, pattern, fatal] of MATRIX)
  for (const form of FORMS)
    it(`include/${problem}/${form}`, () => {
      main = `${form} ${pattern}\n`;
      assert.equal(load('', machine).fatal?.exit, fatal.includes(form) ? 6 : undefined);
    });

const checked: readonly (readonly [words: string, fatal: boolean])[] = [
  ['', true],
  ['match', true],
  ['wildcard_match', false],
  ['read +match', true],
  ['+match -match', false],
  ['readable', false],
];
for (const [words, fatal] of checked)
  it(`include_check/${words}`, () => {
    const result = load(`global_defs {\ninclude_check ${words}\n}\ninclude /none\n`);
    assert.equal(result.fatal?.exit, fatal ? 6 : undefined);
  });

it('include/-e makes every problem fatal', () => {
  for (const [text, fatal] of [
    ['include /none\n', true],
    ['include /none*\n', true],
    ['', false],
  ] as const)
    for (const allIncludes of [true, false])
      assert.equal(
        loadConfig(MAIN, memoryMachine({ [MAIN]: text }), { allIncludes }).fatal?.exit,
        fatal && allIncludes ? 6 : undefined,
      );
});

it('include/a block may be opened in one file and closed in another, in order', () => {
  const result = load(
    'include open.conf\nvirtual_router_id 7\ninclude rest/*.conf\n}\n',
    {},
    {
      '/etc/keepalived/open.conf': 'vrrp_instance A {\ninterface eth0\n',
      '/etc/keepalived/rest/b.conf': 'priority 20\n',
      '/etc/keepalived/rest/a.conf': 'priority 10\nvirtual_ipaddress { 10.0.0.1 }\nbogus\n',
    },
  );
  const [i] = configOf(result).instances;
  assert.deepEqual([i?.vrid, i?.priority, i?.vips.length], [7, 20, 1]);
  assert.deepEqual(
    configOf(result).files.map((f) => f.split('/').pop()),
    ['keepalived.conf', 'open.conf', 'a.conf', 'b.conf'],
  );
  const bogus = result.diagnostics.find((d) => d.code === 'KA0401');
  assert.equal(bogus?.at.source.file, '/etc/keepalived/rest/a.conf');
  assert.deepEqual(bogus === undefined ? [] : includeTrace(bogus.at).map((p) => `${p.file}:${p.line}`), [
    '/etc/keepalived/keepalived.conf:3',
  ]);
});

it('include_check/is over where its file ends', () => {
  const result = load(
    'include c.conf\ninclude /none\n',
    {},
    { '/etc/keepalived/c.conf': 'global_defs {\ninclude_check\n}\n' },
  );
  assert.equal(result.fatal, undefined);
});

it('include/lines of a loop come before what follows', () => {
  const result = load(
    'vrrp_instance A {\ninterface eth0\nvirtual_router_id 1\nvirtual_ipaddress {\n~SEQ(N,1,2) include v.conf\n10.0.0.9\n}\n}\n',
    {},
    { '/etc/keepalived/v.conf': '10.0.0.$N\n10.0.$N'.concat('.5\n') },
  );
  assert.deepEqual(
    configOf(result).instances[0]?.vips.map((v) => v.address),
    ['10.0.0.1', '10.0.0.2', '10.0.0.9'],
  );
});

it('include/many lines in many files are read', () => {
  const names = Array.from({ length: 30 }, (_, n) => `/inc/${n}.conf`);
  const files = Object.fromEntries(names.map((name) => [name, '# remark\n'.repeat(10_000)]));
  const text = `${names.map((name) => `include ${name}\n`).join('')}${instance('')}`;
  assert.deepEqual(codes(load(text, {}, files)), []);
});

it('include/the same file again and again is not', () => {
  const files = { '/inc/a.conf': '# remark\n'.repeat(60_000) };
  assert.deepEqual(
    codes(load(`${'include /inc/a.conf\n'.repeat(4)}${instance('')}`, {}, files)).slice(0, 1),
    ['KA0204 40001'],
  );
});
