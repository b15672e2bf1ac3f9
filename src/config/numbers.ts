/** Integers and decimals as keepalived reads them: base 10, a leading `+`, no suffix; decimals scaled to an integer. */
import type { Reporter } from './diagnostic.ts';
import type { Statement } from './tree.ts';
import type { Word } from './words.ts';

type Outcome = number | undefined;

function invalid(word: Word, reporter: Reporter, s: Statement, note = ''): undefined {
  reporter.report('KA0503', word.at, `invalid number '${word.text}'${note}`, consequence(s));
  return undefined;
}

/** What becomes of the setting after a bad value. */
function consequence(s: Statement): { readonly effect: string; readonly fix: string } {
  const { row, keyword } = s;
  return {
    effect:
      row.fallback === undefined
        ? `keepalived ignores the line${row.default === undefined ? '' : `; the default is ${row.default}`}`
        : `keepalived uses ${row.fallback}`,
    fix: `write '${keyword.text} ${row.args}'${row.range === undefined ? '' : ` with a value in ${row.range}`}`,
  };
}

/** Reports when the value is outside of the row's range; the text of a decimal stays as written. */
function inRange(value: number, s: Statement, word: Word, reporter: Reporter): boolean {
  const { min, max } = s.row;
  if ((min === undefined || value >= min) && (max === undefined || value <= max)) return true;
  reporter.report(
    'KA0504',
    word.at,
    `number '${word.text}' outside range [${min ?? ''}, ${max ?? ''}] of ${s.keyword.text}`,
    consequence(s),
  );
  return false;
}

/** The integer of a word that stands among others, without a report; undefined when it is none of `min`..`max`. */
export function wordNumber(word: Word, min: number, max: number): number | undefined {
  const value = /^[+-]?\d{1,10}$/.test(word.text) ? Number(word.text) : Number.NaN;
  return value >= min && value <= max ? value : undefined;
}

/** Seconds with up to six decimals, as microseconds; more decimals are reported and rounded half up. */
export function wordSeconds(word: Word, reporter: Reporter): number | undefined {
  const m = /^\+?(\d{0,10})(?:\.(\d*))?$/.exec(word.text);
  if (m === null || word.text === '') return undefined;
  return scaled(m[1] ?? '', m[2] ?? '', 6, word, reporter);
}

/** Digits before and behind the point as an integer of 10^-scale. */
function scaled(whole: string, fraction: string, scale: number, word: Word, reporter: Reporter): number {
  let value = Number(whole) * 10 ** scale + Number(fraction.slice(0, scale).padEnd(scale, '0'));
  if (fraction.length > scale) {
    if ((fraction[scale] ?? '0') >= '5') value++;
    reporter.report('KA0511', word.at, `number '${word.text}' has more than ${scale} decimals`, {
      effect: `keepalived rounds it to ${value / 10 ** scale}`,
    });
  }
  return value;
}

/** Out of range where the nearest bound counts. */
function clamped(value: number, s: Statement, word: Word, reporter: Reporter): number {
  const min = s.row.min ?? value;
  const result = Math.min(Math.max(value, min), s.row.max ?? value);
  if (result !== value)
    reporter.report(
      'KA0504',
      word.at,
      `${s.keyword.text} ${value} ${value < min ? `less than minimum ${min} - setting to minimum` : `greater than maximum ${s.row.max} - setting to maximum`}`,
      { effect: `keepalived uses ${result}` },
    );
  return result;
}

/** In the written unit. `strict` (configuration test): trailing junk is always refused. */
export function readInteger(s: Statement, word: Word, reporter: Reporter, strict: boolean): Outcome {
  const m = /^[ \t\n\v\f\r]*([+-]?)(\d+)(.*)$/s.exec(word.text);
  const { row } = s;
  if (m === null) return invalid(word, reporter, s);
  const junk = m[3] !== '';
  const value = (m[1] === '-' ? -1 : 1) * Number(m[2]);
  if (junk && (strict || row.lenient !== true)) return invalid(word, reporter, s);
  if (row.clamp === true && !junk) return clamped(value, s, word, reporter);
  if (value < 0 && (row.min ?? 0) >= 0) return invalid(word, reporter, s, ': negative number');
  // `weight` in vrrp_script: the error is reported and the value used.
  if (!inRange(value, s, word, reporter))
    return row.block === 'vrrp_script' && row.type === 'weight' ? value : undefined;
  if (junk)
    reporter.report('KA0503', word.at, `invalid number '${word.text}', using ${value}`, {
      severity: 'warning',
      effect: `keepalived takes ${value} at run time and refuses it under -t`,
      fix: `write '${s.keyword.text} ${value}'`,
    });
  return zero(value, s, word, reporter);
}

function zero(value: number, s: Statement, word: Word, reporter: Reporter): number {
  const { row, keyword } = s;
  if (value !== 0 || row.zero === undefined) return value;
  reporter.report('KA0504', word.at, `${keyword.text} must not be 0`, {
    effect: `keepalived uses ${row.zero}`,
  });
  return row.zero * 10 ** (row.scale ?? 0);
}

/**
 * In units of 10^-scale of the written unit. Digits beyond the scale are reported, and the value is rounded half up on
 * the first of them. KEEPALIVED: with trailing junk it would use the number unscaled; vipd drops the line.
 */
export function readDecimal(s: Statement, word: Word, reporter: Reporter): Outcome {
  const { row } = s;
  const m = /^[ \t\n\v\f\r]*\+?(\d*)(?:\.(\d*))?$/.exec(word.text);
  if (m === null || word.text === '') return invalid(word, reporter, s);
  const scale = row.scale ?? 6;
  const value = scaled(m[1] ?? '', m[2] ?? '', scale, word, reporter);
  if (!Number.isSafeInteger(value)) return invalid(word, reporter, s);
  if (!inRange(value / 10 ** scale, s, word, reporter)) return undefined;
  return zero(value, s, word, reporter);
}
