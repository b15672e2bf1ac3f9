/**
 * Which user and group a script runs as: its own, else `script_user`, else `keepalived_script` when that account
 * exists, else the daemon's own (keepalived.conf(5), 'script_user'). Names are looked up once: NSS may block.
 */
import { errnoCode } from './path-walk.ts';

export type Account = {
  readonly uid: number;
  readonly gid: number;
  readonly name: string;
  readonly home: string;
};

/** The addon's lookups; each throws an ErrnoException when NSS fails. */
export interface AccountSource {
  lookupUser(name: string): Account | null;
  lookupUserId(uid: number): Account | null;
  lookupGroup(name: string): { readonly gid: number; readonly name: string } | null;
}

export type Identity = Account;
export type Choice =
  | { readonly ok: true; readonly identity: Identity; readonly warnings: readonly string[] }
  | { readonly ok: false; readonly reason: string; readonly remedy: string };

export type AccountSettings = {
  readonly scriptUser?: string;
  readonly scriptGroup?: string;
  readonly scriptSecurity: boolean;
};

/** KEEPALIVED: the user that scripts get when the configuration names none. */
const DEFAULT_USER = 'keepalived_script';
const CREATE_DEFAULT = `useradd --system --user-group --no-create-home --shell /usr/sbin/nologin ${DEFAULT_USER}`;

export class Accounts {
  readonly #settings: AccountSettings;
  readonly #source: AccountSource;
  readonly #ownUid: number;
  readonly #ownGid: number;
  readonly #choices = new Map<string, Choice>();
  readonly #names = new Map<number, string>();

  constructor(settings: AccountSettings, source: AccountSource, ownUid: number, ownGid: number) {
    this.#settings = settings;
    this.#source = source;
    this.#ownUid = ownUid;
    this.#ownGid = ownGid;
  }

  /** `user`, `group`: what the command itself names. */
  choose(user: string | undefined, group: string | undefined): Choice {
    const key = `${user ?? ''}\0${group ?? ''}`;
    const known = this.#choices.get(key);
    if (known !== undefined) return known;
    const made = this.#make(user, group);
    this.#choices.set(key, made);
    return made;
  }

  /** User name for messages, the number where there is none. */
  nameOf(uid: number): string {
    const known = this.#names.get(uid);
    if (known !== undefined) return known;
    let name = String(uid);
    try {
      name = this.#source.lookupUserId(uid)?.name ?? name;
    } catch (e) {
      errnoCode(e); // NSS is failing: the number says enough
    }
    this.#names.set(uid, name);
    return name;
  }

  #make(user: string | undefined, group: string | undefined): Choice {
    try {
      if (user !== undefined) return this.#named(user, group);
      if (this.#settings.scriptUser !== undefined)
        return this.#named(this.#settings.scriptUser, this.#settings.scriptGroup);
      return this.#byDefault();
    } catch (e) {
      const code = errnoCode(e);
      return {
        ok: false,
        reason: `the user database cannot be read (${code})`,
        remedy: 'look at: getent passwd, /etc/nsswitch.conf',
      };
    }
  }

  #named(user: string, group: string | undefined): Choice {
    const account = this.#source.lookupUser(user);
    if (account === null)
      return {
        ok: false,
        reason: `Script user '${user}' does not exist`,
        remedy: `useradd --system ${user}; words after the closing quote of a command are its user and group`,
      };
    if (group === undefined) return { ok: true, identity: account, warnings: [] };
    const found = this.#source.lookupGroup(group);
    if (found === null)
      return {
        ok: false,
        reason: `Script group '${group}' does not exist`,
        remedy: `groupadd --system ${group}`,
      };
    return { ok: true, identity: { ...account, gid: found.gid }, warnings: [] };
  }

  #byDefault(): Choice {
    const account = this.#source.lookupUser(DEFAULT_USER);
    if (account !== null) return { ok: true, identity: account, warnings: [] };
    // KEEPALIVED: with enable_script_security there is no falling back to the daemon's own user.
    if (this.#settings.scriptSecurity)
      return {
        ok: false,
        reason: `Unable to set default user ${DEFAULT_USER} for script: the user does not exist`,
        remedy: `${CREATE_DEFAULT}; or set script_user`,
      };
    const own = this.#source.lookupUserId(this.#ownUid);
    const name = own?.name ?? String(this.#ownUid);
    return {
      ok: true,
      identity: { uid: this.#ownUid, gid: this.#ownGid, name, home: own?.home ?? '' },
      warnings: [`Script user '${DEFAULT_USER}' does not exist: scripts run as ${name}; ${CREATE_DEFAULT}`],
    };
  }
}
