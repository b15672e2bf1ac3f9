/** 'track_file' and 'vrrp_track_process' blocks. */
import type { BuildContext } from './context.ts';
import type { Block } from './settings.ts';
import { placeOf } from './source.ts';
import type { TrackFileConfig, TrackProcessConfig } from './track-config.ts';
import type { Word } from './words.ts';

const LIMIT = 254;
const INT_MAX = 0x7fffffff;

type Known = Map<string, { order: number; weight: number; reverse: boolean }>;

/** The names that 'track_*' lists may use so far; the first definition of a name holds. */
export class Trackers {
  readonly files: Known = new Map();
  readonly processes: Known = new Map();
  readonly sessions: Known = new Map();
}

function incomplete(name: Word, text: string, fix: string, c: BuildContext): undefined {
  c.reporter.report('KA0808', name.at, text, {
    effect: 'keepalived removes the block; whatever tracks it runs without it',
    fix,
  });
  return undefined;
}

/** KEEPALIVED: a reverse holds although the weight beside it was refused. */
const reversed = (block: Block): boolean => block.get('weight')?.reverse ?? false;

/** undefined when the block is removed. */
export function buildTrackFile(block: Block, c: BuildContext): TrackFileConfig | undefined {
  const name = block.statement?.args[0];
  if (name === undefined) return undefined;
  const file = block.text('file');
  if (file === undefined)
    return incomplete(
      name,
      `No file set for track_file ${name.text} - ignoring`,
      'add \'file "/path/to/file"\'',
      c,
    );
  const init = initOf(block, name.text, c);
  return {
    name: name.text,
    file,
    weight: block.number('weight') ?? 1,
    reverse: reversed(block),
    ...(init === undefined ? {} : { init }),
    place: placeOf(name.at),
  };
}

/** 'init_file [NUMBER] [overwrite]' in any order; a bad number is 0. */
function initOf(block: Block, name: string, c: BuildContext): TrackFileConfig['init'] {
  const words = block.get('init_file')?.words;
  if (words === undefined) return undefined;
  let value = 0;
  let overwrite = false;
  for (const word of words) {
    if (word.text === 'overwrite') overwrite = true;
    else if (/^[+-]?\d/.test(word.text)) value = initValue(word, name, c);
    else
      c.reporter.report('KA0809', word.at, `Unknown track file init option ${word.text}`, {
        effect: 'keepalived ignores the word',
        fix: "write 'init_file NUMBER overwrite'",
      });
  }
  return { value, overwrite };
}

function initValue(word: Word, name: string, c: BuildContext): number {
  const value = /^[+-]?\d{1,10}$/.test(word.text) ? Number(word.text) : Number.NaN;
  const fits = Math.abs(value) <= INT_MAX;
  if (fits && Math.abs(value) <= LIMIT) return value;
  c.reporter.report(
    'KA0809',
    word.at,
    fits
      ? `Track file ${name} init value ${word.text} is outside sensible range [-${LIMIT}, ${LIMIT}]`
      : `Track file ${name} init value ${word.text} is invalid`,
    {
      effect: fits ? 'keepalived uses it' : 'keepalived uses 0',
      fix: `write a number in -${LIMIT}..${LIMIT}`,
    },
  );
  return fits ? value : 0;
}

/** undefined when the block is removed. */
export function buildTrackProcess(block: Block, c: BuildContext): TrackProcessConfig | undefined {
  const name = block.statement?.args[0];
  if (name === undefined) return undefined;
  const [process, ...parameters] = block.get('process')?.words.map((w) => w.text) ?? [];
  if (process === undefined)
    return incomplete(
      name,
      `track process '${name.text}' process name not specified`,
      "add 'process NAME'",
      c,
    );
  return {
    name: name.text,
    process,
    parameters,
    match: matchOf(block, parameters.length > 0),
    // Parameters can only be seen on the command line.
    fullCommand: block.has('full_command') || parameters.length > 0 || block.has('param_match'),
    weight: block.number('weight') ?? 0,
    reverse: reversed(block),
    ...quorums(block, c),
    ...delays(block),
    place: placeOf(name.at),
  };
}

/** A bare 'param_match' means exactly these parameters, and none when there are none. */
function matchOf(block: Block, hasParameters: boolean): TrackProcessConfig['match'] {
  const text = block.text('param_match');
  if (text === 'initial' || text === 'partial') return text;
  return hasParameters || block.has('param_match') ? 'exact' : 'none';
}

type Quorums = { readonly quorum: number; readonly quorumMax?: number };

/** KEEPALIVED: each is compared with what the other is at its line. */
function quorums(block: Block, c: BuildContext): Quorums {
  let quorum = 1;
  let quorumMax: number | undefined;
  for (const s of block.settings) {
    const keyword = s.statement.keyword.text;
    if (typeof s.value !== 'number' || !keyword.startsWith('quorum')) continue;
    const tooBig =
      keyword === 'quorum'
        ? quorumMax !== undefined && s.value > quorumMax
        : s.value < quorum && !(s.value === 0 && quorum === 1);
    if (tooBig)
      c.reporter.report(
        'KA0812',
        s.at,
        keyword === 'quorum'
          ? `Quorum ${s.value} is greater than quorum_max ${quorumMax} - ignoring`
          : `quorum_max ${s.value} is less than quorum ${quorum} - ignoring`,
        { effect: 'keepalived ignores the line' },
      );
    else if (keyword === 'quorum') quorum = s.value;
    else quorumMax = s.value;
  }
  return { quorum, ...(quorumMax === undefined ? {} : { quorumMax }) };
}

/** 'delay' sets both; the later line wins. */
function delays(block: Block): { readonly forkDelayUs: number; readonly terminateDelayUs: number } {
  const last = (own: string): number => {
    const s = block.settings.findLast((x) => ['delay', own].includes(x.statement.keyword.text));
    return typeof s?.value === 'number' ? s.value : 0;
  };
  return { forkDelayUs: last('fork_delay'), terminateDelayUs: last('terminate_delay') };
}
