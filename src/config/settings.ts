/**
 * Statements to typed settings, by the table's argument rules alone: numbers, ranges, booleans, choices, command lines,
 * missing and surplus words, repeats. What a value means together with others is not known here.
 */
import { parseIp } from '../base/ip.ts';
import type { Command } from './config.ts';
import type { Reporter } from './diagnostic.ts';
import { type KeywordRow, pathOf } from './keyword.ts';
import { readDecimal, readInteger } from './numbers.ts';
import { placeOf, type Span } from './source.ts';
import type { Statement } from './tree.ts';
import { splitArgv, type Word } from './words.ts';

/** `undefined`: a bare keyword that stands for its default, or words whose meaning is the caller's business. */
export type Value = number | boolean | string | Command | undefined;
export type Setting = {
  readonly statement: Statement;
  readonly value: Value;
  readonly reverse: boolean; // 'weight N reverse'
  readonly at: Span; // the value, else the keyword
  readonly words: readonly Word[];
};

const NONE: readonly never[] = Object.freeze([]);

/** One block's keywords, in the order of the file. */
export class Block {
  readonly statement: Statement | undefined;
  readonly settings: readonly Setting[];
  readonly blocks: readonly Block[];
  readonly lists: readonly Statement[];

  constructor(
    statement: Statement | undefined,
    settings: readonly Setting[],
    blocks: readonly Block[],
    lists: readonly Statement[],
  ) {
    this.statement = statement;
    this.settings = settings;
    this.blocks = blocks;
    this.lists = lists;
  }

  get keyword(): string {
    return this.statement?.row.keyword ?? '';
  }

  /** The setting in force: the last, or the first where the table says so (later ones are not in `settings`). */
  get(keyword: string): Setting | undefined {
    // A block has a handful of lines: looking through them costs less than a map for each block.
    for (let i = this.settings.length - 1; i >= 0; i--) {
      const setting = this.settings[i] as Setting;
      if (setting.statement.row.keyword === keyword) return setting;
    }
    return undefined;
  }

  has(keyword: string): boolean {
    if (this.get(keyword) !== undefined) return true;
    for (const b of this.blocks) if (b.keyword === keyword) return true;
    for (const s of this.lists) if (s.row.keyword === keyword) return true;
    return false;
  }

  /** Every line with the keyword, the last first: what is invalid gives way to what was set before it. */
  latest(keyword: string): readonly Setting[] {
    return this.settings.filter((s) => s.statement.row.keyword === keyword).toReversed();
  }

  number(keyword: string): number | undefined {
    const value = this.get(keyword)?.value;
    return typeof value === 'number' ? value : undefined;
  }

  boolean(keyword: string): boolean | undefined {
    const value = this.get(keyword)?.value;
    return typeof value === 'boolean' ? value : undefined;
  }

  text(keyword: string): string | undefined {
    const value = this.get(keyword)?.value;
    return typeof value === 'string' ? value : undefined;
  }

  command(keyword: string): Command | undefined {
    const value = this.get(keyword)?.value;
    return typeof value === 'object' ? value : undefined;
  }

  list(keyword: string): readonly Statement[] {
    return this.lists.length === 0 ? NONE : this.lists.filter((s) => s.row.keyword === keyword);
  }

  children(keyword: string): readonly Block[] {
    return this.blocks.length === 0 ? NONE : this.blocks.filter((b) => b.keyword === keyword);
  }
}

export type SettingsContext = { readonly reporter: Reporter; readonly testMode: boolean };

/** Reads the statements of one block and, below it, of the blocks in it. */
export function readBlock(
  statement: Statement | undefined,
  statements: readonly Statement[],
  context: SettingsContext,
): Block {
  const settings: Setting[] = [];
  let blocks: Block[] | undefined;
  let lists: Statement[] | undefined;
  const firsts = new Firsts();
  for (const s of statements) {
    const { type } = s.row;
    if (type === 'block') {
      blocks ??= [];
      blocks.push(readBlock(s, s.body, context));
      continue;
    }
    const first = firsts.of(s);
    if (first !== s && !repeatCounts(s, first, context)) continue;
    if (type === 'values') {
      lists ??= [];
      lists.push(s);
    } else {
      const setting = readSetting(s, context);
      if (setting !== undefined) settings.push(setting);
      // A line that set nothing leaves the place of the first one open.
      else if (s.row.repeat === 'first') firsts.forget(s.row);
    }
  }
  return new Block(statement, settings, blocks ?? NONE, lists ?? NONE);
}

/** Statements up to which looking through all of them is cheaper than a map. */
const FEW = 32;

/** The first statement of each keyword of a block. */
class Firsts {
  readonly #few: Statement[] = [];
  #many: Map<KeywordRow, Statement> | undefined;

