/**
 * Starts scripts: own session and process group, stdin /dev/null, stdout and stderr on one real pipe whose last
 * characters are kept. Knows nothing of queues and time limits.
 */
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Clock } from '../../ports/system.ts';
import { errnoCode } from './path-walk.ts';
import { Tail } from './tail.ts';

export type ChildSpec = {
  readonly path: string; // absolute
  readonly argv: readonly string[]; // with argv[0]
  readonly uid: number;
  readonly gid: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly tailLength: number; // characters of output kept
};

export type ChildEnd = {
  readonly outcome: 'exited' | 'signalled' | 'not-started';
  readonly exitCode: number; // -1 when none
  readonly signal: string; // '' when none
  readonly durationUs: number; // from the spawn to the exit
  readonly output: string;
  readonly detail: string; // why it was not started
  readonly temporary: boolean; // not started for lack of resources
};

export interface Child {
  /** The process was started and has not exited. */
  running(): boolean;
  output(): string;
  /** To the whole group; nothing happens when it is not running. */
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
  /** Lets the event loop end although this child runs. */
  unref(): void;
}

export type ChildrenDeps = {
  readonly clock: Clock;
  /** native().openPipe: [read end, write end], close-on-exec. */
  readonly openPipe: () => readonly [number, number];
  /** Runs before each spawn: native().closeOnExecFrom(3), since raw sockets lack close-on-exec. */
  readonly beforeSpawn?: () => void;
  readonly spawn?: (file: string, args: readonly string[], options: SpawnOptions) => ChildProcess;
  readonly ownUid: number;
  readonly ownGid: number;
};

/** After the exit a grandchild may hold the pipe: what the script itself wrote is read in this time. */
const DRAIN_MS = 100;
/** Reading is held to this many bytes in this time, so that a script like `yes` cannot keep the JS thread busy. */
const READ_BYTES = 256 * 1024;
const READ_PAUSE_MS = 10;
/** Pipes kept open for grandchildren that still write (closed, they would die of SIGPIPE); beyond it the oldest goes. */
const MAX_LINGERING = 64;
/** The file itself was looked at before (security.ts), so these codes mean something else. */
const HINTS: Readonly<Record<string, string>> = {
  ENOENT: " (the interpreter of its '#!' line does not exist; does that line end in a carriage return?)",
  EACCES: ' (file system mounted noexec, or SELinux or AppArmor)',
  EPERM: ' (may not switch to that user)',
};
const TEMPORARY = new Set(['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE']);

export class Children {
  readonly #deps: ChildrenDeps;
  readonly #lingering = new Set<Socket>();

  constructor(deps: ChildrenDeps) {
    this.#deps = deps;
  }

