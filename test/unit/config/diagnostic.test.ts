/** How findings look, what they suggest, and that a rule's codes and the keyword table stay whole. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { formatDiagnostic } from '../../../src/config/diagnostic.ts';
import { KEYWORDS } from '../../../src/config/keywords.table.ts';
import { nearest } from '../../../src/config/suggest.ts';
import { instance, load } from './support.ts';

const first = (text: string, code: string) => {
  const d = load(text).diagnostics.find((x) => x.code === code);
  assert.ok(d !== undefined, `${code} in ${load(text).diagnostics.map((x) => x.code)}`);
  return d;
};

it('diagnostic/format: place, words, caret, effect, fix', () => {
  assert.equal(
    formatDiagnostic(first(instance('\tprioriti 5'), 'KA0401')),
    [
      "/etc/keepalived/keepalived.conf:5:2-9: error KA0401: Unknown keyword 'prioriti' in vrrp_instance",
      '    \tprioriti 5',
      '    \t^^^^^^^^',
      '  effect: keepalived ignores this line',
      "  fix: did you mean 'priority'?",
    ].join('\n'),
  );
});

it('diagnostic/a value from a definition names both places', () => {
  const text = formatDiagnostic(first(`$P=300\n${instance('priority $P')}`, 'KA0504'));
  assert.match(text, /keepalived\.conf:6:10-11: error KA0504: number '300' outside range \[1, 255\]/);
  assert.match(text, /note: \/etc\/keepalived\/keepalived\.conf:1:1: \$P is defined here/);
});

it('diagnostic/two blocks name each other', () => {
  const text = formatDiagnostic(first(instance('') + instance(''), 'KA0409'));
  assert.match(text, /:11:15-18: error KA0409: vrrp instance VI_1 already defined/);
  assert.match(text, /note: .*:2:15: first defined here/);
});

it('diagnostic/control characters of a file do not reach the terminal', () => {
  const text = formatDiagnostic(first(instance('foo\x1b[31mbar'), 'KA0401'), { color: false });
  assert.ok(!text.includes('\x1b'));
  assert.ok(formatDiagnostic(first(instance('foo'), 'KA0401'), { color: true }).includes('\x1b[31merror'));
});

it('diagnostic/suggestions', () => {
  const words = ['priority', 'interface', 'virtual_ipaddress', 'state'];
  assert.equal(nearest('prioriti', words), 'priority');
  assert.equal(nearest('virtual_ipadress', words), 'virtual_ipaddress');
  assert.equal(nearest('statr', words), 'state');
  assert.equal(nearest('zzz', words), undefined);
  assert.match(first(instance('', '192.0.2.1 labl x'), 'KA0704').fix ?? '', /did you mean 'label'/);
  assert.match(first('garp_master_delay 1\n', 'KA0401').fix ?? '', /belongs into vrrp_instance/);
});

it('diagnostic/order is that of the text', () => {
  const at = load(`${instance('foo\nnopreempt\nstate MASTER\npriority 5x')}}\n`).diagnostics.map(
    (d) => d.at.start,
  );
  assert.deepEqual(
    at,
    at.toSorted((a, b) => a - b),
  );
});

it('keywords/each row once, ranges in order', () => {
  const keys = KEYWORDS.map((k) => `${k.block}/${k.keyword}`);
  assert.equal(new Set(keys).size, keys.length);
  assert.equal(keys.length, 531);
  for (const k of KEYWORDS) {
    assert.ok((k.min ?? 0) <= (k.max ?? Number.MAX_SAFE_INTEGER), k.keyword);
    assert.ok(k.summary.length > 0 && k.args.length > 0, k.keyword);
    if (k.type === 'choice') assert.ok((k.choices?.length ?? 0) > 0, k.keyword);
  }
});

it('keywords/none is unknown in its own block', () => {
  const OPEN = { block: '{\n}', values: '{\n}' } as const;
  for (const k of KEYWORDS) {
    const path = k.block === '' ? [] : k.block.split('/');
    const inside = `${k.keyword} ${k.type === 'block' || k.type === 'values' ? `x ${OPEN[k.type]}` : 'x'}`;
    const text = path.reduceRight((body, block) => `${block} x {\n${body}\n}`, inside);
    const unknown = load(text).diagnostics.filter((d) => d.code === 'KA0401' || d.code === 'KA0402');
    assert.deepEqual(
      unknown.map((d) => d.message),
      [],
      text,
    );
  }
});
