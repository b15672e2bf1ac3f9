/**
 * The program that reads a FIFO ('notify_fifo_script'): runs as long as the FIFO is in use. One that dies is started again,
 * after a pause that doubles; one that ends with status 0 has ended itself. At the end it first gets time to read on.
 */
import type { Command, CommandChecker } from '../../ports/process.ts';
import type { Log } from '../../ports/system.ts';
import type { Child, ChildEnd, Children } from '../process/children.ts';
import { scriptEnvironment } from '../process/environment.ts';

export type ReaderDeps = {
  readonly checker: () => CommandChecker; // of the configuration in force
  readonly children: Children;
  readonly log: Log;
  readonly environment: Readonly<Record<string, string | undefined>>; // the daemon's
  readonly ownUid: number;
  readonly firstPauseMs?: number; // default 1,000
};

const LONGEST_PAUSE_MS = 60_000;
/** Who ran this long was no failed start. */
const SETTLED_US = 60_000_000;
const TAIL_LENGTH = 512;
const KILL_MS = 500;

export class Reader {
  readonly #deps: ReaderDeps;
  readonly #what: string;
  readonly #command: Command;
  readonly #path: string;
  #child: Child | undefined;
  #pauseMs: number;
  #again: NodeJS.Timeout | undefined;
  #stopping: (() => void) | undefined;

  /** `what`: the keyword; `path`: of the FIFO, which becomes the last argument. */
  constructor(deps: ReaderDeps, what: string, command: Command, path: string) {
    this.#deps = deps;
    this.#what = what;
    this.#command = command;
    this.#path = path;
    this.#pauseMs = deps.firstPauseMs ?? 1_000;
  }

  start(): void {
    const { checker, children, environment, ownUid, log } = this.#deps;
    const prepared = checker().prepare(this.#command);
    if (!prepared.ok) {
      log.log('warning', `${this.#what} is not run: ${prepared.reason}; ${prepared.remedy}`);
      return;
    }
    this.#child = children.start(
      {
        path: prepared.path,
        argv: [...prepared.argv, this.#path],
        uid: prepared.uid,
        gid: prepared.gid,
        environment: scriptEnvironment(environment, ownUid, prepared, {}),
        tailLength: TAIL_LENGTH,
      },
      (end) => this.#ended(end),
    );
    this.#child.unref(); // it would run for ever
  }

  /** SIGTERM after `graceMs`, SIGKILL a little later; resolves when it has ended, and in any case after that. */
  stop(graceMs: number): Promise<void> {
    clearTimeout(this.#again);
    const child = this.#child;
    if (child === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      const term = setTimeout(() => child.signal('SIGTERM'), graceMs);
      const kill = setTimeout(() => {
        child.signal('SIGKILL');
        resolve();
      }, graceMs + KILL_MS);
      this.#stopping = () => {
        clearTimeout(term);
        clearTimeout(kill);
        resolve();
      };
    });
  }

  #ended(end: ChildEnd): void {
    this.#child = undefined;
    if (this.#stopping !== undefined) {
      this.#stopping();
      return;
    }
    const { log } = this.#deps;
    if (end.outcome === 'exited' && end.exitCode === 0) {
      log.log('info', `${this.#what} has ended; nobody reads ${this.#path} from here on`);
      return;
    }
    if (end.durationUs >= SETTLED_US) this.#pauseMs = this.#deps.firstPauseMs ?? 1_000;
    const last = end.output.trimEnd().split('\n').at(-1) ?? '';
    const how =
      end.outcome === 'exited'
        ? `ended with status ${end.exitCode}`
        : end.outcome === 'signalled'
          ? `was ended by ${end.signal}`
          : end.detail;
    log.log(
      'warning',
      `${this.#what} ${how}${last === '' ? '' : `: ${last}`}; it is started again in ${this.#pauseMs / 1000} s`,
    );
    this.#again = setTimeout(() => this.start(), this.#pauseMs);
    this.#again.unref();
    this.#pauseMs = Math.min(LONGEST_PAUSE_MS, this.#pauseMs * 2);
  }
}
