/** A folder of scripts and the real hands that run them, for the tests of io/process. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getegid, geteuid } from 'node:process';
import { Children, type ChildrenDeps } from '../../../../src/io/process/children.ts';
import { type AccountSource, PathCommandChecker } from '../../../../src/io/process/security.ts';
import { Turns } from '../../../../src/io/process/turns.ts';
import { native } from '../../../../src/native.ts';
import type { Command } from '../../../../src/ports/process.ts';
import type { Clock } from '../../../../src/ports/system.ts';

export const UID: number = geteuid?.() ?? 0;
export const GID: number = getegid?.() ?? 0;
export const NOT_ROOT: string | false = UID === 0 ? false : 'needs root: changes owners or users';

export const clock: Clock = {
  nowUs: () => Number(process.hrtime.bigint() / 1000n),
  wallMs: () => Date.now(),
};

/** Nobody but the daemon's own user exists. */
export const NO_ACCOUNTS: AccountSource = {
  lookupUser: () => null,
  lookupUserId: () => null,
  lookupGroup: () => null,
};

export const commandOf = (...argv: string[]): Command => ({
  argv,
  text: argv.join(' '),
  place: { file: 'test.conf', line: 1, col: 1 },
});

export const checker = (): PathCommandChecker =>
  new PathCommandChecker({ scriptSecurity: false }, { accounts: NO_ACCOUNTS });

export class Workshop {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'vipd-process-'));
  readonly turns: Turns = new Turns();
  readonly children: Children;

  constructor(deps: Partial<ChildrenDeps> = {}) {
    chmodSync(this.folder, 0o755);
    this.children = new Children({
      clock,
      openPipe: () => native().openPipe(),
      ownUid: UID,
      ownGid: GID,
      ...deps,
    });
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** A /bin/sh script; its path. */
  script(name: string, body: string, head = '#!/bin/sh\n'): string {
    const path = this.path(name);
    writeFileSync(path, `${head}${body}\n`);
    chmodSync(path, 0o755);
    return path;
  }

  read(name: string): string {
    try {
      return readFileSync(this.path(name), 'utf8');
    } catch (e) {
      if (e instanceof Error && 'code' in e && e.code === 'ENOENT') return '';
      throw e;
    }
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Waits until `holds`, at most `boundMs`; throws with `what` after that. */
export async function until(what: string, holds: () => boolean, boundMs = 10_000): Promise<void> {
  const end = performance.now() + boundMs;
  while (!holds()) {
    if (performance.now() > end) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A process of that number exists and is no zombie. */
export function alive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch (e) {
    if (e instanceof Error && 'code' in e && (e.code === 'ENOENT' || e.code === 'ESRCH')) return false;
    throw e;
  }
}
