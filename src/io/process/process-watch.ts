/**
 * Counts the processes of 'vrrp_track_process': by the kernel's process events where they come (the first network and process
 * namespace, CAP_NET_ADMIN), else by reading /proc once a second, a slice at a time so that no advert waits for it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Native, PollHandle } from '../../native.ts';
import type { ProcessPort, ProcessSink, TrackProcessConfig } from '../../ports/processes.ts';
import {
  CN_IDX_PROC,
  listenMessage,
  NETLINK_CONNECTOR,
  type ProcessEvent,
  processEvent,
} from './process-events.ts';

const SCAN_MS = 1000;
/** Processes looked at before the loop goes on: about a millisecond. */
const SLICE = 64;
const MAX_EVENTS = 512; // of one wake-up; the kernel wakes us again
const BUFFER_BYTES = 1_048_576;
const MESSAGE_BYTES = 1024;

/** What /proc tells of one process. */
export type ProcessFacts = {
  readonly comm: string; // at most 15 octets
  readonly argv: readonly string[]; // empty for kernel threads
};

export type ProcessWatchDeps = {
  readonly native: Native;
  /** Whether a pattern means a process (track/process.ts). */
  readonly matches: (pattern: TrackProcessConfig, facts: ProcessFacts) => boolean;
  readonly sink: ProcessSink;
  /** 'process_monitor_rcv_bufs'; 0 = as large as suits. */
  readonly bufferBytes: () => number;
  /** Where /proc is; a test has its own. */
  readonly proc?: string;
};

export class ProcessWatch implements ProcessPort {
  readonly #deps: ProcessWatchDeps;
  readonly #proc: string;
  readonly #message = new Uint8Array(MESSAGE_BYTES);
  #patterns: readonly TrackProcessConfig[] = [];
  /** Those that match something: which patterns. */
  #matching = new Map<number, ReadonlySet<string>>();
  #counts = new Map<string, number>();
  #fd = -1;
  #poll: PollHandle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #slice: NodeJS.Immediate | undefined;
  #found: Map<number, ReadonlySet<string>> | undefined; // of a look at /proc that goes on

  constructor(deps: ProcessWatchDeps) {
    this.#deps = deps;
    this.#proc = deps.proc ?? '/proc';
  }

