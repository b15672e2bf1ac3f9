/**
 * 'reload_time_file': a file that says when the configuration is to be read anew. `HH:MM:SS`, `YY-MM-DD HH:MM:SS` or
 * `YYYY-MM-DD HH:MM:SS`, in local time, or in UTC with a `Z` behind it. Its folder is watched, so that the file may come, change
 * and go at any time.
 */
import { type FSWatcher, readFileSync, unlinkSync, watch } from 'node:fs';
import { posix } from 'node:path';
import type { Log } from '../../ports/system.ts';

const DAY_MS = 86_400_000;
/** setTimeout holds 31 bits of milliseconds. */
const LONGEST_TIMER_MS = 2_000_000_000;
const LONGEST_FILE_BYTES = 64;
const FORM = /^(?:(\d\d|\d{4})-(\d\d)-(\d\d) )?(\d\d):(\d\d):(\d\d)(Z?)$/;

/**
 * The time of that text, milliseconds since 1970; a time without a date is the next one after `nowMs`. undefined: no such form,
 * no such time (25:00:00, February 30th).
 */
export function reloadTime(text: string, nowMs: number): number | undefined {
  const found = FORM.exec(text.trim());
  if (found === null) return undefined;
  const [year, month, day, hour, minute, second] = found.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const utc = found[7] === 'Z';
  const dated = found[1] !== undefined;
  const now = new Date(nowMs);
  const at = (y: number, m: number, d: number): number => {
    const local = new Date(y, m, d, hour, minute, second);
    const date = utc ? new Date(Date.UTC(y, m, d, hour, minute, second)) : local;
    const read = utc
      ? [
          date.getUTCMonth(),
          date.getUTCDate(),
          date.getUTCHours(),
          date.getUTCMinutes(),
          date.getUTCSeconds(),
        ]
      : [date.getMonth(), date.getDate(), date.getHours(), date.getMinutes(), date.getSeconds()];
    const wanted = dated ? [m, d, hour, minute, second] : [...read.slice(0, 2), hour, minute, second];
    // A local time that the change to summer time leaves out moves by an hour; that is no mistake of the writer.
    const moved = !utc && Math.abs((read[2] as number) - hour) === 1;
    return moved || read.every((x, i) => x === wanted[i]) ? date.getTime() : Number.NaN;
  };
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  let ms: number;
  if (dated) ms = at(year < 100 ? 2000 + year : year, month - 1, day);
  else {
    const [y, m, d] = utc
      ? [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
      : [now.getFullYear(), now.getMonth(), now.getDate()];
    ms = at(y, m, d);
    if (ms <= nowMs) ms = at(y, m, d + 1);
  }
  return Number.isNaN(ms) ? undefined : ms;
}

export type ReloadTimeDeps = {
  readonly log: Log;
  readonly wallMs: () => number;
  readonly reload: () => void;
};

export class ReloadTimer {
  readonly #deps: ReloadTimeDeps;
  #path: string | undefined;
  #repeat = false;
  #watcher: FSWatcher | undefined;
  #timer: NodeJS.Timeout | undefined;
  #atMs = 0; // 0 = none
  #text = '';

  constructor(deps: ReloadTimeDeps) {
    this.#deps = deps;
  }

  /** The settings of a configuration that is now in force; `path` undefined: no such file. */
  configure(path: string | undefined, repeat: boolean): void {
    this.#repeat = repeat;
    if (path === this.#path) return;
    this.close();
    this.#path = path;
    if (path === undefined) return;
    const name = posix.basename(path);
    try {
      this.#watcher = watch(posix.dirname(path), { persistent: false }, (_, changed) => {
        if (changed === null || changed === name) this.#read();
      });
      this.#watcher.on('error', (e) => this.#complain(`cannot watch ${path}: ${e.message}`));
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      this.#complain(`cannot watch the folder of reload_time_file ${path}: ${e.message}; it is not used`);
      return;
    }
    this.#read();
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#path = undefined;
    this.#disarm();
    this.#text = '';
  }

  #complain(text: string): void {
    this.#deps.log.log('warning', text);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#atMs = 0;
  }

  #read(): void {
    const path = this.#path as string;
    let text: string;
    try {
      text = readFileSync(path, 'latin1').slice(0, LONGEST_FILE_BYTES).trim();
    } catch (e) {
      if (!(e instanceof Error && 'code' in e)) throw e;
      if (e.code !== 'ENOENT') this.#complain(`cannot read reload_time_file ${path}: ${e.message}`);
      else if (this.#atMs > 0) this.#deps.log.log('info', `the reload planned by ${path} is cancelled`);
      this.#disarm();
      this.#text = '';
      return;
    }
    // An editor touches a file several times; an empty one is still being written.
    if (text === this.#text || text === '') return;
    this.#text = text;
    this.#plan(text);
  }

  #plan(text: string): void {
    this.#disarm();
    const nowMs = this.#deps.wallMs();
    const at = reloadTime(text, nowMs);
    const remedy = 'write HH:MM:SS or YYYY-MM-DD HH:MM:SS, with Z for UTC';
    if (at === undefined) this.#complain(`${this.#path}: '${text}' is no time; ${remedy}`);
    else if (at <= nowMs) this.#complain(`${this.#path}: ${text} is in the past; nothing is planned`);
    else {
      this.#atMs = at;
      this.#deps.log.log('info', `Reload planned for ${new Date(at).toISOString()} by ${this.#path}`);
      this.#arm();
    }
  }

  #arm(): void {
    const left = this.#atMs - this.#deps.wallMs();
    this.#timer = setTimeout(
      () => {
        if (this.#deps.wallMs() < this.#atMs) this.#arm();
        else this.#due();
      },
      Math.max(0, Math.min(left, LONGEST_TIMER_MS)),
    );
    this.#timer.unref();
  }

  #due(): void {
    const path = this.#path as string;
    this.#atMs = this.#repeat ? this.#atMs + DAY_MS : 0;
    if (this.#repeat) this.#arm();
    else
      try {
        unlinkSync(path);
        this.#text = '';
      } catch (e) {
        if (!(e instanceof Error && 'code' in e)) throw e;
        if (e.code !== 'ENOENT')
          this.#complain(`cannot remove ${path}: ${e.message}; it would plan a reload again`);
      }
    this.#deps.reload();
  }
}
