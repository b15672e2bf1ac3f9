/** Where in a loaded file a setting of an instance stands, for findings that are made after loading. */
import type { Config } from '../config/config.ts';
import type { LoadResult } from '../config/load.ts';
import { Source, type Span } from '../config/source.ts';
import type { Statement } from '../config/tree.ts';

export class Places {
  readonly #statements: readonly Statement[];
  readonly #file: string;

  constructor(loaded: LoadResult & { readonly config: Config }) {
    this.#statements = loaded.statements ?? [];
    this.#file = loaded.config.files[0] ?? '';
  }

  /** The whole file, where nothing more exact can be named. */
  file(): Span {
    return { source: this.#statements[0]?.line.source ?? new Source(this.#file, ''), start: 0, end: 0 };
  }

  #block(keyword: string, name: string): Statement | undefined {
    return this.#statements.find((s) => s.keyword.text === keyword && s.args[0]?.text === name);
  }

  /** The name of an instance. */
  instance(name: string): Span {
    return this.#block('vrrp_instance', name)?.args[0]?.at ?? this.file();
  }

  group(name: string): Span {
    return this.#block('vrrp_sync_group', name)?.args[0]?.at ?? this.file();
  }

  has(instance: string, ...keywords: readonly string[]): boolean {
    const body = this.#block('vrrp_instance', instance)?.body ?? [];
    return body.some((s) => keywords.includes(s.keyword.text));
  }

  /** The last line of the instance with one of the keywords, else the instance's name. */
  setting(instance: string, ...keywords: readonly string[]): Span {
    const body = this.#block('vrrp_instance', instance)?.body ?? [];
    const all = body.flatMap((s) => [s, ...s.body]);
    const found = all.findLast((s) => keywords.includes(s.keyword.text));
    return found === undefined ? this.instance(instance) : found.line.span();
  }

  /** The line of a value block (`virtual_ipaddress`, `track_script`, …) whose first word fits, else the block's keyword. */
  entry(instance: string, block: string, fits: (word: string) => boolean): Span {
    const body = this.#block('vrrp_instance', instance)?.body ?? [];
    const blocks = body.filter((s) => s.keyword.text === block);
    const line = blocks.flatMap((s) => s.entries).find((e) => fits(e.words[0]?.text ?? ''));
    return line?.line.span() ?? blocks[0]?.keyword.at ?? this.instance(instance);
  }
}
