/**
 * SNMP: keeps a session with the master agent as long as the configuration asks for one. An agent that is not there, or goes
 * away, is said once and tried again after 1 s, doubling to 15 s; nothing waits for it.
 */
import { connect, type Socket } from 'node:net';
import type { Config, Notice, NoticeListener } from '../../ports/notice.ts';
import type { SnmpModel, VarBind } from '../../ports/snmp.ts';
import type { Log } from '../../ports/system.ts';
import { type AgentAddress, DEFAULT_ADDRESS, parseAgentAddress } from './address.ts';
import { Session } from './session.ts';

const FIRST_PAUSE_MS = 1_000;
/** KEEPALIVED: as often as its library tries. */
const LONGEST_PAUSE_MS = 15_000;
const PING_MS = 15_000;
/** Traps that wait for the session to open, and traps that the master has not answered. */
const MOST_TRAPS = 1_000;

export type SubagentDeps = {
  readonly model: SnmpModel;
  readonly log: Log;
  readonly description: string;
  readonly socket: string | undefined; // -A, which beats 'snmp_socket'
  readonly pingMs?: number; // how often the master is asked whether it is there; default 15 s
};

export class Subagent implements NoticeListener {
  readonly #deps: SubagentDeps;
  #address = '';
  #subtrees = '';
  #socket: Socket | undefined;
  #session: Session | undefined;
  #ready = false;
  #waiting: (readonly VarBind[])[] = [];
  #lostTraps = 0;
  #garbled = 0;
  #pauseMs = FIRST_PAUSE_MS;
  #retry: NodeJS.Timeout | undefined;
  #pings: NodeJS.Timeout | undefined;
  #unanswered = 0;
  #complained = false;
  #closed = false;

  constructor(deps: SubagentDeps) {
    this.#deps = deps;
  }

  reconfigure(config: Config): void {
    const { model, socket } = this.#deps;
    model.reconfigure(config);
    const address = socket ?? config.global.snmp.socket ?? DEFAULT_ADDRESS;
    const subtrees = JSON.stringify(model.subtrees());
    if (address === this.#address && subtrees === this.#subtrees) return;
    this.#address = address;
    this.#subtrees = subtrees;
    this.#drop();
    this.#complained = false;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#connect();
  }

  tell(notice: Notice): void {
    for (const trap of this.#deps.model.traps(notice)) this.#notify(trap);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const socket = this.#socket;
    const open = this.#ready;
    const over = new Promise<void>((resolve) => socket?.once('close', () => resolve()));
    this.#drop();
    if (open) await over;
  }

  #connect(): void {
    if (this.#closed) return;
    const address = parseAgentAddress(this.#address);
    if (address === undefined) {
      this.#complain(
        `'${this.#address}' is no address of an AgentX master: write unix:PATH or tcp:HOST:PORT`,
      );
      return;
    }
    const socket = connect(address as AgentAddress & { port: number });
    this.#socket = socket;
    const session = new Session({
      stream: socket,
      model: this.#deps.model,
      description: this.#deps.description,
      ready: (refused) => this.#opened(session, refused),
      ended: (why, broken) => this.#ended(session, why, broken),
    });
    this.#session = session;
    socket.on('connect', () => session.open());
    socket.on('data', (bytes) => session.receive(bytes));
    socket.on('error', (e) => session.lost(e.message));
    socket.on('close', () => session.lost('the connection ended'));
    // An agent that takes the connection and says nothing is found by the same clock.
    this.#unanswered = 0;
    this.#pings = setInterval(() => this.#ping(session), this.#deps.pingMs ?? PING_MS);
    this.#pings.unref();
  }

  /** A request that waited at the last turn of the clock too has had long enough. */
  #ping(session: Session): void {
    const { oldest } = session;
    if (oldest === 0 && !this.#ready) session.lost('the connection is not established');
    else if (oldest !== 0 && oldest === this.#unanswered) session.lost('it does not answer');
    else {
      this.#unanswered = oldest;
      if (this.#ready) session.ping();
    }
  }

  #opened(session: Session, refused: readonly string[]): void {
    if (session !== this.#session) return;
    this.#ready = true;
    this.#pauseMs = FIRST_PAUSE_MS;
    this.#complained = false;
    this.#deps.log.log('info', `SNMP: AgentX subagent connected to ${this.#address}`);
    for (const text of refused)
      this.#deps.log.log('warning', `SNMP: the master agent does not let us serve ${text}`);
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const trap of waiting) session.notify(trap);
  }

  /** Traps of the time before the first answer are kept for it: those of the start. Others come too late to be true. */
  #notify(trap: readonly VarBind[]): void {
    if (this.#ready && this.#session !== undefined && this.#session.waiting < MOST_TRAPS)
      this.#session.notify(trap);
    else if (!this.#ready && this.#session !== undefined && this.#waiting.length < MOST_TRAPS)
      this.#waiting.push(trap);
    else this.#lostTraps++;
  }

  #ended(session: Session, why: string, broken: boolean): void {
    if (session !== this.#session) return;
    if (broken) this.#garbled++;
    this.#session = undefined;
    this.#drop();
    if (this.#closed) return;
    this.#complain(
      `${this.#address}: ${why}${broken ? ` (${this.#garbled} since the start)` : ''}; VRRP runs without it, tried again every now and then`,
    );
    this.#retry = setTimeout(() => this.#connect(), this.#pauseMs);
    this.#retry.unref();
    this.#pauseMs = Math.min(2 * this.#pauseMs, LONGEST_PAUSE_MS);
  }

  #complain(text: string): void {
    this.#lostTraps += this.#waiting.length;
    this.#waiting = [];
    if (this.#complained) return;
    const lost = this.#lostTraps === 0 ? '' : ` (${this.#lostTraps} traps were not sent so far)`;
    this.#deps.log.log('warning', `SNMP: ${text}${lost}`);
    this.#complained = true;
  }

  #drop(): void {
    clearTimeout(this.#retry);
    clearInterval(this.#pings);
    const session = this.#session;
    this.#session = undefined;
    this.#socket = undefined;
    this.#ready = false;
    session?.close();
  }
}
