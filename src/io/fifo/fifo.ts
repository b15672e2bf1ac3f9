/**
 * One named pipe that others read: made if it is not there, written without ever waiting, removed at the end if it was
 * made here. Held open for reading too, so that lines wait for a reader that comes later (in 64 KiB, then they are lost).
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lstatSync,
  openSync,
  unlinkSync,
} from 'node:fs';

export type FifoOwner = { readonly uid: number; readonly gid: number };

export type FifoHands = {
  /** native().makeFifo */
  readonly make: (path: string) => void;
  /** native().writeSome: octets taken, 0 when there is no room. */
  readonly write: (fd: number, data: Uint8Array) => number;
  readonly ownUid: number;
};

/** PIPE_BUF: up to here a pipe takes a line whole or not at all. */
const LONGEST_LINE = 4096;

export class Fifo {
  readonly path: string;
  lostCount = 0; // lines, since it was opened
  readonly #hands: FifoHands;
  readonly #fd: number;
  readonly #made: boolean;

  /** Throws, with words for the log, when the path cannot be used. `mode`: of a pipe that is made here. */
  constructor(path: string, owner: FifoOwner, mode: number, hands: FifoHands) {
    this.path = path;
    this.#hands = hands;
    this.#made = makeUnlessThere(path, hands);
    const { O_RDWR, O_NONBLOCK, O_NOFOLLOW } = constants;
    this.#fd = openSync(path, O_RDWR | O_NONBLOCK | O_NOFOLLOW);
    try {
      const stat = fstatSync(this.#fd);
      if (!stat.isFIFO()) throw new Error(`${path} is not a FIFO; remove it, or name another path`);
      if (this.#made) {
        fchownSync(this.#fd, owner.uid, owner.gid);
        fchmodSync(this.#fd, mode);
      } else if (stat.uid !== hands.ownUid && stat.uid !== owner.uid)
        throw new Error(
          `the FIFO ${path} belongs to uid ${stat.uid}, who could read all that is written; remove it, or name that user behind the path`,
        );
    } catch (e) {
      closeSync(this.#fd);
      throw e;
    }
  }

  /** False: there was no room (or the line is longer than a pipe takes in one piece) and the line is lost. */
  writeLine(text: string): boolean {
    const line = Buffer.from(`${text}\n`);
    if (line.length <= LONGEST_LINE && this.#hands.write(this.#fd, line) === line.length) return true;
    this.lostCount++;
    return false;
  }

  /** Readers find the end of the file when they have read what is in it. */
  close(): void {
    closeSync(this.#fd);
  }

  /** After `close`: takes the pipe away if it was made here and is still one. */
  remove(): void {
    if (!this.#made || lstatSync(this.path, { throwIfNoEntry: false })?.isFIFO() !== true) return;
    unlinkSync(this.path);
  }
}

/** True: it was made now. A link is never followed; anything but a FIFO is refused before it is opened. */
function makeUnlessThere(path: string, hands: FifoHands): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there === undefined) {
    hands.make(path);
    return true;
  }
  if (!there.isFIFO()) throw new Error(`${path} exists and is not a FIFO; remove it, or name another path`);
  return false;
}
