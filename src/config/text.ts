/**
 * A line's text that remembers, through cutting and substitution, which source characters it came from.
 * Inserted text (a definition's value) points at the place of use; `via` names the definition.
 */
import type { Source, Span, Via } from './source.ts';

/** Characters from `from` up to the next piece. Literal pieces map one to one, inserted ones to a fixed range. */
type Piece = {
  readonly from: number;
  readonly start: number;
  readonly end: number | undefined;
  readonly via: Via | undefined;
};

export class Text {
  readonly text: string;
  readonly source: Source;
  readonly #pieces: readonly Piece[];

  private constructor(text: string, source: Source, pieces: readonly Piece[]) {
    this.text = text;
    this.source = source;
    this.#pieces = pieces;
  }

  /** `source.text.slice(start, end)`. */
  static literal(source: Source, start: number, end: number): Text {
    return new Text(source.text.slice(start, end), source, [
      { from: 0, start, end: undefined, via: undefined },
    ]);
  }

  /** Text of other origin, all of it standing for the range `at`. */
  static fixed(text: string, at: Span, via?: Via): Text {
    return new Text(text, at.source, [{ from: 0, start: at.start, end: at.end, via: via ?? at.via }]);
  }

  get length(): number {
    return this.text.length;
  }

  /** Span of the characters `a` up to `b`; a point when they are equal. */
  span(a: number = 0, b: number = this.text.length): Span {
    const first = this.#pieceAt(a);
    const last = b > a ? this.#pieceAt(b - 1) : first;
    const start = first.end === undefined ? first.start + (a - first.from) : first.start;
    const end = last.end === undefined ? last.start + (b - last.from) : last.end;
    const via = first.via ?? last.via;
    const at = { source: this.source, start, end: Math.max(start, end) };
    return via === undefined ? at : { ...at, via };
  }

  slice(a: number, b: number = this.text.length): Text {
    if (a <= 0 && b >= this.text.length) return this;
    const pieces: Piece[] = [];
    for (const [i, p] of this.#pieces.entries()) {
      const to = this.#pieces[i + 1]?.from ?? this.text.length;
      if (to <= a && i + 1 < this.#pieces.length) continue;
      if (p.from >= b && pieces.length > 0) break;
      const cut = Math.max(0, a - p.from);
      pieces.push({
        ...p,
        from: Math.max(0, p.from - a),
        start: p.end === undefined ? p.start + cut : p.start,
      });
    }
    return new Text(this.text.slice(a, b), this.source, pieces);
  }

  trim(): Text {
    const a = /^[ \t]*/.exec(this.text)?.[0].length ?? 0;
    let b = this.text.length;
    while (b > a && (this.text[b - 1] === ' ' || this.text[b - 1] === '\t')) b--;
    return this.slice(a, b);
  }

  /** Puts `insert` in place of the characters `a` up to `b`. */
  replace(a: number, b: number, insert: string, via?: Via): Text {
    const at = this.span(a, b);
    const pieces: Piece[] = a > 0 ? [...this.slice(0, a).#pieces] : [];
    if (insert.length > 0) pieces.push({ from: a, start: at.start, end: at.end, via: at.via ?? via });
    if (b < this.text.length)
      for (const p of this.slice(b).#pieces) pieces.push({ ...p, from: p.from + a + insert.length });
    if (pieces.length === 0) pieces.push({ from: 0, start: at.start, end: at.end, via: at.via });
    return new Text(this.text.slice(0, a) + insert + this.text.slice(b), this.source, pieces);
  }

  #pieceAt(index: number): Piece {
    let found = this.#pieces[0] as Piece;
    for (const p of this.#pieces) {
      if (p.from > index) break;
      found = p;
    }
    return found;
  }
}
