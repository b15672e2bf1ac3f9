/**
 * `$NAME=value` definitions and their substitution. Values are kept unexpanded: what they contain is replaced when
 * they are used, with the definitions of that moment.
 */
import type { Reporter } from './diagnostic.ts';
import type { LoadEnvironment } from './environment.ts';
import type { Span } from './source.ts';
import type { Text } from './text.ts';

/** keepalived's line buffer: 1022 characters, newline, NUL. */
export const MAX_LINE = 1022;
/** A definition that expands to itself without growing would never end; a line never needs this many. */
const MAX_REPLACEMENTS = 512;

/** One line: an ordinary value. More: a multi-line body, usable only as the last thing on a line. */
export type Definition = { readonly lines: readonly string[]; readonly at: Span };

/** A line that follows the expanded one, from a multi-line definition. */
export type BodyLine = { readonly text: string; readonly definedAt: Span };
export type Expanded = { readonly text: Text; readonly body: readonly BodyLine[] };

const NAME = /^\$(?:([A-Za-z_][A-Za-z0-9_]*)(?=[ \t,)]|$)|\{([A-Za-z_][A-Za-z0-9_]*)((?: [^}]*)?)\})/;

type Builtin = { readonly value: string } | { readonly error: string } | undefined;

export class Definitions {
  readonly #byName = new Map<string, Definition>();
  readonly #environment: LoadEnvironment;
  readonly #reporter: Reporter;

  constructor(environment: LoadEnvironment, reporter: Reporter) {
    this.#environment = environment;
    this.#reporter = reporter;
  }

  set(name: string, lines: readonly string[], at: Span): void {
    this.#byName.set(name, { lines, at });
  }

  get names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Replaces every known `$NAME` and `${NAME}`, left to right, looking again at what was put in. */
  expand(line: Text, directory: string): Expanded {
    let text = line;
    let replacements = 0;
    let body: readonly BodyLine[] = [];
    for (let i = text.text.indexOf('$'); i !== -1; i = text.text.indexOf('$', i)) {
      const m = NAME.exec(text.text.slice(i));
      if (m === null) {
        i++;
        continue;
      }
      const end = i + m[0].length;
      const name = (m[1] ?? m[2]) as string;
      const found = this.#byName.get(name);
      const params = (m[3] ?? '').trim();
      if (found !== undefined && params === '') {
        const value = found.lines[0] ?? '';
        const many = found.lines.length > 1;
        if (many && end !== text.length) {
          i++;
          continue;
        }
        const endless = ++replacements > MAX_REPLACEMENTS;
        if (endless || !this.#fits(text, i, end, value)) {
          this.#reporter.report(
            'KA0203',
            text.span(i, end),
            `expanding $${name} would exceed maximum line length`,
            {
              related: [{ at: found.at, message: 'defined here' }],
              effect: endless
                ? 'keepalived repeats it until the line is full, or for ever; vipd leaves the text as written'
                : 'the text stays partly expanded',
              fix: 'end the definition that refers to itself',
            },
          );
          this.#reporter.unreadable(text.span(i, end));
          return endless ? { text: line, body: [] } : { text, body };
        }
        text = text.replace(i, end, value, { note: `$${name} is defined here`, at: found.at });
        if (many) body = [...found.lines.slice(1).map((l) => ({ text: l, definedAt: found.at })), ...body];
        continue;
      }
      const builtin = this.#builtin(name, (m[3] ?? '').replace(/^ /, ''), directory, text.span(i, end));
      if (builtin === undefined) {
        i++;
        continue;
      }
      if ('error' in builtin) {
        this.#reporter.report('KA0202', text.span(i, end), builtin.error, {
          effect: 'the text is left as it stands',
        });
        this.#reporter.unreadable(text.span(i, end));
        i = end;
        continue;
      }
      if (!this.#fits(text, i, end, builtin.value) || ++replacements > MAX_REPLACEMENTS)
        return { text, body };
      text = text.replace(i, end, builtin.value);
      i += builtin.value.length;
    }
    return { text, body };
  }

  #fits(text: Text, from: number, to: number, value: string): boolean {
    return text.length - (to - from) + value.length <= MAX_LINE;
  }

  #builtin(name: string, params: string, directory: string, at: Span): Builtin {
    switch (name) {
      case '_PWD':
        return params === '' ? { value: directory } : undefined;
      case '_INSTANCE':
        return params === '' ? { value: this.#environment.configId } : undefined;
      case '_HASH':
        return params === '' ? { value: '#' } : undefined;
      case '_BANG':
        return params === '' ? { value: '!' } : undefined;
      case '_ENV':
        return this.#env(params);
      case '_RANDOM':
        return this.#random(params, at);
      default:
        return undefined;
    }
  }

  #env(params: string): Builtin {
    if (params === '') return { error: 'Definition _ENV requires the name of an environment variable' };
    const words = params.split(/[ \t]+/).filter((w) => w !== '');
    if (words.length > 1)
      return { error: `Definition _ENV requires between 1 and 1 parameters, ${words.length} specified` };
    if (!/^[A-Za-z0-9_]+$/.test(params.trimStart()) || params !== params.trimEnd()) return undefined;
    return { value: this.#environment.env[params.trimStart()] ?? '' };
  }

  #random(params: string, at: Span): Builtin {
    const words = params.split(/[ \t]+/).filter((w) => w !== '');
    if (words.length > 2)
      return { error: `Definition _RANDOM requires between 0 and 2 parameters, ${words.length} specified` };
    if (words.some((w) => !/^\d{1,9}$/.test(w)))
      return { error: 'Definition _RANDOM requires numeric parameters only' };
    const min = Number(words[0] ?? 0);
    const max = Number(words[1] ?? 32767);
    if (min > max)
      this.#reporter.report('KA0202', at, `\${_RANDOM}: min ${min} exceeds max ${max}, using ${min}`);
    return { value: String(min >= max ? min : this.#environment.random(min, max)) };
  }
}
