/**
 * A line's text that remembers, through cutting and substitution, which source characters it came from.
 * Inserted text (a definition's value) points at the place of use; `via` names the definition. Most lines are literal:
 * a range of their source, whose characters are copied only when somebody asks for them.
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
  readonly source: Source;
  /** A literal text is the range `start` up to `end` of its source; otherwise both are -1. */
  readonly start: number;
  readonly end: number;
  readonly #pieces: readonly Piece[] | undefined;
  #text: string | undefined;

  private constructor(
    source: Source,
    start: number,
    end: number,
    text: string | undefined,
    pieces: readonly Piece[] | undefined,
  ) {
    this.source = source;
    this.start = start;
    this.end = end;
    this.#text = text;
    this.#pieces = pieces;
  }

  /** `source.text.slice(start, end)`. */
  static literal(source: Source, start: number, end: number): Text {
    return new Text(source, start, end, undefined, undefined);
  }

  /** Text of other origin, all of it standing for the range `at`. */
  static fixed(text: string, at: Span, via?: Via): Text {
    return Text.#made(at.source, text, [{ from: 0, start: at.start, end: at.end, via: via ?? at.via }]);
  }

  static #made(source: Source, text: string, pieces: readonly Piece[]): Text {
    return new Text(source, -1, -1, text, pieces);
  }

  get text(): string {
    this.#text ??= this.source.text.slice(this.start, this.end);
    return this.#text;
  }

  get isLiteral(): boolean {
    return this.#pieces === undefined;
  }

  get length(): number {
    return this.#pieces === undefined ? this.end - this.start : this.text.length;
  }

  /** Span of the characters `a` up to `b`; a point when they are equal. */
  span(a: number = 0, b: number = this.length): Span {
    if (this.#pieces === undefined)
      return { source: this.source, start: this.start + a, end: this.start + Math.max(a, b) };
    const first = this.#pieceAt(a);
    const last = b > a ? this.#pieceAt(b - 1) : first;
    const start = first.end === undefined ? first.start + (a - first.from) : first.start;
    const end = last.end === undefined ? last.start + (b - last.from) : last.end;
    const via = first.via ?? last.via;
    const at = { source: this.source, start, end: Math.max(start, end) };
    return via === undefined ? at : { ...at, via };
  }

  slice(a: number, b: number = this.length): Text {
    if (a <= 0 && b >= this.length) return this;
    if (this.#pieces === undefined) return this.#sliceLiteral(a, b);
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
    return Text.#made(this.source, this.text.slice(a, b), pieces);
  }

  #sliceLiteral(a: number, b: number): Text {
    const from = Math.min(Math.max(a, 0), this.length);
    const to = Math.min(Math.max(b, from), this.length);
    return Text.literal(this.source, this.start + from, this.start + to);
  }

  trim(): Text {
    const s = this.text;
    let a = 0;
    let b = s.length;
    while (a < b && isBlank(s.charCodeAt(a))) a++;
    while (b > a && isBlank(s.charCodeAt(b - 1))) b--;
    return this.slice(a, b);
  }

  /** Puts `insert` in place of the characters `a` up to `b`. */
  replace(a: number, b: number, insert: string, via?: Via): Text {
    const at = this.span(a, b);
    const pieces: Piece[] = a > 0 ? [...this.slice(0, a).#asPieces()] : [];
    if (insert.length > 0) pieces.push({ from: a, start: at.start, end: at.end, via: at.via ?? via });
    if (b < this.text.length)
      for (const p of this.slice(b).#asPieces()) pieces.push({ ...p, from: p.from + a + insert.length });
    if (pieces.length === 0) pieces.push({ from: 0, start: at.start, end: at.end, via: at.via });
    return Text.#made(this.source, this.text.slice(0, a) + insert + this.text.slice(b), pieces);
  }

  #asPieces(): readonly Piece[] {
    return this.#pieces ?? [{ from: 0, start: this.start, end: undefined, via: undefined }];
  }

  #pieceAt(index: number): Piece {
    const pieces = this.#asPieces();
    let found = pieces[0] as Piece;
    for (const p of pieces) {
      if (p.from > index) break;
      found = p;
    }
    return found;
  }
}

const isBlank = (c: number): boolean => c === 0x20 || c === 0x09;
