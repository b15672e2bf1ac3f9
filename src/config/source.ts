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
  /** Offsets of the first lines, as far as they are known. */
  readonly #starts: number[] = [0];
  #hasNul: boolean | undefined;

  constructor(file: string, text: string, includedFrom?: Span) {
    this.file = file;
    this.text = text;
    this.includedFrom = includedFrom;
  }

  /** Offsets of all lines up to the one that holds `offset`, and maybe more. */
  #startsUpTo(offset: number): readonly number[] {
    let last = this.#starts[this.#starts.length - 1] as number;
    while (last <= offset) {
      const newline = this.text.indexOf('\n', last);
      if (newline === -1) break;
      last = newline + 1;
      this.#starts.push(last);
    }
    return this.#starts;
  }

  /** A reader that goes through the file tells where the next line begins, which spares looking for it again. */
  lineStartsAt(offset: number, before: number): void {
    if (this.#starts[this.#starts.length - 1] === before) this.#starts.push(offset);
  }

  get lineCount(): number {
    return this.#startsUpTo(this.text.length).length;
  }

  /** 1-based line and column of a UTF-16 offset. */
  position(offset: number): { readonly line: number; readonly col: number } {
    const starts = this.#startsUpTo(offset);
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
    const starts = this.#startsUpTo(this.text.length);
    const start = starts[line - 1] ?? this.text.length;
    const end = starts[line];
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
