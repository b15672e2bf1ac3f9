/** Words and command lines: the table of two-stage quoting, and the ordinary splitting. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Source } from '../../../src/config/source.ts';
import { Text } from '../../../src/config/text.ts';
import { splitArgv, splitCommandLine, splitWords } from '../../../src/config/words.ts';

const line = (text: string) => Text.literal(new Source('f', text), 0, text.length);

const ordinary: readonly (readonly [text: string, words: readonly string[], unmatched?: boolean])[] = [
  ['a b\tc', ['a', 'b', 'c']],
  ['foo"bar baz"', ['foo', 'bar baz']],
  ['a "" b', ['a', '', 'b']],
  ["a 'b c'", ['a', "'b", "c'"]],
  ['a\x0bb\x0cc', ['a', 'b', 'c']],
  ['priority "100', ['priority'], true],
  ['a "b"c', ['a', 'b', 'c']],
];
for (const [text, words, unmatched = false] of ordinary)
  it(`words/${JSON.stringify(text)}`, () => {
    const split = splitWords(line(text));
    assert.deepEqual(
      split.words.map((w) => w.text),
      words,
    );
    assert.equal(split.unmatchedQuote !== undefined, unmatched);
  });

const commands: readonly (readonly [text: string, argv: readonly string[], rest?: readonly string[]])[] = [
  ['notify_master "/x/s.sh a b"', ['/x/s.sh', 'a', 'b']],
  [`notify_master "/x/s.sh 'a b' c"`, ['/x/s.sh', 'a b', 'c']],
  ['notify_master "/x/s.sh \\"a b\\""', ['/x/s.sh', '"a', 'b"']],
  ['notify_master /x/s.sh a b', ['/x/s.sh'], ['a', 'b']],
  ['notify_master /x/te"st"', ['/x/test']],
  ['script "/x a\\x41\\101\\tb \\cA"', ['/x', 'aAA\tb', '\x01']],
  ["script '/x a' u", ['/x', 'a'], ['u']],
  ['script "</some/file"', ['</some/file']],
];
for (const [text, argv, rest = []] of commands)
  it(`command/${text}`, () => {
    const [, command, ...others] = splitCommandLine(line(text)).words;
    assert.deepEqual(splitArgv(command?.text ?? ''), argv);
    assert.deepEqual(
      others.map((w) => w.text),
      rest,
    );
  });

it('words/spans point at the words', () => {
  const source = new Source('f', 'x\n  priority "1 2" b\n');
  const words = splitWords(Text.literal(source, 4, 20)).words;
  assert.deepEqual(
    words.map((w) => source.text.slice(w.at.start, w.at.end)),
    ['priority', '"1 2"', 'b'],
  );
});

it('text/replaced characters point at the place of use, the rest at its own', () => {
  const source = new Source('f', 'foo $A bar');
  const text = Text.literal(source, 0, 10).replace(4, 6, 'longer value');
  assert.equal(text.text, 'foo longer value bar');
  const at = (a: number, b: number) => source.text.slice(text.span(a, b).start, text.span(a, b).end);
  assert.equal(at(4, 10), '$A');
  assert.equal(at(17, 20), 'bar');
  assert.equal(at(0, 3), 'foo');
  assert.equal(text.slice(17).span().start, 7);
});
