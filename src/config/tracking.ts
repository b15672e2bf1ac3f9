/** Lines of 'track_interface', 'track_script', 'track_file', 'track_process' and 'track_bfd': name, weight, reverse. */
import type { TrackedInterface, TrackedScript } from './config.ts';
import { type BuildContext, interfaceExists } from './context.ts';
import type { Known, Tracked, TrackLists } from './track-config.ts';
import type { Statement } from './tree.ts';
import type { Word } from './words.ts';

/** What differs between the lists. */
type Kind = {
  readonly what: string; // for messages
  readonly limit: number; // of the weight's amount
  readonly clamps: boolean; // one more than the limit becomes the limit
  readonly noreverse: boolean; // the word is known
  readonly strict: boolean; // an unknown word behind the weight costs the line
};

const INTERFACE: Kind = { what: 'interface', limit: 253, clamps: true, noreverse: false, strict: false };
const SCRIPT: Kind = { what: 'script', limit: 253, clamps: true, noreverse: true, strict: false };
const FILE: Kind = { what: 'file', limit: 254, clamps: false, noreverse: true, strict: true };
const PROCESS: Kind = { what: 'process', limit: 254, clamps: false, noreverse: true, strict: false };
const BFD: Kind = { what: 'bfd', limit: 253, clamps: false, noreverse: true, strict: true };

type Line = {
  readonly name: Word;
  readonly weight: number | undefined;
  readonly reverse: boolean | undefined;
};

/** `NAME [weight N [reverse]]`, and nothing behind that is read; undefined when the line is skipped. */
function readLine(words: readonly Word[], kind: Kind, use: string, c: BuildContext): Line | undefined {
  const [name, keyword, value, direction] = words;
  if (name === undefined) return undefined;
  if (keyword === undefined) return { name, weight: undefined, reverse: undefined };
  const skipped = `keepalived skips the line: ${name.text} is not tracked`;
  if (keyword.text !== 'weight') {
    c.reporter.report('KA0803', keyword.at, `${use} unknown track ${kind.what} option '${keyword.text}'`, {
      effect: skipped,
      fix: `write '${name.text} weight NUMBER' or '${name.text}' alone`,
    });
    return undefined;
  }
  if (value === undefined) {
    c.reporter.report(
      'KA0802',
      keyword.at,
      `${use} weight without value specified for track ${kind.what} ${name.text}`,
      {
        effect: skipped,
        fix: `write '${name.text} weight NUMBER'`,
      },
    );
    return undefined;
  }
  const weight = readWeight(value, kind, use, c);
  if (direction === undefined) return { name, weight, reverse: undefined };
  if (direction.text === 'reverse') return { name, weight, reverse: true };
  if (direction.text === 'noreverse' && kind.noreverse) return { name, weight, reverse: false };
  c.reporter.report(
    'KA0811',
    direction.at,
    `${use} unknown track ${kind.what} weight option '${direction.text}'`,
    {
      effect: kind.strict ? skipped : 'keepalived ignores the word',
      fix: kind.noreverse ? "write 'reverse', 'noreverse' or nothing" : "write 'reverse' or nothing",
    },
  );
  return kind.strict ? undefined : { name, weight, reverse: undefined };
}

function readWeight(word: Word, kind: Kind, use: string, c: BuildContext): number | undefined {
  const { limit } = kind;
  const value = /^[+-]?\d{1,9}$/.test(word.text) ? Number(word.text) : Number.NaN;
  if (Math.abs(value) <= limit) return value;
  const almost = kind.clamps && Math.abs(value) === limit + 1;
  c.reporter.report('KA0804', word.at, `${use} weight '${word.text}' must be between [-${limit}..${limit}]`, {
    effect: almost ? `keepalived uses ${Math.sign(value) * limit}` : 'keepalived ignores the weight',
    fix: `write a number in -${limit}..${limit}`,
    keepalivedClass: 'general-error',
  });
  return almost ? Math.sign(value) * limit : undefined;
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
    const line = readLine(entry.words, INTERFACE, use, c);
    if (line === undefined || !interfaceExists(line.name.text, line.name.at, `track_interface of ${use}`, c))
      continue;
    if (duplicate(line.name, seen, use, c)) continue;
    out.push({ interface: line.name.text, weight: line.weight ?? 0, reverse: line.reverse ?? false });
  }
  return out;
}

/** Scripts that may be named here: those defined before the block, with the weight of their own. */
export type KnownScripts = Known;

export function readTrackScripts(
  lists: readonly Statement[],
  use: string,
  known: KnownScripts,
  order: number,
  c: BuildContext,
): TrackedScript[] {
  return readNames(lists, SCRIPT, use, known, order, c).map(({ name, weight, reverse }) => ({
    script: name,
    weight,
    reverse,
  }));
}

/** Files, processes and BFD sessions that an instance or a group tracks. */
export function readTrackLists(
  list: (keyword: string) => readonly Statement[],
  use: string,
  order: number,
  c: BuildContext,
): TrackLists {
  const { files, processes, sessions } = c.trackers;
  return {
    trackFiles: readNames(list('track_file'), FILE, use, files, order, c),
    trackProcesses: readNames(list('track_process'), PROCESS, use, processes, order, c),
    trackBfd: readNames(list('track_bfd'), BFD, use, sessions, order, c),
  };
}

const DEFINITIONS: Readonly<Record<string, string>> = {
  script: 'vrrp_script',
  file: 'track_file',
  process: 'vrrp_track_process',
  bfd: 'bfd_instance',
};

function readNames(
  lists: readonly Statement[],
  kind: Kind,
  use: string,
  known: Known,
  order: number,
  c: BuildContext,
): Tracked[] {
  const out: Tracked[] = [];
  const seen = new Set<string>();
  for (const entry of lists.flatMap((l) => l.entries)) {
    // KEEPALIVED: the name is looked up before the options are read.
    const name = entry.words[0];
    if (name === undefined) continue;
    const found = known.get(name.text);
    // Its block was removed, and that was said.
    if (found?.removed === true && found.order <= order) continue;
    if (found === undefined || found.order > order) {
      unknown(name, kind, found !== undefined, use, c);
      continue;
    }
    const line = readLine(entry.words, kind, use, c);
    if (line === undefined || duplicate(line.name, seen, use, c)) continue;
    out.push({
      name: name.text,
      weight: line.weight ?? found.weight,
      reverse: line.reverse ?? found.reverse,
    });
  }
  return out;
}

function unknown(name: Word, kind: Kind, later: boolean, use: string, c: BuildContext): void {
  const block = DEFINITIONS[kind.what] ?? '';
  c.reporter.report(
    kind === SCRIPT ? 'KA0801' : 'KA0810',
    name.at,
    `${use} track ${kind.what} ${name.text} not found, ignoring...`,
    {
      effect: 'the instance runs without this check',
      fix: later
        ? `move the ${block} block above the block that tracks it`
        : `define '${block} ${name.text} { … }' above`,
    },
  );
}
