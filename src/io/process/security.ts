/**
 * Makes a configured command ready to run: finds the file, picks the user, applies the rules of
 * `enable_script_security` (keepalived.conf(5), GLOBAL CONFIGURATION). Every refusal names the place and the remedy.
 *
 * KEEPALIVED: 2.4.3 refuses any path with a linked directory (`/bin/x` where /bin is a link); 2.2.7 resolves the links
 * first, as this does. Unlike 2.2.7 the links passed on the way are judged too, and argv[0] keeps the name of a final
 * link: 2.2.7 passes the target's, which breaks programs that ask how they were called (busybox, iptables).
 */
import { getegid, geteuid } from 'node:process';
import type { Command, CommandChecker, PreparedCommand } from '../../ports/process.ts';
import { type Account, type AccountSource, Accounts, type Identity } from './accounts.ts';
import {
  type Component,
  type FileStat,
  type FileView,
  KERNEL_FILES,
  type Walk,
  walkPath,
} from './path-walk.ts';

export type { Account, AccountSource };

export type CheckerSettings = {
  readonly scriptUser?: string; // 'script_user'
  readonly scriptGroup?: string;
  readonly scriptSecurity: boolean; // 'enable_script_security'
  readonly keepSymlinks?: boolean; // 'use_symlink_paths': executed by the path as written
};

export type CheckerDeps = {
  readonly accounts: AccountSource; // native()
  readonly files?: FileView;
  readonly ownUid?: number; // of the daemon
  readonly ownGid?: number;
  readonly path?: string | undefined; // PATH of the daemon
  /** Each different warning once; the whole list also stands in every PreparedCommand. */
  readonly onWarning?: (text: string) => void;
};

type Refusal = PreparedCommand & { readonly ok: false };
type Found = Walk & { readonly ok: true };

/** confstr(_CS_PATH), where execvp and keepalived look when the environment has no PATH. */
const DEFAULT_PATH = '/bin:/usr/bin';
export const NO_SECURITY = 'SECURITY VIOLATION - scripts are being executed but script_security not enabled.';

const octal = (mode: number): string => `0${mode.toString(8)}`;
const refuse = (reason: string, remedy: string, security = false): Refusal => ({
  ok: false,
  reason,
  remedy,
  security,
});
/** argv ends at a NUL in C; `\000` can be written in a configuration. */
const cutAtNul = (word: string): string => {
  const end = word.indexOf('\0');
  return end === -1 ? word : word.slice(0, end);
};

/** May this user execute (file) or pass through (directory, link: always 0777)? Supplementary groups are cleared for scripts. */
function mayExecute(stat: FileStat, uid: number, gid: number): boolean {
  if (uid === 0) return stat.kind === 'directory' || (stat.mode & 0o111) !== 0;
  if (stat.uid === uid) return (stat.mode & 0o100) !== 0;
  if (stat.gid === gid) return (stat.mode & 0o010) !== 0;
  return (stat.mode & 0o001) !== 0;
}

/** Who besides root can change this component: a clause and the command that ends it; undefined = nobody. */
function weakness(c: Component): { readonly what: string; readonly fix: string } | undefined {
  const { kind, mode, uid, gid } = c.stat;
  if (uid !== 0) return { what: 'is not owned by root', fix: `chown root '${c.path}'` };
  if (kind === 'link') return undefined; // its mode means nothing
  const sticky = kind === 'directory' && (mode & 0o1000) !== 0; // then only the owner of an entry may replace it
  if ((mode & 0o002) !== 0 && !sticky)
    return { what: 'is writable by everybody', fix: `chmod o-w '${c.path}'` };
  if ((mode & 0o020) !== 0 && gid !== 0 && !sticky)
    return { what: `is writable by group ${gid}`, fix: `chmod g-w '${c.path}'` };
  return undefined;
}

export class PathCommandChecker implements CommandChecker {
  readonly #settings: CheckerSettings;
  readonly #accounts: Accounts;
  readonly #files: FileView;
  readonly #path: string;
  readonly #onWarning: (text: string) => void;
  readonly #warned = new Set<string>();

