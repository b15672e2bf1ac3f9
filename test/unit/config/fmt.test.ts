/**
 * `vipd fmt` changes no meaning: what is read from the new text is what was read from the old one, findings included, and
 * laying out twice is laying out once. On texts that follow the language, on damaged ones, on word soup, on every recorded
 * text, and on real files when VIPD_CORPUS names some.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import fc from 'fast-check';
import { formatConfig } from '../../../src/config/fmt/format.ts';
import { checkLayout, meaning, sameMeaning } from '../../fuzz/checks.ts';
import { grammarText, soup } from '../../fuzz/grammar.ts';
import { input } from '../../fuzz/inputs.ts';
import { random } from '../../fuzz/random.ts';
import { realFiles, seedTexts } from '../../fuzz/seeds.ts';
import { load } from './support.ts';

const RUNS = Number(process.env['VIPD_FMT_RUNS'] ?? 120);
const seeds = seedTexts(undefined);
const seed = fc.integer({ min: 1, max: 2 ** 31 - 2 });

const texts = {
  grammar: seed.map((n) => grammarText(random(n), 0)),
  'grammar with noise': seed.map((n) => grammarText(random(n), 0.5)),
  'damaged files': seed.map((n) => input(n, 0, seeds)),
  'word soup': seed.map((n) => soup(random(n))),
  characters: fc.string({
    unit: fc.constantFrom(
      ...'\n\n\n  \t{}{}"\'#!\\\\$@~AB=x()\r\0é€',
      '\\\n',
      '$A',
      '$A=',
      `\${A}`,
      ' \\\n',
      '@main ',
    ),
    maxLength: 60,
  }),
  'characters in a block': fc
    .string({
      unit: fc.constantFrom(
        ...'\n\n  \t{}"#!\\$A=',
        '\\\n',
        '$A',
        '$A=\\\n',
        `\${A}`,
        'priority 9',
        '# c \\\n',
      ),
      maxLength: 40,
    })
    .map((s) => `vrrp_instance A {\ninterface eth0\nvirtual_router_id 7\n${s}\n}\nvrrp_instance B {\n`),
};
for (const [name, arbitrary] of Object.entries(texts))
  it(`fmt/changes nothing that is read/${name}`, () =>
    fc.assert(
      fc.property(arbitrary, (text) => checkLayout(text)),
      { numRuns: RUNS, seed: 20261127 },
    ));

const indents = fc.constantFrom('', ' ', '  ', '\t', '        ');
it('fmt/with any indentation', () =>
  fc.assert(
    fc.property(fc.oneof(...Object.values(texts)), indents, (text, indent) => {
      const once = formatConfig(text, { indent });
      assert.equal(formatConfig(once, { indent }), once);
      sameMeaning(meaning(load(once)), meaning(load(text)));
    }),
    { numRuns: RUNS, seed: 20261128 },
  ));

it('fmt/bytes of any encoding survive', () =>
  fc.assert(
    fc.property(fc.oneof(...Object.values(texts)), fc.boolean(), (text, utf8) => {
      const bytes = Buffer.from(text, utf8 ? 'utf8' : 'utf16le');
      const once = formatConfig(bytes.toString('latin1'), { bytes: true });
      assert.equal(formatConfig(once, { bytes: true }), once);
      sameMeaning(
        meaning(load(Buffer.from(once, 'latin1').toString('utf8'))),
        meaning(load(bytes.toString('utf8'))),
      );
    }),
    { numRuns: RUNS, seed: 20261130 },
  ));

/** Blanks, tabs and line ends apart, every character stays where it was among the others. */
it('fmt/only white space changes', () =>
  fc.assert(
    fc.property(fc.oneof(...Object.values(texts)), (text) => {
      assert.equal(formatConfig(text).replace(/[ \t\r\n]+/g, ''), text.replace(/[ \t\r\n]+/g, ''));
    }),
    { numRuns: RUNS, seed: 20261131 },
  ));

/** A file that another one includes is laid out without knowing where it is read. */
it('fmt/an included file', () =>
  fc.assert(
    fc.property(fc.oneof(...Object.values(texts)), fc.oneof(...Object.values(texts)), (before, part) => {
      const files = (text: string) => ({ '/inc/a.conf': text.replaceAll('include', 'exclude') });
      // It would include itself; where that ends depends on the number of lines.
      const around = before.replaceAll('include', 'exclude');
      const main = `${around}\ninclude /inc/a.conf\n${around}`;
      sameMeaning(meaning(load(main, {}, files(formatConfig(part)))), meaning(load(main, {}, files(part))));
    }),
    { numRuns: RUNS, seed: 20261132 },
  ));

const recorded = (file: string): readonly { readonly name: string; readonly text: string }[] =>
  JSON.parse(readFileSync(`test/golden/${file}`, 'utf8'));
for (const file of ['config-lines.json', 'config-status.json', 'config-scenarios.json'])
  it(`fmt/recorded/${file}`, () => {
    const rows = recorded(file).filter((row) => typeof row.text === 'string');
    assert.notEqual(rows.length, 0);
    for (const row of rows) {
      checkLayout(row.text);
      checkLayout(row.text.replaceAll('\n', '\r\n'));
    }
  });

const corpus = process.env['VIPD_CORPUS'];
it('fmt/real files', { skip: corpus === undefined && 'VIPD_CORPUS is not set' }, () => {
  for (const { text } of realFiles(corpus)) {
    checkLayout(text);
    checkLayout(text.replaceAll('\n', '\r\n'));
  }
});
