/**
 * Logical lines to statements and blocks. Which keyword opens what kind of block comes from the table, because
 * keepalived decides by it too: a `{` where none belongs is ignored, and its `}` closes the block around it.
 * Recovers from everything as keepalived does and goes on; one mistake is reported once.
 */
import type { Reporter } from './diagnostic.ts';
import { includeCheckWords } from './include.ts';
import { blocksOf, findKeyword, type KeywordRow, keywordsOf, pathOf } from './keyword.ts';
import type { LogicalLine, Reader } from './reader.ts';
import type { Span } from './source.ts';
import { nearest } from './suggest.ts';
import type { Text } from './text.ts';
import {
  behindFirst,
  firstWordEnd,
  type Split,
  splitCommandLine,
  splitFrom,
  splitWords,
  type Word,
  wordOf,
} from './words.ts';

export type Entry = { readonly words: readonly Word[]; readonly line: Text };

const NOTHING: readonly never[] = Object.freeze([]);

/**
 * A keyword of the table with its arguments; `body` for blocks of keywords, `entries` for blocks of values. Words are cut
 * out of the line when they are asked for: a file of many servers holds more lines than words that anybody reads at once.
 */
export class Statement {
  readonly row: KeywordRow;
  readonly line: Text;
  body: readonly Statement[] = NOTHING;
  entries: readonly Entry[] = NOTHING;
  /** Index in the line behind the keyword. */
  readonly #behind: number;
  #keyword: Word | undefined;
  #words: Split | undefined;

  /** `keyword` is needed where it is quoted or does not stand in the file. */
  constructor(row: KeywordRow, line: Text, behind: number, keyword?: Word) {
    this.row = row;
    this.line = line;
    this.#behind = behind;
    this.#keyword = keyword;
  }

  get keyword(): Word {
    const { row, line } = this;
    this.#keyword ??= wordOf(line, row.keyword, this.#behind - row.keyword.length, this.#behind);
    return this.#keyword;
  }

  get args(): readonly Word[] {
    return this.#split().words;
  }

  get unmatchedQuote(): boolean {
    return this.#split().unmatchedQuote !== undefined;
  }

  /** The words behind the keyword. */
  #split(): Split {
    if (this.#words !== undefined) return this.#words;
    const { row, line } = this;
    if (row.type === 'command' || row.keyword === 'regex') {
      const split = splitCommandLine(line);
      this.#words = { words: split.words.slice(1), unmatchedQuote: split.unmatchedQuote };
    } else this.#words = splitFrom(line, this.#behind);
    return this.#words;
  }
}

/** Blocks that take exactly one name and exist once under it; a second one is skipped. */
const NAMED = new Set(['vrrp_instance', 'vrrp_sync_group', 'track_group', 'bfd_instance']);

/** The statements of the top level, each as soon as its block is closed. */
export function* topStatements(reader: Reader, reporter: Reporter): Generator<Statement, void> {
  yield* new TreeParser(reader, reporter).parse();
}

class TreeParser {
  readonly #reader: Reader;
  readonly #reporter: Reporter;
  readonly #names = new Map<string, Span>();
  /** The braces that are open, those that opened no block too. */
  readonly #open: Text[] = [];
  /** Statements of the blocks that are open, the outermost first. */
  readonly #found: Statement[] = [];
  #peeked: LogicalLine | undefined;
  /** The block that is being read. */
  #inside: Statement | undefined;
  /** After braces that opened no block, as long as more than so many are open: what is unknown follows from them. */
  #misplaced: number | undefined;
  /** The block that was closed last, and where: its keywords outside show that this was too early. */
  #closed: { readonly path: string; readonly at: Span } | undefined;
  #closedEarly = false;
  /** A block of the top level was met inside another one, so that one lacks its brace. */
  #notClosed = false;

  constructor(reader: Reader, reporter: Reporter) {
    this.#reader = reader;
    this.#reporter = reporter;
  }