  /** Spawns now (1-2 ms); `onEnd` is called once, later, whatever happens. */
  start(spec: ChildSpec, onEnd: (end: ChildEnd) => void): Child {
    const child = new OneChild(spec, this.#deps, onEnd, (s) => this.#linger(s));
    child.launch();
    return child;
  }

  /** Pipes that are still held for grandchildren. */
  lingeringCount(): number {
    return this.#lingering.size;
  }

  #linger(socket: Socket): void {
    this.#lingering.add(socket);
    socket.once('close', () => this.#lingering.delete(socket));
    if (this.#lingering.size <= MAX_LINGERING) return;
    const [oldest] = this.#lingering;
    oldest?.destroy();
  }
}

class OneChild implements Child {
  readonly #spec: ChildSpec;
  readonly #deps: ChildrenDeps;
  readonly #onEnd: (end: ChildEnd) => void;
  readonly #linger: (socket: Socket) => void;
  readonly #tail: Tail;
  #state: 'starting' | 'running' | 'draining' | 'ended' = 'starting';
  #process: ChildProcess | undefined;
  #socket: Socket | undefined;
  #startedAtUs = 0;
  #keepsLoop = true;
  #condemned = false;

  constructor(
    spec: ChildSpec,
    deps: ChildrenDeps,
    onEnd: (end: ChildEnd) => void,
    linger: (socket: Socket) => void,
  ) {
    this.#spec = spec;
    this.#deps = deps;
    this.#onEnd = onEnd;
    this.#linger = linger;
    this.#tail = new Tail(spec.tailLength);
  }

  running(): boolean {
    return this.#state === 'running';
  }

  output(): string {
    return this.#tail.text();
  }

  signal(name: 'SIGTERM' | 'SIGKILL'): void {
    const pid = this.#process?.pid;
    if (this.#state !== 'running' || pid === undefined) return;
    this.#condemned = true;
    signalGroup(pid, name);
  }

  unref(): void {
    this.#keepsLoop = false;
    this.#process?.unref();
    this.#socket?.unref();
  }

  launch(): void {
    this.#startedAtUs = this.#deps.clock.nowUs();
    let writeEnd = -1;
    try {
      this.#deps.beforeSpawn?.();
      const [readFd, writeFd] = this.#deps.openPipe();
      writeEnd = writeFd;
      this.#socket = this.#read(readFd);
      this.#process = this.#spawn(writeFd);
    } catch (e) {
      this.#notStarted(errnoCode(e));
      return;
    } finally {
      if (writeEnd !== -1) closeSync(writeEnd);
    }
    this.#state = 'running';
    this.#process.once('error', (e) => this.#notStarted(errnoCode(e)));
    this.#process.once('exit', (code, signal) => this.#exited(code, signal));
  }

  #spawn(output: number): ChildProcess {
    const { path, argv, uid, gid, environment } = this.#spec;
    const options: SpawnOptions = {
      argv0: argv[0] ?? path,
      cwd: '/',
      env: environment,
      stdio: ['ignore', output, output],
      detached: true, // setsid: a group of its own, no terminal
      // setgroups needs privilege even when nothing changes: an unprivileged daemon runs scripts as itself.
      ...(uid === this.#deps.ownUid && gid === this.#deps.ownGid && uid !== 0 ? {} : { uid, gid }),
    };
    return (this.#deps.spawn ?? spawn)(path, argv.slice(1), options);
  }

  #read(fd: number): Socket {
    const socket = new Socket({ fd, readable: true, writable: false });
    let got = 0;
    socket.on('data', (chunk: Buffer) => {
      if (this.#state !== 'ended') this.#tail.push(chunk);
      got += chunk.length;
      if (got < READ_BYTES) return;
      got = 0;
      socket.pause();
      setTimeout(() => socket.resume(), READ_PAUSE_MS).unref();
    });
    socket.on('error', () => socket.destroy()); // a read error ends the output, not the script
    return socket;
  }

  #notStarted(code: string): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    const hint = HINTS[code] ?? '';
    const detail = `cannot start ${this.#spec.path}: ${code}${hint}`;
    setImmediate(() => this.#tell('not-started', -1, '', 0, detail, TEMPORARY.has(code)));
  }

  #exited(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state !== 'running') return;
    this.#state = 'draining';
    // The leader obeyed; what is left of its group had the same signal. Later its number may be someone else's.
    if (this.#condemned && this.#process?.pid !== undefined) signalGroup(this.#process.pid, 'SIGKILL');
    const durationUs = this.#deps.clock.nowUs() - this.#startedAtUs;
    const socket = this.#socket;
    const finish = (): void => {
      if (this.#state === 'ended') return;
      this.#state = 'ended';
      clearTimeout(timer);
      if (socket !== undefined && !socket.closed) {
        socket.unref();
        this.#linger(socket);
      }
      this.#tell(signal === null ? 'exited' : 'signalled', code ?? -1, signal ?? '', durationUs, '', false);
    };
    const timer = setTimeout(finish, DRAIN_MS);
    if (!this.#keepsLoop) timer.unref();
    if (socket === undefined || socket.closed) finish();
    else socket.once('close', finish);
  }

  #tell(
    outcome: ChildEnd['outcome'],
    exitCode: number,
    signal: string,
    durationUs: number,
    detail: string,
    temporary: boolean,
  ): void {
    this.#onEnd({ outcome, exitCode, signal, durationUs, output: this.#tail.text(), detail, temporary });
  }
}

/** A group that is gone (ESRCH) is what was wanted; EPERM: a set-user-id script, which a daemon without root cannot end. */
export function signalGroup(pid: number, name: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, name);
  } catch (e) {
    const code = errnoCode(e);
    if (code !== 'ESRCH' && code !== 'EPERM') throw e;
  }
}