  watch(patterns: readonly TrackProcessConfig[]): void {
    const same = JSON.stringify(patterns) === JSON.stringify(this.#patterns);
    if (same && patterns.length > 0) return;
    if (patterns.length === 0) {
      this.close();
      return;
    }
    this.#patterns = patterns;
    if (this.#fd < 0 && this.#timer === undefined) this.#begin();
    this.#endSlice();
    this.#take(this.#pids());
  }

  /** Events first, then the look at what runs already: nothing in between is missed. */
  #begin(): void {
    if (this.#listen()) return;
    this.#timer = setInterval(() => this.#scan(), SCAN_MS);
  }

  #listen(): boolean {
    const { native } = this.#deps;
    let fd = -1;
    try {
      fd = native.netlinkOpen(NETLINK_CONNECTOR, CN_IDX_PROC, this.#deps.bufferBytes() || BUFFER_BYTES);
      native.netlinkSend(fd, listenMessage());
      // In another process namespace no answer comes, without CAP_NET_ADMIN an errno.
      for (let i = 0; i < MAX_EVENTS; i++) {
        const event = this.#receive(fd);
        if (event === 'empty' || (event?.type === 'answer' && event.error !== 0)) break;
        if (event?.type !== 'answer') continue;
        this.#poll = native.pollStart(fd, () => this.#drain());
        this.#fd = fd;
        return true;
      }
    } catch {
      // ECONNREFUSED: not the first network namespace
    }
    if (fd >= 0) native.close(fd);
    return false;
  }

  #receive(fd: number): ProcessEvent | 'empty' | undefined {
    const length = this.#deps.native.netlinkReceive(fd, this.#message);
    return length === 0 ? 'empty' : processEvent(this.#message.subarray(0, length));
  }

  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  method(): 'events' | 'scan' | 'none' {
    if (this.#fd >= 0) return 'events';
    return this.#timer === undefined ? 'none' : 'scan';
  }

  close(): void {
    this.#endSlice();
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#poll !== undefined) this.#deps.native.pollStop(this.#poll);
    this.#poll = undefined;
    if (this.#fd >= 0) this.#deps.native.close(this.#fd);
    this.#fd = -1;
    this.#patterns = [];
    this.#matching = new Map();
    this.#counts = new Map();
  }

  #drain(): void {
    for (let i = 0; i < MAX_EVENTS && this.#fd >= 0; i++) {
      let event: ProcessEvent | 'empty' | undefined;
      try {
        event = this.#receive(this.#fd);
      } catch {
        this.#scan(); // ENOBUFS: events were lost
        break;
      }
      if (event === 'empty') break;
      if (event !== undefined) this.#on(event);
    }
    this.#tell();
  }

  #on(event: ProcessEvent): void {
    for (const map of this.#found === undefined ? [this.#matching] : [this.#matching, this.#found]) {
      if (event.type === 'exit') map.delete(event.pid);
      else if (event.type === 'changed') this.#look(event.pid, map);
      else if (event.type === 'fork') {
        // Until it executes something else it is what its parent is.
        const of = map.get(event.parent);
        if (of !== undefined) map.set(event.child, of);
      }
    }
  }

  #pids(): number[] {
    try {
      return readdirSync(this.#proc)
        .filter((name) => /^\d+$/.test(name))
        .map(Number);
    } catch {
      return [];
    }
  }

  /** All of them in one go: before the start, and when a reload brings other patterns. */
  #take(pids: readonly number[]): void {
    this.#matching = new Map();
    for (const pid of pids) this.#look(pid, this.#matching);
    this.#counts = this.#counted();
  }

  #scan(): void {
    if (this.#slice !== undefined) return;
    this.#found = new Map();
    this.#step(this.#pids(), 0, this.#found);
  }

  #step(pids: readonly number[], from: number, found: Map<number, ReadonlySet<string>>): void {
    const to = Math.min(from + SLICE, pids.length);
    for (const pid of pids.slice(from, to)) this.#look(pid, found);
    if (to < pids.length) {
      this.#slice = setImmediate(() => this.#step(pids, to, found));
      return;
    }
    this.#endSlice();
    this.#matching = found;
    this.#tell();
  }

  #endSlice(): void {
    if (this.#slice !== undefined) clearImmediate(this.#slice);
    this.#slice = undefined;
    this.#found = undefined;
  }

  #look(pid: number, into: Map<number, ReadonlySet<string>>): void {
    const facts = this.#facts(pid);
    const names =
      facts === undefined
        ? []
        : this.#patterns.filter((p) => this.#deps.matches(p, facts)).map((p) => p.name);
    if (names.length > 0) into.set(pid, new Set(names));
    else into.delete(pid);
  }

  /** undefined: it has ended, or is a zombie. */
  #facts(pid: number): ProcessFacts | undefined {
    try {
      const read = (what: string): string => readFileSync(`${this.#proc}/${pid}/${what}`, 'latin1');
      const stat = read('stat');
      const end = stat.lastIndexOf(')');
      if (stat[end + 2] === 'Z' || stat[end + 2] === 'X') return undefined;
      const comm = stat.slice(stat.indexOf('(') + 1, end);
      if (!this.#patterns.some((p) => p.fullCommand)) return { comm, argv: [] };
      return { comm, argv: read('cmdline').split('\0').slice(0, -1) };
    } catch {
      return undefined;
    }
  }

  #counted(): Map<string, number> {
    const out = new Map<string, number>();
    for (const names of this.#matching.values())
      for (const name of names) out.set(name, (out.get(name) ?? 0) + 1);
    return out;
  }

  #tell(): void {
    const before = this.#counts;
    this.#counts = this.#counted();
    for (const { name } of this.#patterns) {
      const count = this.count(name);
      if (count !== (before.get(name) ?? 0)) this.#deps.sink(name, count);
    }
  }
}
