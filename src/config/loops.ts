/** `~SEQ`, `~SEQx` and `~LST`: the head of a line that repeats the rest of it with definitions set in turn. */

/** One repetition: the definitions to set before the template is read. */
export type Round = readonly (readonly [name: string, value: string])[];
export type Loop =
  | { readonly ok: true; readonly rounds: Iterable<Round>; readonly count: number }
  | { readonly ok: false; readonly error: string };

export type LoopHead = {
  readonly kind: 'SEQ' | 'SEQx' | 'LST';
  readonly open: number; // index behind '('
  readonly close: number; // index of ')', or -1
};

const HEAD = /^~(SEQx|SEQ|LST)[ \t]*\(/;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

export function loopHead(text: string): LoopHead | undefined {
  const m = HEAD.exec(text);
  if (m === null) return undefined;
  return { kind: m[1] as LoopHead['kind'], open: m[0].length, close: text.indexOf(')', m[0].length) };
}

const fail = (error: string): Loop => ({ ok: false, error });

/** C's strtol with base 0, whole text, 32-bit range: `0x10`, `010` and `-3`. */
function cInteger(text: string): number | undefined {
  const m = /^([+-]?)(0[xX][0-9a-fA-F]+|0[0-7]*|[1-9]\d*)$/.exec(text);
  if (m === null) return undefined;
  const digits = m[2] as string;
  const value = /^0[xX]/.test(digits)
    ? Number.parseInt(digits.slice(2), 16)
    : digits.startsWith('0')
      ? Number.parseInt(digits, 8)
      : Number(digits);
  if (value > 0x7fffffff) return undefined;
  return m[1] === '-' ? -value : value;
}

/** The inside of `~SEQ(…)`: VAR, [START, [STEP,]] END; inclusive. */
export function sequence(inside: string, hex: boolean): Loop {
  const [name, ...numbers] = inside.split(',').map((s) => s.trim());
  if (name === undefined || !NAME.test(name) || numbers.length < 1 || numbers.length > 3)
    return fail('Invalid ~SEQ specification');
  const values = numbers.map(cInteger);
  if (values.some((v) => v === undefined)) return fail('Invalid ~SEQ values');
  const end = values[values.length - 1] as number;
  const start = values.length > 1 ? (values[0] as number) : end < 0 ? -1 : 1;
  const step = values.length > 2 ? (values[1] as number) : end < start ? -1 : 1;
  if (hex && (start < 0 || end < 0)) return fail('~SEQx is only valid for positive numbers');
  if (step === 0 || (end - start) * step < 0) return fail('Invalid ~SEQ values');
  const count = Math.floor((end - start) / step) + 1;
  function* rounds(): Generator<Round> {
    for (let i = 0; i < count; i++) {
      const value = start + i * step;
      yield [[name as string, hex ? value.toString(16) : String(value)]];
    }
  }
  return { ok: true, rounds: rounds(), count };
}

/** Splits at commas outside braces; undefined when a brace stays open. */
function splitList(inside: string): readonly string[] | undefined {
  const out: string[] = [];
  let depth = 0;
  let start = 0;
  for (let i = 0; i <= inside.length; i++) {
    const c = inside[i];
    if (c === '{') depth++;
    else if (c === '}') depth--;
    if (depth < 0 || depth > 1) return undefined;
    if (i === inside.length || (c === ',' && depth === 0)) {
      out.push(inside.slice(start, i).trim());
      start = i + 1;
    }
  }
  return depth === 0 ? out : undefined;
}

const group = (item: string): readonly string[] =>
  item.startsWith('{') && item.endsWith('}')
    ? item
        .slice(1, -1)
        .split(',')
        .map((s) => s.trim())
    : [item];

/** The inside of `~LST(…)`: VAR or {VAR,…}, then values of the same shape; missing values are empty. */
export function list(inside: string): Loop {
  const items = splitList(inside);
  const [head, ...values] = items ?? [];
  if (head === undefined || values.length === 0) return fail('Invalid ~LST specification');
  const names = group(head);
  if (!names.every((n) => NAME.test(n))) return fail('Invalid ~LST specification');
  const rounds: Round[] = [];
  for (const item of values) {
    if (/[ \t"]/.test(item.startsWith('{') ? item.replace(/[ \t]*,[ \t]*/g, ',') : item))
      return fail('Invalid ~LST specification');
    const parts = group(item);
    if (parts.length > names.length) return fail('~LST specification has too many values');
    rounds.push(names.map((n, i) => [n, parts[i] ?? ''] as const));
  }
  return { ok: true, rounds, count: rounds.length };
}