  constructor(settings: CheckerSettings, deps: CheckerDeps) {
    this.#settings = settings;
    this.#accounts = new Accounts(
      settings,
      deps.accounts,
      deps.ownUid ?? geteuid?.() ?? 0,
      deps.ownGid ?? getegid?.() ?? 0,
    );
    this.#files = deps.files ?? KERNEL_FILES;
    this.#path = deps.path ?? DEFAULT_PATH;
    this.#onWarning = deps.onWarning ?? ((): void => undefined);
  }

  prepare(command: Command): PreparedCommand {
    const argv = command.argv.map(cutAtNul);
    const program = argv[0] ?? '';
    if (program === '') return refuse('the command is empty', 'write the path of a program');
    const who = this.#accounts.choose(command.user, command.group);
    if (!who.ok) return refuse(who.reason, who.remedy);
    const warnings = [...who.warnings];
    const found = program.includes('/')
      ? this.#exact(program, who.identity)
      : this.#search(program, who.identity, warnings);
    if (!found.ok) return found;
    const insecure = this.#judge(found, who.identity, warnings);
    if (insecure !== undefined) return insecure;
    if (!this.#settings.scriptSecurity) warnings.push(NO_SECURITY);
    for (const w of warnings) this.#warnOnce(w);
    const { uid, gid, name, home } = who.identity;
    return {
      ok: true,
      path: this.#settings.keepSymlinks === true && program.startsWith('/') ? program : found.path,
      argv: [found.named, ...argv.slice(1)],
      uid,
      gid,
      userName: name,
      home,
      warnings,
    };
  }

  /** The file as written. */
  #exact(program: string, who: Identity): Found | Refusal {
    if (!program.startsWith('/'))
      return refuse(
        `Unable to access script \`${program}\`: the path is not absolute`,
        `write the whole path, from '/' on`,
      );
    const walk = walkPath(this.#files, program);
    if (!walk.ok) return this.#absent(program, walk.code, walk.at);
    if (walk.stat.kind !== 'file')
      return refuse(
        `Wrong file type found in script path '${program}': ${walk.path} is ${walk.stat.kind === 'directory' ? 'a directory' : 'not a regular file'}`,
        'name the program itself',
      );
    return this.#executable(program, walk, who) ?? walk;
  }

  #absent(program: string, code: string, at: string): Refusal {
    const where = at === program ? '' : ` (at ${at})`;
    switch (code) {
      case 'ENOENT':
        return refuse(
          `Unable to access script \`${program}\`: no such file${where}`,
          `create it, or correct the path`,
        );
      case 'ENOTDIR':
        return refuse(
          `Unable to access script \`${program}\`: a part of the path is not a directory${where}`,
          `correct the path; arguments go inside the quotes, after a blank`,
        );
      case 'ELOOP':
        return refuse(
          `Unable to access script \`${program}\`: its symbolic links form a loop${where}`,
          'correct the links',
        );
      default:
        return refuse(
          `Unable to access script \`${program}\`: ${code}${where}`,
          `look at: namei -l '${program}'`,
        );
    }
  }

  #executable(program: string, found: Found, who: Identity): Refusal | undefined {
    for (const c of found.trail) {
      if (mayExecute(c.stat, who.uid, who.gid)) continue;
      const mode = `${octal(c.stat.mode)}, owner ${c.stat.uid}:${c.stat.gid}`;
      const what =
        c.stat.kind === 'directory'
          ? `${who.name} may not pass through ${c.path}`
          : `${c.path} has mode ${mode}`;
      const grant = who.uid === 0 || c.stat.uid === who.uid ? 'u+x' : c.stat.gid === who.gid ? 'g+x' : 'o+x';
      return refuse(
        `script '${program}' is not executable for uid:gid ${who.uid}:${who.gid}: ${what}`,
        `chmod ${grant} '${c.path}'`,
      );
    }
    return undefined;
  }

  /** As execvp does: the first executable file of that name; relative entries of PATH are left out. */
  #search(program: string, who: Identity, warnings: string[]): Found | Refusal {
    let denied: Refusal | undefined;
    for (const folder of this.#path.split(':')) {
      if (!folder.startsWith('/')) continue;
      const candidate = `${folder.replace(/\/+$/, '')}/${program}`;
      const walk = walkPath(this.#files, candidate);
      if (!walk.ok || walk.stat.kind !== 'file') continue;
      const no = this.#executable(candidate, walk, who);
      if (no === undefined) {
        warnings.push(
          `WARNING - script \`${program}\` resolved by path search to \`${walk.named}\`. Please specify full path.`,
        );
        return walk;
      }
      denied ??= no;
    }
    if (denied !== undefined)
      return { ...denied, reason: `Permissions failure for script ${program} in path: ${denied.reason}` };
    return refuse(
      `Cannot find script ${program} in path (${this.#path})`,
      'write the whole path of the program',
    );
  }

  /** The rules of `enable_script_security`, which concern what would run with root's rights. */
  #judge(found: Found, who: Identity, warnings: string[]): Refusal | undefined {
    const setRoot =
      ((found.stat.mode & 0o4000) !== 0 && found.stat.uid === 0) ||
      ((found.stat.mode & 0o2000) !== 0 && found.stat.gid === 0);
    if (who.uid !== 0 && who.gid !== 0 && !setRoot) return undefined;
    const weak = found.trail.flatMap((c) => {
      const w = weakness(c);
      return w === undefined ? [] : [{ c, ...w }];
    });
    const first = weak[0];
    if (first === undefined) return undefined;
    const { stat, path } = first.c;
    const owner = `${this.#accounts.nameOf(stat.uid)}:${stat.gid}`;
    const reason = `Unsafe permissions found for script '${found.named}': ${path} ${first.what} (owner ${owner}, mode ${octal(stat.mode)})`;
    if (this.#settings.scriptSecurity)
      return refuse(reason, [...new Set(weak.map((w) => w.fix))].join('; '), true);
    warnings.push(reason);
    return undefined;
  }

  #warnOnce(text: string): void {
    if (this.#warned.has(text) || this.#warned.size >= MAX_WARNINGS) return;
    this.#warned.add(text);
    this.#onWarning(text);
  }
}

/** Different warnings told by one checker; a configuration with more has said enough. */
const MAX_WARNINGS = 256;