  /** The one that came first, `s` itself when it is that. */
  of(s: Statement): Statement {
    const found = this.#many === undefined ? this.#look(s.row) : this.#many.get(s.row);
    if (found !== undefined) return found;
    if (this.#many !== undefined) this.#many.set(s.row, s);
    else if (this.#few.push(s) > FEW) this.#many = new Map(this.#few.map((x) => [x.row, x]));
    return s;
  }

  /** The next line of this keyword is the first one again. */
  forget(row: KeywordRow): void {
    this.#many?.delete(row);
    const at = this.#few.findIndex((x) => x.row === row);
    if (at >= 0) this.#few.splice(at, 1);
  }

  #look(row: KeywordRow): Statement | undefined {
    for (const x of this.#few) if (x.row === row) return x;
    return undefined;
  }
}

/** What a second line with the same keyword does; false: it is dropped. */
function repeatCounts(s: Statement, first: Statement, { reporter }: SettingsContext): boolean {
  const { row, keyword } = s;
  if (
    (row.block === '' && row.repeat !== 'first') ||
    row.repeat === 'list' ||
    row.type === 'flag' ||
    row.type === 'block'
  )
    return true;
  const related = [{ at: first.keyword.at, message: 'first set here' }];
  if (row.repeat === 'first') {
    // KEEPALIVED: a weight that is still the default counts as not set.
    const earlier = Number(first.args[0]?.text);
    if (row.type === 'weight' && (Number.isNaN(earlier) || earlier === Number(row.default))) return true;
    reporter.report('KA0509', keyword.at, `${keyword.text} already specified - ignoring`, {
      related,
      effect: 'keepalived keeps the first one',
      fix: 'remove one of the two',
    });
    return false;
  }
  if (row.repeat === 'replace')
    reporter.report('KA0513', keyword.at, `${keyword.text} specified more than once`, {
      related,
      effect: 'keepalived takes the last one',
    });
  else if (row.type !== 'values')
    reporter.report('KA0508', keyword.at, `${keyword.text} is set twice; the last line counts`, { related });
  return true;
}

function make(s: Statement, value: Value, reverse = false): Setting {
  const words = s.args;
  return { statement: s, value, reverse, at: words[0]?.at ?? s.keyword.at, words };
}

function readSetting(s: Statement, context: SettingsContext): Setting | undefined {
  const { row } = s;
  const { reporter } = context;
  const first = s.args[0];
  if (first === undefined && s.unmatchedQuote) {
    // The quote has been reported by the reader; the word behind it is lost, which leaves a bare keyword.
    if (row.missing === 'exit' && row.type !== 'command') missing(s, context);
    return undefined;
  }
  if (row.type === 'flag') {
    surplus(s, 0, reporter);
    return make(s, true);
  }
  if (first === undefined) {
    if (row.missing !== 'ok') missing(s, context);
    return row.missing === 'ok' ? make(s, row.type === 'bool' ? true : undefined) : undefined;
  }
  const second = s.args[1];
  if (row.single === true && second !== undefined) {
    const { keyword } = s;
    reporter.report('KA0558', second.at, `Too many parameters specified for ${keyword.text} - ignoring`, {
      effect: 'keepalived ignores the line',
      fix: `write '${keyword.text} ${row.args}'`,
    });
    return undefined;
  }
  switch (row.type) {
    case 'bool':
      return readBoolean(s, first, reporter);
    case 'int':
    case 'weight':
      return readNumber(s, first, context);
    case 'decimal':
      return readNumber(s, first, context);
    case 'choice':
      return readChoice(s, first, reporter);
    case 'address':
      return readAddress(s, first, reporter);
    case 'command':
      return readCommand(s, reporter);
    case 'word':
      surplus(s, 1, reporter);
      return make(s, first.text);
    default:
      return make(s, undefined);
  }
}

function missing(s: Statement, { reporter }: SettingsContext): void {
  const word = s.keyword.text;
  if (s.row.missing === 'exit')
    reporter.report(
      'KA0501',
      s.keyword.at,
      `*** Configuration line starting \`${word}\` is missing a parameter after keyword \`${word}\` at word position 2`,
      { effect: 'keepalived stops with status 2', fix: `write '${word} ${s.row.args}'`, fatal: 2 },
    );
  else
    reporter.report('KA0502', s.keyword.at, `${word} has no value`, {
      effect: 'keepalived ignores the line',
      fix: `write '${word} ${s.row.args}'`,
    });
}

/** Words behind what the keyword reads: keepalived says nothing about them. */
function surplus(s: Statement, used: number, reporter: Reporter): void {
  const extra = s.args[used];
  if (extra === undefined) return;
  const { row, keyword } = s;
  const off = row.type === 'flag' && /^(?:off|false|no)$/i.test(extra.text);
  reporter.report('KA0507', extra.at, `words after '${keyword.text}' are ignored, from '${extra.text}' on`, {
    ...(off
      ? {
          severity: 'warning',
          effect: `'${keyword.text} ${extra.text}' switches it on`,
          fix: 'remove the line',
        }
      : { effect: 'keepalived ignores them silently', fix: "start a remark with '#'" }),
    ...(row.type === 'weight' && row.block.endsWith('FILE_CHECK')
      ? {
          severity: 'warning',
          effect: 'keepalived reports and ignores them',
          keepalivedClass: 'general-error',
        }
      : {}),
  });
}

function readBoolean(s: Statement, word: Word, reporter: Reporter): Setting | undefined {
  surplus(s, 1, reporter);
  if (/^(?:on|true|yes)$/.test(word.text)) return make(s, true);
  if (/^(?:off|false|no)$/.test(word.text)) return make(s, false);
  reporter.report('KA0505', word.at, `invalid ${s.keyword.text} '${word.text}' specified`, {
    effect: 'keepalived ignores the line',
    fix: "write 'on' or 'off' (or true, false, yes, no, in lower case)",
  });
  return undefined;
}

/** Behind the number of a weight stands 'reverse' or nothing. */
function weightDirection(s: Statement, reporter: Reporter): void {
  const word = s.args[1];
  if (word === undefined || word.text === 'reverse') return;
  const both = s.row.args.includes('noreverse');
  if (both && word.text === 'noreverse') return;
  reporter.report('KA0811', word.at, `unknown weight option '${word.text}'`, {
    effect: 'keepalived takes the number and ignores the word',
    fix: both ? "write 'reverse', 'noreverse' or nothing" : "write 'reverse' or nothing",
  });
}

function readNumber(s: Statement, word: Word, context: SettingsContext): Setting | undefined {
  const { row } = s;
  const option = row.type === 'weight' ? s.args[1]?.text : undefined;
  const reverse = option === 'reverse';
  if (row.type === 'weight') weightDirection(s, context.reporter);
  surplus(s, row.type === 'weight' ? 2 : 1, context.reporter);
  const value =
    row.type === 'decimal'
      ? readDecimal(s, word, context.reporter)
      : readInteger(s, word, context.reporter, context.testMode);
  if (value === undefined) return row.fallback === undefined ? undefined : make(s, row.fallback, reverse);
  return make(s, value, reverse);
}

function readChoice(s: Statement, word: Word, reporter: Reporter): Setting | undefined {
  const { row, keyword } = s;
  surplus(s, 1, reporter);
  const text = row.anyCase === true ? word.text.toUpperCase() : word.text;
  const choices = row.choices ?? [];
  if (choices.includes(text)) return make(s, text);
  if (pathOf(row) === 'vrrp_instance/state') {
    reporter.report('KA0506', word.at, `unknown state '${word.text}', defaulting to BACKUP`, {
      effect: 'keepalived starts the instance as BACKUP',
      fix: "write 'state BACKUP' or 'state MASTER'",
    });
    return make(s, 'BACKUP');
  }
  reporter.report('KA0506', word.at, `${keyword.text} '${word.text}' is not one of ${choices.join(', ')}`, {
    effect: 'keepalived ignores the line',
  });
  // A bad option of these two does not take the switch back.
  return row.missing === 'ok' && keyword.text === 'dynamic_interfaces' ? make(s, undefined) : undefined;
}

function readAddress(s: Statement, word: Word, reporter: Reporter): Setting | undefined {
  surplus(s, 1, reporter);
  // A word with '/' or '-' is cut there without a message, as keepalived's address parser does.
  const cut = word.text.search(/[/-]/);
  const text = cut < 0 ? word.text : word.text.slice(0, cut);
  if (parseIp(text) !== undefined) return make(s, text);
  reporter.report('KA0510', word.at, `malformed address '${word.text}' after ${s.keyword.text}`, {
    effect: 'keepalived ignores the line',
  });
  return undefined;
}

function readCommand(s: Statement, reporter: Reporter): Setting | undefined {
  const { row } = s;
  const [command, user, group] = s.args;
  if (command === undefined) return undefined;
  const argv = splitArgv(command.text);
  if (s.unmatchedQuote || argv.length === 0) {
    reporter.report(
      'KA0512',
      command.at,
      `${s.keyword.text}: ${argv.length === 0 ? 'empty command' : 'unmatched quote'}`,
      {
        effect: 'keepalived ignores the line',
        // An empty command of a server goes without a word.
        ...(argv.length === 0 && row.block.startsWith('virtual_server') && row.keyword !== 'misc_path'
          ? { keepalivedClass: 'none' }
          : {}),
      },
    );
    return undefined;
  }
  const takesUser = s.row.args.includes('<USER>');
  const extra = s.args[takesUser ? 3 : 1];
  if (extra !== undefined)
    reporter.report('KA0507', extra.at, `words after the command are ignored, from '${extra.text}' on`, {
      severity: 'warning',
      effect: `the command that runs is '${argv.join(' ')}'`,
      fix: `quote the whole command: ${s.keyword.text} "${s.args.map((a) => a.text).join(' ')}"`,
    });
  return make(s, {
    argv,
    text: command.text,
    ...(takesUser && user !== undefined ? { user: user.text } : {}),
    ...(takesUser && group !== undefined ? { group: group.text.replace(/^:/, '') } : {}),
    place: placeOf(command.at),
  });
}
