/** What becomes of a configured command, for those who only want to know: the checker's answer with its cause. */
import { posix } from 'node:path';
import type { Command } from '../../ports/process.ts';
import { type AccountSource, Accounts } from './accounts.ts';
import { type FileView, KERNEL_FILES, walkPath } from './path-walk.ts';
import { type CheckerSettings, PathCommandChecker } from './security.ts';

/** Where keepalived looks when the environment has no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';

export type ProgramState = 'executable' | 'not-executable' | 'missing';

/** By the name as written, for root; a name without '/' is looked up in PATH. */
export function programState(
  program: string,
  path: string | undefined,
  files: FileView = KERNEL_FILES,
): ProgramState {
  const candidates = program.includes('/')
    ? [program]
    : (path ?? DEFAULT_PATH).split(':').map((folder) => posix.join(folder, program));
  let found: ProgramState = 'missing';
  for (const candidate of candidates) {
    if (!candidate.startsWith('/')) continue;
    const walk = walkPath(files, candidate);
    if (!walk.ok || walk.stat.kind !== 'file') continue;
    if ((walk.stat.mode & 0o111) !== 0) return 'executable';
    found = 'not-executable';
  }
  return found;
}

export type Verdict =
  | { readonly ok: true; readonly root: boolean; readonly warnings: readonly string[] }
  | {
      readonly ok: false;
      readonly cause: 'missing' | 'account' | 'not-executable' | 'insecure';
      readonly reason: string;
      readonly remedy: string;
    };

/** Made once for a configuration: accounts are looked up once. */
export class CommandJudge {
  readonly #settings: CheckerSettings;
  readonly #accounts: Accounts;
  readonly #checker: PathCommandChecker;
  readonly #path: string | undefined;

  constructor(settings: CheckerSettings, source: AccountSource, path: string | undefined) {
    this.#settings = settings;
    this.#path = path;
    // As root: that is what the daemon runs as, whoever runs the check.
    this.#accounts = new Accounts(settings, source, 0, 0);
    this.#checker = new PathCommandChecker(settings, { accounts: source, ownUid: 0, ownGid: 0, path });
  }

  judge(command: Command): Verdict {
    const who = this.#accounts.choose(command.user, command.group);
    if (!who.ok) return { ok: false, cause: 'account', reason: who.reason, remedy: who.remedy };
    const prepared = this.#checker.prepare(command);
    if (prepared.ok) {
      const { scriptSecurity } = this.#settings;
      return {
        ok: true,
        root: prepared.uid === 0,
        warnings: scriptSecurity ? [] : prepared.warnings.filter((w) => w.startsWith('Unsafe permissions')),
      };
    }
    const cause = prepared.security
      ? 'insecure'
      : programState(command.argv[0] ?? '', this.#path) === 'missing'
        ? 'missing'
        : 'not-executable';
    return { ok: false, cause, reason: prepared.reason, remedy: prepared.remedy };
  }
}
