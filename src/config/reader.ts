/**
 * Physical lines to logical lines: line ends, comments, conditions, definitions, loops, substitution, includes, and
 * every brace on a line of its own. Knows no keyword. Works on demand, because a keyword (`include_check`) changes
 * how the following lines are read.
 *
 * keepalived's parent copies the files once and its children read the copy, so what is done here is what a child sees.
 * Work is bounded: include depth, lines in all, expansions of one line.
 */
import { stripComment } from './comment.ts';
import { Definitions, MAX_LINE } from './definitions.ts';
import type { Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import { type IncludeChecks, includeLine, NO_CHECKS, openIncluded } from './include.ts';
import { list, loopHead, type Round, sequence } from './loops.ts';
import { dirname, resolvePath } from './paths.ts';
import { type Range, shapeOf } from './plain.ts';
import type { Source, Span, Via } from './source.ts';
import { Text } from './text.ts';

export type LogicalLine = { readonly kind: 'text' | 'open' | 'close'; readonly text: Text };

const MAX_DEPTH = 64;
/** Lines from expansions, and of files from the second time on: a thousand instances from loops, and then some. */
const MAX_MORE_LINES = 100_000;

/** A file that is being read; `checks` come back into force at its end. */
type Frame = {
  readonly kind: 'file';
  /** Not read before: its lines are as many as the user wrote, and not counted. */
  readonly isFirst: boolean;
  readonly source: Source;
  offset: number;
  readonly checks: IncludeChecks;
  readonly directory: string;
};
/** Lines that an expansion produced and that come before the next physical one. */
type Pending = {
  readonly kind: 'lines';
  readonly directory: string;
  readonly next: () => Text | undefined;
};

type Collecting = { readonly name: string; readonly at: Span; readonly lines: string[] };

export class Reader {
  readonly files: string[] = [];
  readonly definitions: Definitions;
  #checks: IncludeChecks;
  readonly #environment: LoadEnvironment;
  readonly #reporter: Reporter;
  readonly #stack: (Frame | Pending)[] = [];
  readonly #ready: LogicalLine[] = [];
  /** Files that have been found to include themselves; no include reads them any more. */
  readonly #endless = new Set<string>();
  readonly #read = new Set<string>();
  #collecting: Collecting | undefined;
  /** Those that are counted. */
  #lines = 0;
  /** A brace that stood behind the line given last. */
  #brace: Text | undefined;
  /** Scratch of `#plain`. */
  readonly #range: Range = { start: 0, end: 0 };
  // The physical line that was read last.
  #source: Source;
  #end = 0;

  /** `mains`: the main file, or the files of a main pattern, already read. */
  constructor(
    mains: readonly [Source, ...Source[]],
    environment: LoadEnvironment,
    reporter: Reporter,
    checks: IncludeChecks = NO_CHECKS,
  ) {
    this.#environment = environment;
    this.#reporter = reporter;
    this.#checks = checks;
    this.definitions = new Definitions(environment, reporter);
    this.#source = mains[0];
    for (const source of mains.toReversed()) this.#push(source);
    this.files.push(...mains.map((s) => s.file));
  }

  /** Where reading has arrived, a point, for findings about the end of the text. */
  get end(): Span {
    return { source: this.#source, start: this.#end, end: this.#end };
  }

  get checks(): IncludeChecks {
    return this.#checks;
  }

  /** From here to the end of the current file; what was in force before comes back then. */
  setChecks(checks: IncludeChecks): void {
    this.#checks = checks;
  }

  next(): LogicalLine | undefined {
    for (;;) {
      const brace = this.#brace;
      if (brace !== undefined) {
        this.#brace = undefined;
        return { kind: 'open', text: brace };
      }
      const ready = this.#ready.length > 0 ? this.#ready.shift() : undefined;
      if (ready !== undefined) return ready;
      const plain = this.#plain();
      if (plain !== undefined) return plain;
      if (!this.#fill()) return undefined;
    }
  }

  /**
   * The next line of the innermost file when there is nothing in it but words and at most one brace at its end, as in
   * nearly all lines of nearly all files; it goes past empty lines and remarks. undefined: `#fill` has to look.
   */
  #plain(): LogicalLine | undefined {
    const frame = this.#stack[this.#stack.length - 1];
    if (frame?.kind !== 'file' || this.#collecting !== undefined) return undefined;
    const { source } = frame;
    const s = source.text;
    if (source.hasNul) return undefined;
    while (frame.offset < s.length && (frame.isFirst || this.#lines < MAX_MORE_LINES)) {
      const newline = s.indexOf('\n', frame.offset);
      const stop = newline === -1 ? s.length : newline;
      if ((stop - frame.offset) * 3 > MAX_LINE) return undefined;
      const range = this.#range;
      const shape = shapeOf(s, frame.offset, stop, range);
      if (shape === 'special') return undefined;
      if (!frame.isFirst) this.#lines++;
      this.#reached(source, stop);
      if (newline !== -1) source.lineStartsAt(newline + 1, frame.offset);
      frame.offset = newline === -1 ? stop : newline + 1;
      if (shape === 'empty') continue;
      const text = Text.literal(source, range.start, range.end);
      if (shape !== 'text-open') return { kind: shape, text };
      const brace = s.indexOf('{', range.end);
      this.#brace = Text.literal(source, brace, brace + 1);
      return { kind: 'text', text };
    }
    return undefined;
  }

  #reached(source: Source, end: number): void {
    this.#source = source;
    this.#end = end;
  }

  #push(source: Source): void {
    const directory = dirname(resolvePath(this.#environment.env['PWD'] ?? '/', source.file));
    const isFirst = !this.#read.has(source.file);
    this.#read.add(source.file);
    this.#stack.push({ kind: 'file', isFirst, source, offset: 0, checks: this.#checks, directory });
  }

  get #directory(): string {
    return this.#stack[this.#stack.length - 1]?.directory ?? '/';
  }

  /** Takes one line from the innermost expansion or file; false at the end of everything. */
  #fill(): boolean {
    const top = this.#stack[this.#stack.length - 1];
    if (top === undefined) return false;
    if (top.kind === 'file') {
      const line = this.#physical(top);
      if (line !== undefined) this.#commented(line);
      return true;
    }
    const line = top.next();
    if (line === undefined) this.#stack.pop();
    else if (this.#count(line.span())) {
      if (this.#collecting !== undefined) this.#collect(line);
      else this.#whole(line);
    }
    return true;
  }

  #count(at: Span): boolean {
    if (++this.#lines <= MAX_MORE_LINES) return true;
    this.#reporter.report(
      'KA0204',
      at,
      `more than ${MAX_MORE_LINES} lines from expansions and repeated includes`,
      {
        effect: 'vipd reads no further; keepalived would go on until memory is gone',
        fix: 'look for a ~SEQ, a definition or an include that repeats itself',
      },
    );
    this.#stack.length = 0;
    return false;
  }

  /** The next line of a file without its end; undefined when there is none or it is dropped. */
  #physical(frame: Frame): Text | undefined {
    const { source, offset } = frame;
    if (offset >= source.text.length) {
      this.#stack.pop();
      this.#checks = frame.checks;
      return undefined;
    }
    const newline = source.text.indexOf('\n', offset);
    let end = newline === -1 ? source.text.length : newline;
    frame.offset = newline === -1 ? end : newline + 1;
    this.#reached(source, end);
    if (!frame.isFirst && !this.#count({ source, start: offset, end })) return undefined;
    const fits = prefixWithin(source.text, offset, end, MAX_LINE);
    if (fits < end) {
      // keepalived's buffer: one character more is dropped with the rest of the buffer, and reading goes on behind it.
      frame.offset = Math.min(fits + 1, end);
      this.#reporter.report(
        'KA0101',
        { source, start: offset, end: frame.offset },
        'line too long - ignoring',
        {
          effect: `keepalived drops ${MAX_LINE + 1} bytes and reads the rest as a line of its own`,
          fix: `keep lines within ${MAX_LINE} bytes; use a definition or several lines`,
        },
      );
      return undefined;
    }
    while (end > offset && source.text[end - 1] === '\r') end--;
    const nul = source.hasNul ? source.text.indexOf('\0', offset) : -1;
    if (nul !== -1 && nul < end) {
      this.#reporter.report(
        'KA0102',
        { source, start: nul, end: nul + 1 },
        'line has embedded NUL - ignoring',
        {
          effect: 'keepalived drops the line',
        },
      );
      return undefined;
    }
    return Text.literal(source, offset, end);
  }

  /** Comments off, twice; then a body line of a definition, or a line to read. */
  #commented(line: Text): void {
    const first = stripComment(line);
    const second = stripComment(first.text);
    if (first.unterminatedQuote || second.unterminatedQuote)
      this.#reporter.report('KA0103', first.text.span(), `Unterminated quote '${first.text.text}'`, {
        effect: 'the word that begins with the quote is lost',
        fix: 'close the quote on the same line',
      });
    const goesOn = first.continuedRemark || second.continuedRemark;
    if (this.#collecting !== undefined) this.#collect(second.text, goesOn ? line : undefined);
    else this.#whole(second.text, goesOn ? line : undefined);
  }

  /**
   * A backslash behind a remark. KEEPALIVED: 2.2.7 takes the remark out and the definition goes on; for 2.4.3 the backslash
   * is a part of the remark, and its children read the rest as statements.
   */
  #remarkInside(line: Text, name: string): void {
    this.#reporter.report('KA0206', line.span(), `a remark inside the definition of $${name}`, {
      effect: 'keepalived 2.4 ends the definition here; vipd goes on with it, as keepalived 2.2 does',
      fix: 'move the remark above the definition',
    });
  }

  /** `remark`: the line as written when a remark on it ends in a backslash. */
  #collect(line: Text, remark?: Text): void {
    const c = this.#collecting as Collecting;
    if (remark !== undefined) this.#remarkInside(remark, c.name);
    const slash = line.text.endsWith('\\');
    const more = slash || remark !== undefined;
    const text = slash ? line.slice(0, line.length - 1).trim().text : line.text;
    const include = includeLine(line) !== undefined;
    if (text !== '') c.lines.push(text);
    if (more && !include) return;
    this.#collecting = undefined;
    this.definitions.set(c.name, c.lines.length < 2 ? [c.lines[0] ?? '', ''] : c.lines, c.at);
  }

  /** Conditions and definitions, then the rest. `remark` as for `#collect`. */
  #whole(line: Text, remark?: Text): void {
    let text = line;
    if (text.text.startsWith('@')) {
      const m = /^@(\^?)([^ \t]*)[ \t]*/.exec(text.text) as RegExpExecArray;
      const equal = m[2] === this.#environment.configId;
      if (equal === (m[1] === '^')) return;
      text = text.slice(m[0].length);
    }
    const m = /^\$([A-Za-z_][A-Za-z0-9_]*)=[ \t]*/.exec(text.text);
    if (m === null) {
      this.#repeated(text);
      return;
    }
    const name = m[1] as string;
    const value = text.text.slice(m[0].length);
    const at = text.span();
    const slash = value.endsWith('\\');
    if (!slash && remark === undefined) this.definitions.set(name, [value], at);
    else {
      if (remark !== undefined) this.#remarkInside(remark, name);
      const head = (slash ? value.slice(0, -1) : value).trim();
      this.#collecting = { name, at, lines: head === '' ? [] : [head] };
    }
  }

  /** Loops, else substitution and what follows it. */
  #repeated(line: Text): void {
    const head = loopHead(line.text);
    if (head === undefined) {
      this.#substituted(line);
      return;
    }
    const inside = head.close < 0 ? undefined : line.slice(head.open, head.close);
    const values =
      inside === undefined ? undefined : this.definitions.expand(inside, this.#directory).text.text;
    const loop =
      values === undefined
        ? ({ ok: false, error: `Invalid ~${head.kind} specification` } as const)
        : head.kind === 'LST'
          ? list(values)
          : sequence(values, head.kind === 'SEQx');
    if (!loop.ok) {
      this.#reporter.report('KA0205', line.span(), `${loop.error} '${line.text}'`, {
        effect: 'keepalived drops the line',
      });
      return;
    }
    const template = line.slice(head.close + 1).trim();
    const rounds: Iterator<Round> = loop.rounds[Symbol.iterator]();
    this.#nest(
      {
        next: () => {
          const round = rounds.next();
          if (round.done === true) return undefined;
          for (const [name, value] of round.value) this.definitions.set(name, [value], line.span());
          return template;
        },
      },
      line.span(),
    );
  }

  /** `at`: the line that asks for them. */
  #nest(lines: Pick<Pending, 'next'>, at: Span): void {
    if (this.#stack.length < MAX_DEPTH) {
      this.#stack.push({ kind: 'lines', directory: this.#directory, ...lines });
      return;
    }
    this.#reporter.report('KA0204', at, `expansions are nested more than ${MAX_DEPTH} deep`, {
      effect: 'vipd leaves the rest of the expansion out; keepalived would not return',
      fix: 'look for a definition that uses itself',
    });
    // All of it, not the innermost only: two uses of itself would otherwise make 2^64 lines.
    while (this.#stack[this.#stack.length - 1]?.kind === 'lines') this.#stack.pop();
  }

  #substituted(line: Text): void {
    let text = line;
    if (line.text.includes('$')) {
      const expanded = this.definitions.expand(line, this.#directory);
      text = stripComment(expanded.text).text;
      const at = line.span();
      const body = expanded.body.filter((l) => l.text !== '')[Symbol.iterator]();
      if (expanded.body.length > 0)
        this.#nest(
          {
            next: () => {
              const l = body.next();
              if (l.done === true) return undefined;
              const via: Via = { note: 'from the definition here', at: l.value.definedAt };
              return Text.fixed(l.value.text, at, via);
            },
          },
          at,
        );
    }
    const include = includeLine(text);
    if (include !== undefined) this.#include(include);
    else this.#split(text);
  }

  #include(include: NonNullable<ReturnType<typeof includeLine>>): void {
    if (this.#stack.length >= MAX_DEPTH) {
      const open = this.#stack.flatMap((f) => (f.kind === 'file' ? [f.source.file] : []));
      // Two includes of itself would otherwise read the file 2^64 times.
      for (const [i, file] of open.entries()) if (open.indexOf(file) < i) this.#endless.add(file);
      this.#reporter.report(
        'KA0303',
        include.pattern.span(),
        `includes are nested more than ${MAX_DEPTH} deep`,
        {
          effect: 'vipd does not read the file again; keepalived goes on until it runs out of file handles',
          fix: 'look for a file that includes itself',
        },
      );
      return;
    }
    const sources = openIncluded(
      include,
      this.#checks,
      this.#directory,
      this.#environment,
      this.#reporter,
    ).filter((s) => !this.#endless.has(s.file));
    this.files.push(...sources.map((s) => s.file));
    for (const source of sources.toReversed()) this.#push(source);
  }

  /** Every brace outside double quotes becomes a line. */
  #split(line: Text): void {
    const s = line.text;
    let start = 0;
    let quoted = false;
    const flush = (end: number) => {
      const text = line.slice(start, end).trim();
      if (end > start && text.text !== '') this.#ready.push({ kind: 'text', text });
    };
    for (let i = 0; i < s.length; i++) {
      const c = s[i];
      if (c === '"') quoted = !quoted;
      else if (!quoted && (c === '{' || c === '}')) {
        flush(i);
        this.#ready.push({ kind: c === '{' ? 'open' : 'close', text: line.slice(i, i + 1) });
        start = i + 1;
      }
    }
    flush(s.length);
  }
}

/** End of the longest piece of `text` from `start` that holds at most `bytes` bytes of UTF-8, at most `end`. */
export function prefixWithin(text: string, start: number, end: number, bytes: number): number {
  if ((end - start) * 3 <= bytes) return end;
  let left = bytes;
  for (let i = start; i < end; i++) {
    const c = text.charCodeAt(i);
    // A surrogate pair is four bytes: two for each half.
    left -= c < 0x80 ? 1 : c < 0x800 || (c >= 0xd800 && c < 0xe000) ? 2 : 3;
    if (left < 0) return i;
  }
  return end;
}