  *parse(): Generator<Statement, void> {
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      if (line.kind === 'open') this.#unexpectedOpen(line, '');
      else if (line.kind === 'close') this.#close(line, '');
      else {
        const statement = this.#statement(line, '');
        if (statement !== undefined) yield statement;
      }
    }
    if (this.#open.length > (this.#notClosed ? 1 : 0)) {
      const n = this.#open.length;
      this.#reporter.report('KA0405', this.#reader.end, `There are ${n} missing '}'s or extra '{'s`, {
        related: this.#open
          .slice(-3)
          .map((brace) => ({ at: brace.span(), message: 'this brace is not closed' })),
        effect: 'keepalived closes the blocks at the end of the file and uses them',
        fix: `add ${n === 1 ? "the missing '}'" : `the ${n} missing '}'`}`,
      });
    }
  }

  #next(): LogicalLine | undefined {
    const line = this.#peeked ?? this.#reader.next();
    this.#peeked = undefined;
    return line;
  }

  #peek(): LogicalLine | undefined {
    this.#peeked ??= this.#reader.next();
    return this.#peeked;
  }

  /** The statements up to the `}` that closes this block, or the end of the text. */
  #block(block: string): readonly Statement[] {
    // Collected on one stack for all blocks: a list that grew by itself would keep room that it never needs.
    const out = this.#found;
    const from = out.length;
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      if (line.kind === 'open') this.#unexpectedOpen(line, block);
      else if (line.kind === 'close') {
        if (this.#close(line, block)) break;
      } else {
        const statement = this.#statement(line, block);
        if (statement !== undefined) out.push(statement);
      }
    }
    if (out.length === from) return NOTHING;
    const body = out.slice(from);
    out.length = from;
    return body;
  }

  /** Unknown words are worth a report unless an earlier mistake with braces explains them. */
  get #explained(): boolean {
    if (this.#misplaced !== undefined && this.#open.length <= this.#misplaced) this.#misplaced = undefined;
    return this.#misplaced !== undefined;
  }

  /** A brace that opens no block: its partner closes `block`, and what follows lands outside. */
  #misplace(block: string): void {
    this.#misplaced ??= Math.max(0, this.#open.length - (block === '' ? 1 : 2));
    const inside = this.#inside;
    if (inside !== undefined) this.#reporter.damaged(inside.args[0]?.at ?? inside.keyword.at);
  }

  #unexpectedOpen(line: LogicalLine, block: string): void {
    const explained = this.#explained;
    this.#open.push(line.text);
    this.#misplace(block);
    if (explained) return;
    this.#reporter.report('KA0402', line.text.span(), "Unexpected '{' - ignoring", {
      effect:
        block === ''
          ? 'keepalived reads what follows as top-level keywords'
          : `keepalived reads what follows as keywords of ${block}, and the '}' closes ${block}`,
      fix: "remove the '{' and its '}'",
    });
  }

  /** Takes a `}`; true when it closes `block`. */
  #close(line: LogicalLine, block: string): boolean {
    const opened = this.#open.pop();
    if (block !== '') {
      this.#closed = { path: block, at: line.text.span() };
      return true;
    }
    if (opened === undefined && this.#closedEarly) this.#closedEarly = false;
    else if (opened === undefined)
      this.#reporter.report('KA0404', line.text.span(), "Extra '}' found", {
        effect: 'keepalived ignores it',
        fix: "remove the '}', or look above for a block that is closed too early",
      });
    return false;
  }

  #statement(line: LogicalLine, block: string): Statement | undefined {
    const statement = this.#known(line.text, block);
    if (statement === undefined) return undefined;
    if (block === '') this.#closedEarly = false;
    const { row } = statement;
    if (row.block === 'global_defs' && row.keyword === 'include_check') this.#includeCheck(statement.args);
    if (row.type === 'values') statement.entries = this.#values(statement, pathOf(row));
    if (row.type !== 'block') return statement;
    if (!this.#nameFits(statement)) {
      this.#skip();
      return undefined;
    }
    this.#expectOpen(statement);
    const around = this.#inside;
    this.#inside = statement;
    statement.body = this.#block(pathOf(row));
    this.#inside = around;
    return statement;
  }

  /** The line under its row of the table; reported when it has none. */
  #known(line: Text, block: string): Statement | undefined {
    const behind = line.isLiteral ? firstWordEnd(line) : -1;
    if (behind > 0) {
      const row = findKeyword(block, line.source.text.slice(line.start, line.start + behind));
      if (row !== undefined) return new Statement(row, line, behind);
    }
    const first = splitWords(line).words[0];
    const keyword = first ?? { text: line.text, at: line.span() };
    const row = findKeyword(block, keyword.text);
    if (row !== undefined) return new Statement(row, line, behindFirst(line), keyword);
    this.#unknown(keyword, block);
    return undefined;
  }

  #expectOpen(statement: Statement): void {
    const next = this.#peek();
    if (next?.kind === 'open') {
      this.#next();
      this.#open.push(next.text);
      return;
    }
    this.#reporter.report(
      'KA0403',
      statement.line.span(),
      "Missing '{' at beginning of configuration block",
      {
        effect: `keepalived takes the following lines as contents of ${statement.keyword.text} all the same`,
        fix: `write '${statement.line.text} {'`,
      },
    );
  }

  #nameFits(statement: Statement): boolean {
    const { row } = statement;
    if (row.block !== '' || !NAMED.has(row.keyword)) return true;
    const { keyword, args } = statement;
    const name = args[0];
    if (keyword.text !== 'bfd_instance' && args.length !== 1) {
      const problem = name === undefined ? 'has no name' : 'has extra parameters after its name';
      this.#reporter.report('KA0408', statement.line.span(), `${keyword.text} ${problem}`, {
        effect: 'keepalived skips the whole block',
        fix: `write '${keyword.text} ${name === undefined ? 'NAME' : args.map((a) => a.text).join('_')} {'`,
      });
      return false;
    }
    if (name === undefined) return true;
    const key = `${keyword.text} ${name.text}`;
    const first = this.#names.get(key);
    if (first === undefined) {
      this.#names.set(key, name.at);
      return true;
    }
    const words = keyword.text.replaceAll('_', ' ');
    this.#reporter.report('KA0409', name.at, `${words} ${name.text} already defined`, {
      related: [{ at: first, message: 'first defined here' }],
      effect: 'keepalived skips this second block',
      fix: 'give it another name',
    });
    return false;
  }

  /** Passes over a block with all that is in it. */
  #skip(): void {
    if (this.#peek()?.kind !== 'open') return;
    const depth = this.#open.length;
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      if (line.kind === 'open') this.#open.push(line.text);
      else if (line.kind === 'close') this.#open.pop();
      if (this.#open.length <= depth) return;
    }
  }

  #values(statement: Statement, path: string): readonly Entry[] {
    const names = statement.row.args.startsWith('<NAME>') ? 1 : 0;
    if (statement.args.length > names)
      this.#reporter.report(
        'KA0410',
        (statement.args[names] as Word).at,
        `Block ${statement.keyword.text} has extra parameters`,
        {
          effect: 'keepalived ignores them',
        },
      );
    const next = this.#peek();
    if (next?.kind === 'open') {
      this.#next();
      this.#open.push(next.text);
    } else {
      this.#reporter.report('KA0403', statement.line.span(), `Missing '{' after ${statement.keyword.text}`, {
        effect: "keepalived takes the following lines as its entries, and finds a '}' too many later",
        fix: `write '${statement.line.text} {'`,
        keepalivedClass: 'unexpected-close',
      });
    }
    const out: Entry[] = [];
    for (let line = this.#next(); line !== undefined; line = this.#next()) {
      if (line.kind === 'close') {
        this.#open.pop();
        return out;
      }
      if (line.kind === 'open') this.#unexpectedOpen(line, path);
      else out.push({ words: splitWords(line.text).words, line: line.text });
    }
    return out;
  }

  #unknown(keyword: Word, block: string): void {
    const near = nearest(keyword.text, keywordsOf(block));
    const elsewhere = blocksOf(keyword.text);
    const bom = keyword.text.startsWith('\ufeff');
    const opens = this.#peek()?.kind === 'open';
    const where = block === '' ? 'the top level' : block;
    const outside = block === '' && elsewhere.includes(this.#closed?.path ?? '');
    const explained = this.#explained || (outside && this.#closedEarly);
    const closed = outside && !explained ? this.#closed : undefined;
    const unclosed =
      opens && block !== '' && !explained && elsewhere.includes('') ? this.#open.at(-1)?.span() : undefined;
    if (unclosed !== undefined) this.#notClosed = true;
    if (closed !== undefined) this.#closedEarly = true;
    if (opens) {
      this.#open.push((this.#next() as LogicalLine).text);
      this.#misplace(block);
    }
    if (explained) return;
    const fix = bom
      ? 'save the file without a byte order mark'
      : unclosed !== undefined
        ? `write the '}' that closes ${block} above this line`
        : closed !== undefined
          ? `remove the '}' that closes ${closed.path} too early`
          : near !== undefined
            ? `did you mean '${near}'?`
            : elsewhere.length > 0
              ? `it belongs into ${elsewhere
                  .map((b) => (b === '' ? 'the top level' : b))
                  .slice(0, 3)
                  .join(' or ')}`
              : undefined;
    this.#reporter.report('KA0401', keyword.at, `Unknown keyword '${keyword.text}' in ${where}`, {
      effect: opens
        ? `keepalived ignores it (Unexpected '{' - ignoring) and reads what is inside the braces as belonging to ${where}`
        : 'keepalived ignores this line',
      ...(fix === undefined ? {} : { fix }),
      ...(unclosed === undefined ? {} : { related: [{ at: unclosed, message: 'this brace is not closed' }] }),
      ...(closed === undefined
        ? {}
        : { related: [{ at: closed.at, message: `${closed.path} is closed here` }] }),
    });
  }

  #includeCheck(args: readonly Word[]): void {
    const words = args.map((a) => a.text);
    const { checks, unknown } = includeCheckWords(this.#reader.checks, words);
    this.#reader.setChecks(checks);
    for (const word of unknown)
      this.#reporter.report(
        'KA0304',
        args[words.indexOf(word)]?.at ?? this.#reader.end,
        `unknown include_check '${word}'`,
        {
          effect: 'keepalived ignores the word',
          ...(word.endsWith('readable') ? { fix: "write 'read'; the manual page is wrong here" } : {}),
        },
      );
  }
}
