/**
 * Appends to a file on another thread: a disk that stands still (a frozen or failing one, a server that is gone) holds whoever
 * writes to it, and that may not be the event loop. One write is under way, the next is collected meanwhile; what does not fit
 * there stays with whoever offers it.
 */
import { close, open, write } from 'node:fs';

/** Of one write, and of what is collected for the next. */
const MOST_BYTES = 64 << 10;
const FIRST_RETRY_MS = 10;
const LONGEST_RETRY_MS = 1_000;

/** What is used of node:fs; replaced in tests. */
export type FileCalls = {
  readonly open: (
    path: string,
    flags: number,
    mode: number,
    done: (error: NodeJS.ErrnoException | null, fd: number) => void,
  ) => void;
  readonly write: (
    fd: number,
    data: Uint8Array,
    offset: number,
    length: number,
    position: null,
    done: (error: NodeJS.ErrnoException | null, written: number) => void,
  ) => void;
  readonly close: (fd: number, done: () => void) => void;
};

export type FileWriterOptions = {
  /** An open descriptor, which stays the caller's; or what is opened at the first line, and again as long as that fails. */
  readonly file: number | { readonly path: string; readonly flags: number; readonly mode: number };
  /** There is room again. */
  readonly onRoom: () => void;
  /** The first failure, and each that differs from the one before: 'ENOSPC: no space left on device, write'. */
  readonly onProblem: (text: string) => void;
  readonly calls?: FileCalls;
};

export class FileWriter {
  readonly #options: FileWriterOptions;
  readonly #calls: FileCalls;
  #fd: number;
  #busy = false; // a call is under way
  #batch: Uint8Array | undefined; // what it writes
  #next: Uint8Array[] = [];
  #nextBytes = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: NodeJS.Timeout | undefined;
  #problem = '';
  #closed = false;

  constructor(options: FileWriterOptions) {
    this.#options = options;
    this.#calls = options.calls ?? { open, write, close: (fd, done) => close(fd, done) };
    this.#fd = typeof options.file === 'number' ? options.file : -1;
  }

  /** Octets taken: all of `chunk`, or 0 while there is no room. */
  offer(chunk: Uint8Array): number {
    if (this.#closed || (this.#nextBytes > 0 && this.#nextBytes + chunk.length > MOST_BYTES)) return 0;
    this.#next.push(chunk);
    this.#nextBytes += chunk.length;
    this.#go();
    return chunk.length;
  }

  /** Everything that was taken is written. */
  get idle(): boolean {
    return !this.#busy && this.#batch === undefined && this.#nextBytes === 0;
  }

  /** What is not written is lost. A descriptor that a thread still uses is left open: its number may not become another's. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    if (!this.#busy && this.#fd !== -1 && typeof this.#options.file !== 'number')
      this.#calls.close(this.#fd, () => {});
  }

  #go(): void {
    if (this.#busy || this.#closed || this.#retry !== undefined) return;
    if (this.#batch === undefined) {
      if (this.#nextBytes === 0) return;
      this.#batch = Buffer.concat(this.#next);
      this.#next = [];
      this.#nextBytes = 0;
    }
    this.#busy = true;
    if (this.#fd === -1) this.#open();
    else this.#write(this.#batch);
  }

  #open(): void {
    const { file } = this.#options;
    if (typeof file === 'number') return;
    this.#calls.open(file.path, file.flags, file.mode, (error, fd) => {
      this.#busy = false;
      if (error !== null) return this.#again(error);
      this.#fd = fd;
      if (this.#closed) this.#calls.close(fd, () => {});
      this.#go();
    });
  }

  #write(batch: Uint8Array): void {
    this.#calls.write(this.#fd, batch, 0, batch.length, null, (error, written) => {
      this.#busy = false;
      if (error !== null) return this.#again(error);
      this.#retryMs = FIRST_RETRY_MS;
      this.#problem = '';
      this.#batch = written < batch.length ? batch.subarray(written) : undefined;
      if (this.#batch === undefined && !this.#closed) this.#options.onRoom();
      this.#go();
    });
  }

  #again(error: NodeJS.ErrnoException): void {
    if (this.#closed) return;
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#go();
    }, this.#retryMs).unref();
    this.#retryMs = Math.min(this.#retryMs * 2, LONGEST_RETRY_MS);
    // A reader of a FIFO that is slow for once.
    if (error.code === 'EAGAIN' || this.#problem === error.code) return;
    this.#problem = error.code ?? '';
    this.#options.onProblem(error.message);
  }
}
