/**
 * Lays out a configuration file anew without changing what is read from it. One pass, line by line.
 *
 * What is relied on, all of it true in every state of the reader: it takes blanks and tabs off both ends of a line before
 * it looks at anything else; a line end is `\n` with any number of `\r` before it; outside a multi-line definition an
 * empty line is nothing. What is not certain is left as it stands: lines that are too long or become so, lines with a
 * NUL, a carriage return inside or a quote without partner, and whatever follows a backslash at the end of a line.
 */
import { MAX_LINE } from '../definitions.ts';
import { prefixWithin } from '../reader.ts';
import {
  bracesOf,
  conditionOf,
  factsOf,
  isDefinition,
  type LineFacts,
  leadingCloses,
  statementsOf,
} from './line.ts';

export type FormatOptions = {
  /** One level of indentation; blanks and tabs only. Default: four blanks. */
  readonly indent?: string;
  /** The text holds one byte in each character (latin1), so that any file survives; otherwise it is Unicode. */
  readonly bytes?: boolean;
};

/** Deeper levels are not set off further: keepalived's own nest five deep, and a line must fit its buffer. */
const MAX_LEVELS = 24;

/** Text to text. Never throws; linear in the size of the text; formatting the result again changes nothing. */
export function formatConfig(text: string, options: FormatOptions = {}): string {
  const layout = new Layout(options.indent ?? '    ', options.bytes ?? false);
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    layout.line(text.slice(at, end), newline >= 0);
    at = end + 1;
  }
  return layout.finish();
}

class Layout {
  readonly #indent: string;
  readonly #bytes: boolean;
  readonly #out: string[] = [];
  #depth = 0;
  /** Inside the lines of a definition: their braces open nothing here. */
  #inBody = false;
  /** The line before ended in a backslash. */
  #continued = false;
  /** The reader may be collecting a definition, in which an empty line has a meaning. */
  #mayCollect = false;
  /** An empty line is due; written before the next line with text. */
  #blankDue = false;
  /** Levels reached by the alternatives of a run of conditional lines, by condition. */
  #alternatives: Map<string, number> | undefined;
  #base = 0;

  constructor(indent: string, bytes: boolean) {
    this.#indent = indent;
    this.#bytes = bytes;
  }

  finish(): string {
    return this.#out.join('');
  }

  line(raw: string, ended: boolean): void {
    if (!this.#fits(raw)) {
      this.#tooLong(raw, ended);
      return;
    }
    const content = raw.replace(/\r+$/, '');
    if (content.includes('\0')) {
      this.#put(raw, ended);
      return;
    }
    const trimmed = trim(content);
    if (trimmed === '') {
      this.#blank(content);
      return;
    }
    const facts = factsOf(content);
    const splittable = !this.#mayCollect && !this.#continued;
    const alone = this.#continued || facts.unpairedQuote || content.includes('\r');
    if (alone) this.#put(content.includes('\r') ? raw : content, true);
    const level = this.#enter(facts);
    if (!alone) this.#place(content, trimmed, facts, level, splittable);
    this.#leave(facts);
  }

  /** Writes a line at `level`, taken apart where it holds several statements. */
  #place(content: string, trimmed: string, facts: LineFacts, level: number, splittable: boolean): void {
    const parts = splittable ? statementsOf(trimmed) : undefined;
    if (parts === undefined) {
      // A blank behind a backslash is left: it tells the two readers apart in no case known, and costs nothing.
      const text = facts.continues ? content.replace(/^[ \t]+/, '') : trimmed;
      const line = this.#indented(text, level);
      this.#put(this.#fits(line) ? line : content, true);
      return;
    }
    let depth = this.#base;
    const lines = parts.map((part) => {
      if (part.startsWith('}')) depth = Math.max(0, depth - 1);
      const line = this.#indented(part, depth);
      if (bracesOf(factsOf(part).code).endsWith('{')) depth++;
      return line;
    });
    if (lines.every((l) => this.#fits(l))) for (const line of lines) this.#put(line, true);
    else this.#put(content, true);
  }

  /** Follows the braces of a line; the level at which it stands. */
  #enter(facts: LineFacts): number {
    if (this.#inBody) return this.#depth;
    const condition = conditionOf(facts.code);
    if (condition === '') {
      if (facts.code !== '' && this.#alternatives !== undefined) {
        this.#depth = Math.max(...this.#alternatives.values());
        this.#alternatives = undefined;
      }
      this.#base = this.#depth;
    } else {
      this.#alternatives ??= new Map();
      if (this.#alternatives.size === 0) this.#base = this.#depth;
      this.#depth = this.#alternatives.get(condition) ?? this.#base;
    }
    const before = this.#depth;
    const braces = bracesOf(facts.code);
    for (const brace of braces) this.#depth = Math.max(0, this.#depth + (brace === '{' ? 1 : -1));
    this.#alternatives?.set(condition, this.#depth);
    return Math.max(0, before - leadingCloses(facts.code));
  }

  /** What a line means for the lines behind it. */
  #leave(facts: LineFacts): void {
    // A remark ends a definition for keepalived's children and not for its parent: nothing is known better after it.
    if (facts.parentCode === '') return;
    this.#inBody = facts.goesOn && (this.#inBody || isDefinition(facts.code));
    this.#continued = facts.continues;
    this.#mayCollect = facts.continues || facts.mayBegin;
  }

  #blank(content: string): void {
    if (this.#mayCollect) {
      // Only the first empty line ends a definition; lines of blanks do so for keepalived's children alone.
      this.#put(content, true);
      if (content !== '') return;
      this.#mayCollect = false;
      this.#continued = false;
      this.#inBody = false;
      this.#out.push('');
    } else if (this.#out.length > 0 && this.#out[this.#out.length - 1] !== '') this.#blankDue = true;
  }

  #tooLong(raw: string, ended: boolean): void {
    this.#put(raw, ended);
    let at = 0;
    for (;;) {
      const end = this.#bytes
        ? Math.min(raw.length, at + MAX_LINE)
        : prefixWithin(raw, at, raw.length, MAX_LINE);
      if (end >= raw.length) break;
      at = end + 1;
    }
    const rest = raw.slice(at).replace(/\r+$/, '');
    if (!rest.includes('\0')) {
      const facts = factsOf(rest);
      this.#enter(facts);
      this.#leave(facts);
    }
    this.#mayCollect = true;
  }

  #put(line: string, newline: boolean): void {
    if (this.#blankDue) this.#out.push('\n');
    this.#blankDue = false;
    this.#out.push(newline ? `${line}\n` : line);
  }

  #indented(text: string, level: number): string {
    return this.#indent.repeat(Math.min(level, MAX_LEVELS)) + text;
  }

  #fits(line: string): boolean {
    return this.#bytes
      ? line.length <= MAX_LINE
      : prefixWithin(line, 0, line.length, MAX_LINE) >= line.length;
  }
}

const trim = (s: string): string => s.replace(/^[ \t]+|[ \t]+$/g, '');
