/** One line of routes or rules while it is read: where the reader stands, and how its mistakes are told. */
import { parseIp } from '../../base/ip.ts';
import type { DiagnosticCode } from '../codes.ts';
import type { BuildContext } from '../context.ts';
import type { DiagnosticDetails } from '../diagnostic.ts';
import type { Span } from '../source.ts';
import type { Entry } from '../tree.ts';
import type { Word } from '../words.ts';
import { named } from './numbers.ts';
import type { Prefix, Realms } from './route-config.ts';
import type { Routing } from './routing.ts';

export type LineOwner = {
  readonly use: string; // for messages: '(VI_1)', 'static_routes'
  readonly isStatic: boolean;
};

/** `false` from a reader of options: the line is dropped, and why has been told. */
export class Line {
  readonly owner: LineOwner;
  readonly c: BuildContext;
  readonly routing: Routing;
  readonly kind: 'route' | 'rule';
  readonly #words: readonly Word[];
  #at = 0;

  constructor(entry: Entry, kind: 'route' | 'rule', owner: LineOwner, c: BuildContext, routing: Routing) {
    this.#words = entry.words;
    this.kind = kind;
    this.owner = owner;
    this.c = c;
    this.routing = routing;
  }

  get first(): Word {
    return this.#words[0] as Word;
  }

  peek(): Word | undefined {
    return this.#words[this.#at];
  }

  next(): Word | undefined {
    return this.#words[this.#at++];
  }

  /** Takes the word when it is one of `texts`. */
  accept(...texts: readonly string[]): boolean {
    const found = texts.includes(this.peek()?.text ?? '');
    if (found) this.#at++;
    return found;
  }

  /** The argument of `keyword`. KEEPALIVED: a missing one ends the process, under -t too. */
  value(keyword: Word): Word | undefined {
    const word = this.next();
    if (word === undefined)
      this.tell(
        'KA0501',
        keyword.at,
        `*** Configuration line starting \`${this.first.text}\` is missing a parameter after keyword \`${keyword.text}\` at word position ${this.#words.indexOf(keyword) + 2}`,
        {
          effect: 'keepalived stops with status 2',
          fix: `write a value behind '${keyword.text}'`,
          fatal: 2,
        },
      );
    return word;
  }

  tell(code: DiagnosticCode, at: Span, text: string, details: DiagnosticDetails = {}): void {
    this.c.reporter.report(code, at, text, details);
  }

  /** Reports what costs the whole line; always false. */
  drop(code: DiagnosticCode, at: Span, text: string, fix?: string): false {
    this.tell(code, at, text, {
      effect: `keepalived skips this ${this.kind}`,
      ...(fix === undefined ? {} : { fix }),
    });
    return false;
  }
}

export const isWord = (text: string): boolean => text === 'default' || text === 'any' || text === 'all';

export type ParsedPrefix = { readonly prefix: Prefix; readonly bad?: string };

/**
 * ADDRESS[/LENGTH]; undefined when the address is malformed. A bad length becomes the whole address, and `bad` holds
 * it. KEEPALIVED: nothing behind the '/' is 0.
 */
export function parsePrefix(text: string): ParsedPrefix | undefined {
  const slash = text.indexOf('/');
  const bytes = parseIp(slash < 0 ? text : text.slice(0, slash));
  if (bytes === undefined) return undefined;
  const most = bytes.length * 8;
  if (slash < 0) return { prefix: { bytes, length: most } };
  const length = text.slice(slash + 1);
  if (/^\d{0,3}$/.test(length) && Number(length) <= most)
    return { prefix: { bytes, length: Number(length) } };
  return { prefix: { bytes, length: most }, bad: length };
}

/** As `parsePrefix`, with the bad length reported. */
export function readPrefix(line: Line, word: Word): Prefix | undefined {
  const parsed = parsePrefix(word.text);
  if (parsed?.bad !== undefined)
    line.tell(
      'KA0702',
      word.at,
      `Invalid address prefix len ${parsed.bad} for address ${word.text} - using ${parsed.prefix.length}`,
      {
        effect: `keepalived uses /${parsed.prefix.length}`,
        fix: `write a prefix length in 0..${parsed.prefix.length}`,
      },
    );
  return parsed?.prefix;
}

/** '[SOURCE/]DESTINATION', each a number in 0..255 or a name. */
export function parseRealms(text: string, line: Line): Realms | undefined {
  const parts = text.split('/');
  const numbers = parts.map((p) => named(p, 'rt_realms', line.routing.names));
  const [a, b] = numbers;
  if (parts.length > 2 || numbers.includes(undefined) || a === undefined) return undefined;
  return b === undefined ? { source: 0, destination: a } : { source: a, destination: b };
}
