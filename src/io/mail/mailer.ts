/**
 * Alert mails ('smtp_server', 'smtp_alert'): letters wait in a bounded queue and leave a few at a time, so that nothing
 * else waits for a relay that is slow, silent or gone. Like keepalived it tries each letter once.
 */
import { hostname, userInfo } from 'node:os';
import type { Config, Notice, NoticeListener } from '../../ports/notice.ts';
import type { Clock, Log } from '../../ports/system.ts';
import { type Letter, letterFor } from './letter.ts';
import { type Posting, post, type Relay } from './post.ts';

export type MailerDeps = { readonly clock: Clock; readonly log: Log };

type Waiting = { readonly letter: Letter; readonly relay: Relay };

const MAX_WAITING = 256;
const MAX_SESSIONS = 4;
/** What fails again and again is said once in this time. */
const REPEAT_US = 60_000_000;
/** At a stop the last letters may take this long. */
const CLOSE_MS = 800;

export class Mailer implements NoticeListener {
  readonly #deps: MailerDeps;
  #config: Config | undefined;
  #relay: Relay | undefined;
  readonly #waiting: Waiting[] = [];
  readonly #sessions = new Set<Posting>();
  #idle: (() => void) | undefined;
  #closed = false;
  #saidAtUs = Number.NEGATIVE_INFINITY;
  #unsaidCount = 0;

  constructor(deps: MailerDeps) {
    this.#deps = deps;
  }

  reconfigure(config: Config): void {
    this.#config = config;
    const { smtp } = config.global;
    this.#relay =
      smtp === undefined || smtp.to.length === 0
        ? undefined
        : {
            server: smtp.server,
            port: smtp.port,
            heloName: smtp.heloName,
            connectTimeoutMs: smtp.connectTimeoutS * 1000,
            from: smtp.from ?? `${userInfo().username}@${hostname()}`,
            to: smtp.to,
          };
  }

  tell(notice: Notice): void {
    if (this.#config === undefined || this.#relay === undefined) return;
    const letter = letterFor(notice, this.#config.global);
    if (letter === undefined) return;
    if (this.#waiting.length >= MAX_WAITING) {
      this.#failed(letter, `${MAX_WAITING} others wait already`);
      return;
    }
    this.#waiting.push({ letter, relay: this.#relay });
    setImmediate(() => this.#next()); // adverts and addresses of this turn first
  }

  async close(): Promise<void> {
    if (this.#waiting.length > 0 || this.#sessions.size > 0) {
      let bound: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
        bound = setTimeout(resolve, CLOSE_MS);
      });
      clearTimeout(bound);
    }
    this.#closed = true;
    for (const { letter } of this.#waiting.splice(0)) this.#failed(letter, 'the daemon has stopped');
    for (const s of this.#sessions) s.abort();
  }

  #next(): void {
    while (!this.#closed && this.#sessions.size < MAX_SESSIONS) {
      const first = this.#waiting.shift();
      if (first === undefined) break;
      this.#send(first);
    }
    if (this.#waiting.length === 0 && this.#sessions.size === 0) this.#idle?.();
  }

  #send({ letter, relay }: Waiting): void {
    const posting = post(relay, letter);
    this.#sessions.add(posting);
    posting.done
      .then(
        (refused) => {
          this.#deps.log.log('info', `SMTP alert successfully sent: ${letter.subject}`);
          if (refused.length > 0)
            this.#deps.log.log('warning', `${relay.server} refused the recipient(s) ${refused.join(', ')}`);
        },
        (e: unknown) => {
          if (!(e instanceof Error)) throw e;
          this.#failed(letter, `${relay.server} port ${relay.port}: ${e.message}`);
        },
      )
      .finally(() => {
        this.#sessions.delete(posting);
        this.#next();
      });
  }

  #failed(letter: Letter, why: string): void {
    this.#unsaidCount++;
    const nowUs = this.#deps.clock.nowUs();
    if (nowUs - this.#saidAtUs < REPEAT_US) return;
    const others = this.#unsaidCount > 1 ? ` (and ${this.#unsaidCount - 1} before it)` : '';
    this.#deps.log.log('warning', `SMTP alert not sent: ${letter.subject}${others}: ${why}`);
    this.#saidAtUs = nowUs;
    this.#unsaidCount = 0;
  }
}
