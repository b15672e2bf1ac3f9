/**
 * Runs vrrp_script checks: one run of a script at a time, ended with its whole group when it overruns its timeout
 * (SIGTERM, 2 s later SIGKILL; keepalived.conf(5) 'vrrp_script'). `script "</file"` starts nothing: it succeeds when the
 * file can be opened. When to run is decided by track/script.ts.
 */
import { close, constants, open } from 'node:fs';
import type {
  Command,
  CommandChecker,
  PreparedCommand,
  ScriptConfig,
  ScriptPort,
  ScriptResult,
  ScriptSink,
} from '../../ports/process.ts';
import type { Clock } from '../../ports/system.ts';
import type { Child, ChildEnd, Children } from './children.ts';
import { scriptEnvironment } from './environment.ts';
import type { Turns } from './turns.ts';

export type ScriptDeps = {
  readonly checker: () => CommandChecker;
  readonly turns: Turns; // one for hooks and checks
  readonly children: Children;
  readonly clock: Clock;
  readonly sink: ScriptSink;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ownUid: number;
  readonly killUs?: number; // SIGTERM to SIGKILL, default 2 s
  readonly openFile?: (path: string, done: (e: NodeJS.ErrnoException | null) => void) => void;
};

/** `told`: the sink has its result (or wants none); the run goes on until the process is gone. */
type Run = {
  readonly script: ScriptConfig;
  readonly file: string | undefined; // of `</file`
  child: Child | undefined; // undefined: waits for its turn, or a file check
  startedAtUs: number;
  timer: NodeJS.Timeout | undefined;
  timedOut: boolean;
  told: boolean;
};

const TAIL_LENGTH = 1024;
const DEFAULT_KILL_US = 2_000_000;
/** A script that obeys SIGTERM is gone by then and its own last words are in the result. */
const GRACE_MS = 100;

/** Opens and closes; O_NONBLOCK because a FIFO without a writer would hold the thread. */
function openAndClose(path: string, done: (e: NodeJS.ErrnoException | null) => void): void {
  open(path, constants.O_RDONLY | constants.O_NONBLOCK, (e, fd) => {
    if (e === null) close(fd, () => undefined);
    done(e);
  });
}

/** The file of the form `</some/file`; undefined for a program. */
function fileOf(command: Command): string | undefined {
  const word = command.argv[0] ?? '';
  return word.startsWith('<') && word.length > 1 ? word.slice(1) : undefined;
}

export class Scripts implements ScriptPort {
  readonly #deps: ScriptDeps;
  readonly #runs = new Map<string, Run>();

  constructor(deps: ScriptDeps) {
    this.#deps = deps;
  }

  prepare(script: ScriptConfig): PreparedCommand {
    const file = fileOf(script.command);
    if (file === undefined) return this.#deps.checker().prepare(script.command);
    return { ok: true, path: file, argv: [], uid: 0, gid: 0, userName: '', home: '', warnings: [] };
  }

  run(script: ScriptConfig): boolean {
    if (this.#runs.has(script.name)) return false;
    const run: Run = {
      script,
      file: fileOf(script.command),
      child: undefined,
      startedAtUs: this.#deps.clock.nowUs(),
      timer: undefined,
      timedOut: false,
      told: false,
    };
    this.#runs.set(script.name, run);
    const { file } = run;
    if (file === undefined) this.#deps.turns.add(false, () => this.#runProgram(run));
    else this.#runFileCheck(run, file);
    return true;
  }

  cancel(name: string): void {
    const run = this.#runs.get(name);
    if (run === undefined) return;
    run.told = true;
    clearTimeout(run.timer);
    // A file check goes on until the kernel answers; a process that is not running is none that could overlap.
    if (run.child?.running() === true) {
      run.child.unref();
      this.#kill(run);
    } else if (run.file === undefined) this.#runs.delete(name);
  }

  cancelAll(): void {
    for (const name of [...this.#runs.keys()]) this.cancel(name);
  }

  /** The daemon ends: what did not obey SIGTERM until now is not left behind. */
  close(): void {
    this.cancelAll();
    for (const run of this.#runs.values()) run.child?.signal('SIGKILL');
  }

  #runProgram(run: Run): void {
    if (run.told) return; // cancelled meanwhile
    const prepared = this.#deps.checker().prepare(run.script.command);
    if (!prepared.ok) {
      const detail = `${prepared.reason}; ${prepared.remedy}`;
      this.#forget(run);
      this.#tell(run, { ok: false, exitCode: -1, inconclusive: false, output: '', detail });
      return;
    }
    this.#started(run);
    run.child = this.#deps.children.start(
      {
        path: prepared.path,
        argv: prepared.argv,
        uid: prepared.uid,
        gid: prepared.gid,
        environment: scriptEnvironment(this.#deps.environment, this.#deps.ownUid, prepared, {}),
        tailLength: TAIL_LENGTH,
      },
      (end) => this.#ended(run, end),
    );
  }

  #started(run: Run): void {
    run.startedAtUs = this.#deps.clock.nowUs();
    run.timer = setTimeout(() => this.#timeOut(run), run.script.timeoutUs / 1000);
  }

  #runFileCheck(run: Run, file: string): void {
    this.#started(run);
    (this.#deps.openFile ?? openAndClose)(file, (e) => {
      this.#forget(run);
      // KEEPALIVED: the errno takes the place of the exit status.
      const exitCode = e === null ? 0 : Math.abs(e.errno ?? 1);
      const detail = e === null ? '' : `cannot open ${file}: ${e.code ?? 'error'}`;
      this.#tell(run, { ok: e === null, exitCode, inconclusive: false, output: '', detail });
    });
  }

  #timeOut(run: Run): void {
    run.timedOut = true;
    const detail = `timed out after ${run.script.timeoutUs / 1_000_000} s`;
    const tell = (): void =>
      this.#tell(run, {
        ok: false,
        exitCode: -1,
        inconclusive: false,
        output: run.child?.output() ?? '',
        detail,
      });
    if (run.child === undefined) {
      tell();
      return;
    }
    this.#kill(run);
    run.timer = setTimeout(tell, GRACE_MS);
  }

  #kill(run: Run): void {
    run.child?.signal('SIGTERM');
    setTimeout(() => run.child?.signal('SIGKILL'), (this.#deps.killUs ?? DEFAULT_KILL_US) / 1000).unref();
  }

  #ended(run: Run, end: ChildEnd): void {
    this.#forget(run);
    const timeout = `timed out after ${run.script.timeoutUs / 1_000_000} s`;
    const detail =
      end.outcome === 'signalled' && !run.timedOut
        ? `killed by ${end.signal}`
        : run.timedOut
          ? timeout
          : end.detail;
    this.#tell(run, {
      ok: !run.timedOut && end.outcome === 'exited' && end.exitCode === 0,
      exitCode: run.timedOut ? -1 : end.exitCode,
      inconclusive: end.temporary,
      output: end.output,
      detail,
    });
  }

  #forget(run: Run): void {
    clearTimeout(run.timer);
    if (this.#runs.get(run.script.name) === run) this.#runs.delete(run.script.name);
  }

  #tell(run: Run, rest: Pick<ScriptResult, 'ok' | 'exitCode' | 'inconclusive' | 'output' | 'detail'>): void {
    if (run.told) return;
    run.told = true;
    const durationUs = this.#deps.clock.nowUs() - run.startedAtUs;
    this.#deps.sink({ script: run.script.name, timedOut: run.timedOut, durationUs, ...rest });
  }
}
