/** A daemon under test, known only by a command template; it must stay in the foreground. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { nowS } from './clock.ts';
import { crash } from './process.ts';

/** Root of the checkout: tests run from there, as npm does. */
export const CHECKOUT: string = resolve('.');

const PID_FILES = '-p {run}/main.pid -r {run}/vrrp.pid -c {run}/checkers.pid -b {run}/bfd.pid';

/**
 * Command templates. `{conf}` becomes the configuration file, `{run}` a folder of its own for each start.
 * VIPD_LAB_VIPD and VIPD_LAB_KEEPALIVED replace them, for example to compare two builds.
 */
export const COMMANDS: Readonly<Record<DaemonKind, string>> = {
  keepalived: process.env['VIPD_LAB_KEEPALIVED'] ?? `keepalived -n -l -D -P -f {conf} ${PID_FILES}`,
  vipd: process.env['VIPD_LAB_VIPD'] ?? `${CHECKOUT}/bin/vipd -n -l -D -P -f {conf} ${PID_FILES}`,
};
export type DaemonKind = 'keepalived' | 'vipd';

const STOP_TIMEOUT_MS = 8000;

export type StartOptions = {
  readonly namespace: string;
  /** Template, see COMMANDS. */
  readonly command: string;
  readonly conf: string;
  /** Folder under which each start gets its run folder. */
  readonly runFolder: string;
  /** stdout and stderr are appended here. */
  readonly log: string;
};

let starts = 0;

export class Daemon {
  readonly runFolder: string;
  /** CLOCK_REALTIME seconds just before the process was made. */
  readonly startedS: number;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;

  constructor(o: StartOptions) {
    this.runFolder = join(o.runFolder, `run-${++starts}`);
    mkdirSync(this.runFolder, { recursive: true });
    const command = o.command.replaceAll('{conf}', o.conf).replaceAll('{run}', this.runFolder);
    const log = openSync(o.log, 'a');
    this.startedS = nowS();
    // nsenter and sh both exec, so this child's pid is the daemon's.
    this.#child = spawn('nsenter', [`--net=/run/netns/${o.namespace}`, '--', 'sh', '-c', `exec ${command}`], {
      cwd: this.runFolder,
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, NODE_TEST_CONTEXT: undefined },
    });
    closeSync(log);
    this.#exited = new Promise((done) => {
      this.#child.once('exit', () => done());
      this.#child.once('error', () => done());
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('the daemon could not be started (is nsenter installed?)');
    return pid;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null && this.#child.pid !== undefined;
  }

  /** Exit status, or the name of the signal that ended it; undefined while it runs. */
  get ending(): number | string | undefined {
    return this.#child.exitCode ?? this.#child.signalCode ?? undefined;
  }

  /** Returns the instant just before the signal was sent. */
  signal(name: NodeJS.Signals): number {
    const atS = nowS();
    if (this.alive) process.kill(this.pid, name);
    return atS;
  }

  /** Waits for its end; after `timeoutMs` the tree is killed and the result is false. */
  async ended(timeoutMs: number = STOP_TIMEOUT_MS): Promise<boolean> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      crash(this.pid);
    }, timeoutMs);
    await this.#exited;
    clearTimeout(timer);
    return !late;
  }

  /** SIGKILL of the whole process tree at once; returns the instant just before it. */
  async kill9(): Promise<number> {
    const atS = nowS();
    if (this.alive) crash(this.pid);
    await this.#exited;
    return atS;
  }

  /** For exit handlers: no waiting. */
  crashNow(): void {
    if (this.alive) crash(this.pid);
  }
}
