/**
 * Runs one command to its end or to its time limit: 'startup_script' and 'shutdown_script', which the daemon waits for.
 * Like keepalived it goes on whatever the command does; what went wrong is told in words.
 */
import type { Command, CommandChecker } from '../../ports/process.ts';
import type { ChildEnd, Children } from './children.ts';
import { scriptEnvironment } from './environment.ts';

export type RunOnceDeps = {
  readonly checker: CommandChecker;
  readonly children: Children;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ownUid: number;
};

const TAIL_LENGTH = 1024;
/** Between SIGTERM and SIGKILL; the second ends the wait in any case. */
const KILL_MS = 1000;

/** Resolves with '' after exit status 0, else with what went wrong; at most `timeoutS` and a second later. */
export function runOnce(deps: RunOnceDeps, command: Command, timeoutS: number): Promise<string> {
  const prepared = deps.checker.prepare(command);
  if (!prepared.ok) return Promise.resolve(`not run: ${prepared.reason}; ${prepared.remedy}`);
  return new Promise((resolve) => {
    let timedOut = false;
    const child = deps.children.start(
      {
        path: prepared.path,
        argv: prepared.argv,
        uid: prepared.uid,
        gid: prepared.gid,
        environment: scriptEnvironment(deps.environment, deps.ownUid, prepared, {}),
        tailLength: TAIL_LENGTH,
      },
      (end) => {
        clearTimeout(limit);
        resolve(timedOut ? `timed out after ${timeoutS} s and was ended` : wordsFor(end));
      },
    );
    const limit = setTimeout(() => {
      timedOut = true;
      child.signal('SIGTERM');
      setTimeout(() => child.signal('SIGKILL'), KILL_MS).unref();
    }, timeoutS * 1000);
  });
}

function wordsFor(end: ChildEnd): string {
  if (end.outcome === 'exited' && end.exitCode === 0) return '';
  const lastLine = end.output.trimEnd().split('\n').at(-1) ?? '';
  const said = lastLine === '' ? '' : `: ${lastLine}`;
  if (end.outcome === 'exited') return `failed with status ${end.exitCode}${said}`;
  if (end.outcome === 'signalled') return `was ended by ${end.signal}${said}`;
  return end.detail;
}
