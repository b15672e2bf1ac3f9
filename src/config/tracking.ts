/** Lines of 'track_interface' and 'track_script': name, weight, reverse. */
import type { TrackedInterface, TrackedScript } from './config.ts';
import { type BuildContext, interfaceExists } from './context.ts';
import type { Statement } from './tree.ts';
import type { Word } from './words.ts';

const LIMIT = 253;

type Line = {
  readonly name: Word;
  readonly weight: number | undefined;
  readonly reverse: boolean | undefined;
};

/** `NAME [weight N [reverse]]`; undefined when the line is skipped. */
function readLine(words: readonly Word[], use: string, c: BuildContext): Line | undefined {
  const [name, ...rest] = words;
  if (name === undefined) return undefined;
  let weight: number | undefined;
  let reverse: boolean | undefined;
  for (let i = 0; i < rest.length; i++) {
    const word = rest[i] as Word;
    if (word.text === 'weight') {
      const value = rest[++i];
      weight = value === undefined ? undefined : readWeight(value, use, c);
      if (value === undefined)
        c.reporter.report('KA0802', word.at, `${use} weight without specified value`, {
          effect: 'keepalived ignores it',
        });
      const next = rest[i + 1]?.text;
      if (next === 'reverse' || next === 'noreverse') {
        reverse = next === 'reverse';
        i++;
      }
    } else {
      c.reporter.report('KA0803', word.at, `${use} unknown track option '${word.text}'`, {
        effect: `keepalived skips the line: ${name.text} is not tracked`,
        fix: `write '${name.text} weight NUMBER' or '${name.text}' alone`,
      });
      return undefined;
    }
  }
  return { name, weight, reverse };
}

function readWeight(word: Word, use: string, c: BuildContext): number | undefined {
  const value = /^[+-]?\d{1,9}$/.test(word.text) ? Number(word.text) : Number.NaN;
  if (Math.abs(value) <= LIMIT) return value;
  const almost = Math.abs(value) === LIMIT + 1;
  c.reporter.report('KA0804', word.at, `${use} weight '${word.text}' must be between [-${LIMIT}..${LIMIT}]`, {
    effect: almost ? `keepalived uses ${Math.sign(value) * LIMIT}` : 'keepalived ignores the weight',
    fix: `write a number in -${LIMIT}..${LIMIT}`,
    keepalivedClass: 'general-error',
  });
  return almost ? Math.sign(value) * LIMIT : undefined;
}

function duplicate(name: Word, seen: Set<string>, use: string, c: BuildContext): boolean {
  if (!seen.has(name.text)) {
    seen.add(name.text);
    return false;
  }
  c.reporter.report('KA0805', name.at, `${use} duplicate track of ${name.text} - ignoring`, {
    effect: 'keepalived skips the second line',
  });
  return true;
}

export function readTrackInterfaces(
  lists: readonly Statement[],
  use: string,
  c: BuildContext,
): TrackedInterface[] {
  const out: TrackedInterface[] = [];
  const seen = new Set<string>();
  for (const entry of lists.flatMap((l) => l.entries)) {
    const line = readLine(entry.words, use, c);
    if (line === undefined || !interfaceExists(line.name.text, line.name.at, `track_interface of ${use}`, c))
      continue;
    if (duplicate(line.name, seen, use, c)) continue;
    out.push({ interface: line.name.text, weight: line.weight ?? 0, reverse: line.reverse ?? false });
  }
  return out;
}

/** Scripts that may be named here: those defined before the block, with the weight of their own. */
export type KnownScripts = ReadonlyMap<
  string,
  { readonly order: number; readonly weight: number; readonly reverse: boolean; readonly removed?: true }
>;

export function readTrackScripts(
  lists: readonly Statement[],
  use: string,
  known: KnownScripts,
  order: number,
  c: BuildContext,
): TrackedScript[] {
  const out: TrackedScript[] = [];
  const seen = new Set<string>();
  for (const entry of lists.flatMap((l) => l.entries)) {
    const line = readLine(entry.words, use, c);
    if (line === undefined) continue;
    const script = known.get(line.name.text);
    // Its block was removed, and that was said.
    if (script?.removed === true && script.order <= order) continue;
    if (script === undefined || script.order > order) {
      c.reporter.report(
        'KA0801',
        line.name.at,
        `${use} track script ${line.name.text} not found, ignoring...`,
        {
          effect: 'the instance runs without this check',
          fix:
            script === undefined
              ? `define 'vrrp_script ${line.name.text} { … }' above`
              : 'move the vrrp_script block above the block that tracks it',
        },
      );
      continue;
    }
    if (duplicate(line.name, seen, use, c)) continue;
    out.push({
      script: line.name.text,
      weight: line.weight ?? script.weight,
      reverse: line.reverse ?? script.reverse,
    });
  }
  return out;
}
