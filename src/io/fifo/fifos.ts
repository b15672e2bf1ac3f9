/**
 * The notify FIFOs of a configuration as one listener: 'notify_fifo' hears everything, 'vrrp_notify_fifo' and
 * 'lvs_notify_fifo' their own part. KEEPALIVED: a reload closes all of them, ends their readers and begins anew.
 */
import type { Config, Notice, NoticeListener } from '../../ports/notice.ts';
import type { Clock, Log } from '../../ports/system.ts';
import { type AccountSource, Accounts } from '../process/accounts.ts';
import { Fifo, type FifoHands } from './fifo.ts';
import { type FifoLine, fifoLines } from './lines.ts';
import { Reader, type ReaderDeps } from './reader.ts';

type FifoConfig = NonNullable<Config['global']['fifos']['all']>;

export type FifosDeps = FifoHands & {
  readonly reader: ReaderDeps;
  readonly accounts: AccountSource;
  readonly clock: Clock;
  readonly log: Log;
  readonly ownGid: number;
  readonly umask: number | undefined; // -u
};

type Open = {
  readonly keyword: string;
  readonly parts: ReadonlySet<FifoLine['part']>;
  readonly fifo: Fifo;
  readonly reader: Reader | undefined;
  saidAtUs: number; // that lines are lost
  unsaidCount: number;
};

const BOTH = new Set<FifoLine['part']>(['vrrp', 'lvs']);
/** Lost lines are told of once in this time. */
const REPEAT_US = 60_000_000;
/** A reader may read to the end of the FIFO before it is told to stop. */
const READ_ON_MS = 300;

export class Fifos implements NoticeListener {
  readonly #deps: FifosDeps;
  #open: Open[] = [];
  /** Readers of the configuration before, on their way out. */
  #ending: Promise<unknown> = Promise.resolve();
  #statesOnReload = false;

  constructor(deps: FifosDeps) {
    this.#deps = deps;
  }

  reconfigure(config: Config): void {
    const old = this.#open;
    for (const o of old) this.#shut(o);
    const stopped = old.flatMap((o) => (o.reader === undefined ? [] : [o.reader.stop(0)]));
    const before = Promise.all([this.#ending, ...stopped]);
    const { all, vrrp, lvs, writeStatesOnReload } = config.global.fifos;
    this.#statesOnReload = writeStatesOnReload;
    const accounts = this.#accountsOf(config);
    const open = (keyword: string, parts: Open['parts'], c: FifoConfig | undefined): Open[] =>
      c === undefined ? [] : this.#openOne(keyword, parts, c, accounts, config.global.fileSettings.umask);
    this.#open = [
      ...open('notify_fifo', BOTH, all),
      ...open('vrrp_notify_fifo', new Set(['vrrp']), vrrp),
      ...open('lvs_notify_fifo', new Set(['lvs']), lvs),
    ];
    const fresh = this.#open;
    this.#ending = before.then(() => {
      if (this.#open === fresh) for (const o of fresh) o.reader?.start();
    });
  }

  tell(notice: Notice): void {
    for (const { part, text } of fifoLines(notice, this.#statesOnReload))
      for (const o of this.#open) if (o.parts.has(part) && !o.fifo.writeLine(text)) this.#lost(o);
  }

  async close(): Promise<void> {
    const old = this.#open;
    this.#open = [];
    for (const o of old) o.fifo.close();
    await Promise.all([this.#ending, ...old.map((o) => o.reader?.stop(READ_ON_MS))]);
    for (const o of old) this.#remove(o);
  }

  #accountsOf(config: Config): Accounts {
    const { scriptUser, scriptGroup } = config.global;
    const settings = {
      ...(scriptUser === undefined ? {} : { scriptUser }),
      ...(scriptGroup === undefined ? {} : { scriptGroup }),
      scriptSecurity: false,
    };
    return new Accounts(settings, this.#deps.accounts, this.#deps.ownUid, this.#deps.ownGid);
  }

  #openOne(keyword: string, parts: Open['parts'], c: FifoConfig, accounts: Accounts, umask: number): Open[] {
    const { log } = this.#deps;
    const owner = accounts.choose(c.user, c.group);
    if (!owner.ok) {
      log.log('error', `${keyword} is not used: ${owner.reason}; ${owner.remedy}`);
      return [];
    }
    try {
      const fifo = new Fifo(c.path, owner.identity, 0o644 & ~(this.#deps.umask ?? umask), this.#deps);
      const reader =
        c.script === undefined
          ? undefined
          : new Reader(this.#deps.reader, `${keyword}_script`, c.script, c.path);
      return [{ keyword, parts, fifo, reader, saidAtUs: Number.NEGATIVE_INFINITY, unsaidCount: 0 }];
    } catch (e) {
      if (!(e instanceof Error)) throw e;
      log.log('error', `${keyword} is not used: ${e.message}`);
      return [];
    }
  }

  #lost(o: Open): void {
    o.unsaidCount++;
    const nowUs = this.#deps.clock.nowUs();
    if (nowUs - o.saidAtUs < REPEAT_US) return;
    this.#deps.log.log(
      'warning',
      `${o.keyword}: nobody reads ${o.fifo.path} and it is full: ${o.unsaidCount} line(s) lost, ${o.fifo.lostCount} since it was opened`,
    );
    o.saidAtUs = nowUs;
    o.unsaidCount = 0;
  }

  #shut(o: Open): void {
    o.fifo.close();
    this.#remove(o);
  }

  #remove(o: Open): void {
    try {
      o.fifo.remove();
    } catch (e) {
      if (!(e instanceof Error)) throw e;
      this.#deps.log.log('warning', `${o.keyword}: cannot remove ${o.fifo.path}: ${e.message}`);
    }
  }
}
