/** Input number `index` of run `seed`: a mutated file, a text of the grammar, or a soup. */
import { grammarText, soup } from './grammar.ts';
import { MAX_LENGTH, mutate } from './mutate.ts';
import { inputSeed, random } from './random.ts';

export function input(seed: number, index: number, seeds: readonly string[]): string {
  const r = random(inputSeed(seed, index));
  const window = (): string => {
    const text = r.pick(seeds);
    if (text.length <= MAX_LENGTH) return text;
    const at = text.indexOf('\n', r.below(text.length - MAX_LENGTH)) + 1;
    return text.slice(at, at + MAX_LENGTH);
  };
  const kind = r.below(10);
  if (kind < 5) return mutate(window(), window(), r);
  if (kind < 7) return mutate(grammarText(r, 0.2).slice(0, MAX_LENGTH), window(), r);
  if (kind < 9) return grammarText(r, r.pick([0, 0.1, 0.5])).slice(0, MAX_LENGTH);
  return soup(r);
}
