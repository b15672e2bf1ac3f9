/** Two files compared: each code's example is one file for both nodes and holds that one mistake. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { PAIR_CODES } from '../../../src/config/codes/pair.table.ts';
import { formatDiagnostic } from '../../../src/config/diagnostic.ts';
import { macs } from '../../../src/io/mac.ts';
import { checkPair, comparePair } from '../../../src/whatif/check-pair.ts';
import { conf, loadNode, script } from './support.ts';

const compare = (a: string, b: string) => comparePair(loadNode(a, 'a'), loadNode(b, 'b'), ['a', 'b']);
const codes = (a: string, b: string): readonly string[] => compare(a, b).map((d) => d.code);

for (const [code, row] of Object.entries(PAIR_CODES))
  it(`pair/${code}: ${row.title}`, () => {
    const found = compare(row.example, row.example);
    assert.deepEqual(
      found.map((d) => d.code),
      [code],
    );
    const [one] = found;
    assert.ok(one);
    const files = [one.at.source.file, ...one.related.map((r) => r.at.source.file)];
    assert.ok(code === 'KA3009' || (files.includes('a.conf') && files.includes('b.conf')), files.join());
    assert.ok(row.text.length > 60 && /[.]$/.test(row.text));
  });

it('pair/a sound pair says nothing', () => {
  assert.deepEqual(codes(conf({ priority: 150 }), conf({ priority: 100 })), []);
});

it('pair/a finding shows both places', () => {
  const [d] = compare(conf({ vrid: 51, priority: 150 }), conf({ vrid: 52 }));
  assert.ok(d);
  const text = formatDiagnostic(d);
  assert.match(
    text,
    /^a\.conf:4:5-24: error KA3001: \(VI_1\) virtual_router_id 51 on a, 52 on b\n {4} {4}virtual_router_id 51/,
  );
  assert.match(text, /note: b\.conf:4:5: on b/);
});

it('pair/interfaces of other names and instances in another order are matched by VRID and address', () => {
  const one = conf({ priority: 150 });
  const two = conf({ name: 'VI_2', vrid: 52, vip: '192.0.2.101', priority: 150 });
  const there =
    conf({ name: 'X', vrid: 52, vip: '192.0.2.101', priority: 100 }) + conf({ name: 'Y', priority: 90 });
  assert.deepEqual(codes(one + two, there.replaceAll('eth0', 'ens3')), []);
});

it('pair/one VRID on two interfaces is told apart by the addresses', () => {
  const on = (iface: string, vip: string, priority: number): string =>
    conf({ name: iface, vip, priority }).replace('eth0', iface);
  const here = on('eth0', '192.0.2.100', 150) + on('eth1', '192.0.2.101', 150);
  assert.deepEqual(codes(here, on('eth0', '192.0.2.101', 100) + on('eth1', '192.0.2.100', 100)), []);
});

it('pair/a mistyped VRID is found by the address, whatever the names', () => {
  const there = conf({ name: 'OTHER', vrid: 15, priority: 100 }).replace('eth0', 'ens3');
  assert.deepEqual(codes(conf({ priority: 150 }), there), ['KA3001']);
});

it('pair/auth_pass is in no message', () => {
  const pass = (word: string): string => `authentication {\n auth_type PASS\n auth_pass ${word}\n }`;
  const found = compare(conf({ priority: 150, more: pass('sesame') }), conf({ more: pass('tahini') }));
  assert.deepEqual(
    found.map((d) => d.code),
    ['KA3006'],
  );
  assert.doesNotMatch(found.map((d) => d.message + (d.effect ?? '') + (d.fix ?? '')).join(), /sesame|tahini/);
});

it('pair/the gap counts positive weights, and equal sums do not move either', () => {
  const of = (weight: number, track = 'track_script {\n chk\n }') => ({
    before: script('chk', `weight ${weight}`),
    more: track,
  });
  const pair = (weight: number) =>
    codes(conf({ ...of(weight), priority: 110 }), conf({ ...of(weight), priority: 100 }));
  assert.deepEqual(pair(11), []);
  assert.deepEqual(pair(10), ['KA3013']);
  assert.deepEqual(pair(-10), ['KA3013']);
  assert.deepEqual(pair(-11), []);
});

it('pair/the report has findings, table and JSON', () => {
  const [a, b] = [loadNode(conf({ priority: 150 }), 'a'), loadNode(conf({ vrid: 52 }), 'b')];
  const report = checkPair(a, b, ['lb1', 'lb2'], macs);
  assert.deepEqual(
    report.diagnostics.map((d) => d.code),
    ['KA3001'],
  );
  assert.match(report.table, /pair: both run .*BOTH hold the VIP/);
  assert.equal(report.negative, true);
});

const key = (digit: string): string => digit.repeat(64);
const hmac = (active: number, keys: Readonly<Record<number, string>>, mode = 'enforce'): string =>
  `version 3\n auth_hmac {\n${Object.entries(keys)
    .map(([id, digit]) => ` key ${id} hex:${key(digit)}\n`)
    .join('')} active_key ${active}\n mode ${mode}\n }`;
const ONE = { 1: 'a' };
const TWO = { 1: 'a', 2: 'b' };
for (const [what, a, b, expected] of [
  ['a step of a rotation', hmac(2, TWO), hmac(1, TWO), ''],
  [
    'a key that is not there yet',
    hmac(2, TWO),
    hmac(1, ONE),
    'b does not have key 2, so it drops the adverts of a',
  ],
  [
    'another key',
    hmac(1, ONE),
    hmac(1, { 1: 'c' }),
    'b has another key 1, so it drops the adverts of a; a has another',
  ],
  ['one without', hmac(1, ONE), 'version 3', 'b has no auth_hmac.*; a is in mode enforce'],
  ['one that only receives yet', hmac(1, ONE, 'receive-only'), 'version 3', ''],
  [
    'signed beside unsigned',
    hmac(1, ONE, 'permissive'),
    'version 3',
    'b has no auth_hmac, so it drops the adverts of a',
  ],
  ['enforced too early', hmac(1, ONE, 'receive-only'), hmac(1, ONE), 'b is in mode enforce, so it drops'],
] as const)
  it(`pair/auth_hmac: ${what}`, () => {
    const found = compare(conf({ priority: 150, more: a }), conf({ more: b })).filter(
      (d) => d.code === 'KA3023',
    );
    assert.equal(found.length, expected === '' ? 0 : 1);
    if (expected !== '') assert.match(found[0]?.message ?? '', new RegExp(expected));
    assert.doesNotMatch(found.map((d) => formatDiagnostic(d)).join(), /aaaa|bbbb|cccc/);
  });
