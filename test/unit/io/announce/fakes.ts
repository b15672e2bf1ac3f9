/** A clock that only moves when told, and an addon that writes down what it was asked. */
import type { AnnouncerOptions } from '../../../../src/io/announce/announcer.ts';
import type { Timing } from '../../../../src/io/announce/lane.ts';
import type { PollHandle } from '../../../../src/native.ts';
import type { Spacing } from '../../../../src/ports/announce.ts';

export class FakeTiming implements Timing {
  #nowUs = 1_000_000;
  #timers: { readonly atUs: number; readonly run: () => void }[] = [];

  nowUs(): number {
    return this.#nowUs;
  }
  after(delayUs: number, run: () => void): () => void {
    const timer = { atUs: this.#nowUs + delayUs, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }
  get armed(): number {
    return this.#timers.length;
  }
  /** Moves on, running what comes due in its order; at most 10,000 timers. */
  advance(byUs: number): void {
    const endUs = this.#nowUs + byUs;
    for (let i = 0; i < 10_000; i++) {
      const next = this.#timers.toSorted((a, b) => a.atUs - b.atUs)[0];
      if (next === undefined || next.atUs > endUs) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowUs = Math.max(this.#nowUs, next.atUs);
      next.run();
    }
    this.#nowUs = endUs;
  }
  /** The loop was blocked: time passes, nothing runs. */
  stall(byUs: number): void {
    this.#nowUs += byUs;
  }
}

/** As between frames of one lane. */
export const gap = (us: number, lane = 'eth0 IPv4'): Spacing => ({ lane, us });

const failure = (code: string): Error => Object.assign(new Error(code), { code, errno: -1, syscall: 'fake' });

export type Call = { readonly index: number; readonly frames: readonly Uint8Array[]; readonly atUs: number };
export class FakeNative {
  readonly calls: Call[] = [];
  readonly opened: (readonly [index: number, etherType: number])[] = [];
  readonly closed: number[] = [];
  readonly incoming: (Uint8Array | string)[] = [];
  ready: ((status: number) => void) | undefined;
  /** What the kernel takes of a call: a count, or the code of its refusal. */
  room: (frames: readonly Uint8Array[]) => number | string = (frames) => frames.length;
  openError: string | undefined;
  pollError: string | undefined;
  readonly #timing: FakeTiming;
  #nextFd = 10;

  constructor(timing: FakeTiming) {
    this.#timing = timing;
  }
  readonly native: AnnouncerOptions['native'] = {
    packetOpen: (index, etherType) => {
      if (this.openError !== undefined) throw failure(this.openError);
      this.opened.push([index, etherType]);
      return this.#nextFd++;
    },
    packetSend: (_fd, index, frames) => {
      const room = this.room(frames);
      if (typeof room === 'string') throw failure(room);
      this.calls.push({ index, frames: frames.slice(0, room), atUs: this.#timing.nowUs() });
      return room;
    },
    packetReceive: (_fd, out) => {
      const next = this.incoming.shift();
      if (next === undefined) return 0;
      if (typeof next === 'string') throw failure(next);
      out.set(next);
      return next.length;
    },
    pollStart: (_fd, ready) => {
      if (this.pollError !== undefined) throw failure(this.pollError);
      this.ready = ready;
      return { brand: 'poll' } satisfies PollHandle;
    },
    pollStop: () => {
      this.ready = undefined;
    },
    packetClose: (fd) => {
      this.closed.push(fd);
    },
  };
}
