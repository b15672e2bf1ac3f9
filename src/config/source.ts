/**
 * One configuration file's text, kept so that every later stage can point back into it, and the spans that do the
 * pointing. A file included twice is two sources: its include chain belongs to it.
 */
import type { Place } from './config.ts';

export class Source {
  readonly file: string;
  readonly text: string;
  /** The `include` line that brought this file in; undefined for the main file. */
  readonly includedFrom: Span | undefined;
  /** Offsets of the lines; made when the first position is asked for. */
  #starts: readonly number[] | undefined;
  #hasNul: boolean | undefined;

  constructor(file: string, text: string, includedFrom?: Span) {
    this.file = file;
    this.text = text;
    this.includedFrom = includedFrom;
  }

  get #lineStarts(): readonly number[] {
    if (this.#starts !== undefined) return this.#starts;
    const starts = [0];
    for (let i = this.text.indexOf('\n'); i !== -1; i = this.text.indexOf('\n', i + 1)) starts.push(i + 1);
    this.#starts = starts;
    return starts;
  }

  get lineCount(): number {
    return this.#lineStarts.length;
  }

  /** 1-based line and column of a UTF-16 offset. */
  position(offset: number): { readonly line: number; readonly col: number } {
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const mid = (low + high + 1) >> 1;
      if ((starts[mid] ?? 0) <= offset) low = mid;
      else high = mid - 1;
    }
    return { line: low + 1, col: offset - (starts[low] ?? 0) + 1 };
  }

  /** keepalived drops every line that holds a NUL; looked up once, for files are searched line by line. */
  get hasNul(): boolean {
    this.#hasNul ??= this.text.includes('\0');
    return this.#hasNul;
  }

  /** The text of a 1-based line without its line end. */
  line(line: number): string {
    const start = this.#lineStarts[line - 1] ?? this.text.length;
    const end = this.#lineStarts[line];
    return this.text.slice(start, end === undefined ? undefined : end - 1).replace(/\r+$/, '');
  }
}

/** Where the characters of an expanded definition come from: the span is the place of use, this is the origin. */
export type Via = { readonly note: string; readonly at: Span };

/** A range of one source (UTF-16 offsets, end exclusive), carried by every line, word, node and model value. */
export type Span = {
  readonly source: Source;
  readonly start: number;
  readonly end: number;
  readonly via?: Via | undefined;
};

export function placeOf(at: Span): Place {
  const { line, col } = at.source.position(at.start);
  return { file: at.source.file, line, col };
}

/** The `include` lines from the innermost outwards; empty for the main file. */
export function includeTrace(at: Span): readonly Place[] {
  const out: Place[] = [];
  for (let from = at.source.includedFrom; from !== undefined; from = from.source.includedFrom)
    out.push(placeOf(from));
  return out;
}
