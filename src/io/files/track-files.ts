/**
 * The files of 'track_file': their directories under inotify, so that replacing, renaming, deleting and recreating a file is
 * seen. A file is read when its writer has closed it, never while it is empty in between. A directory that is missing,
 * deleted or replaced is looked for once a second.
 */
import {
  closeSync,
  constants,
  lstatSync,
  openSync,
  readSync,
  realpathSync,
  statfsSync,
  statSync,
  writeSync,
} from 'node:fs';
import { endianness } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { Native, PollHandle } from '../../native.ts';
import type { TrackFilePort, TrackFileSink } from '../../ports/track-files.ts';

/** <sys/inotify.h>. IN_CREATE is for links, which nobody closes. */
const IN = {
  CLOSE_WRITE: 0x8,
  MOVED_FROM: 0x40,
  MOVED_TO: 0x80,
  CREATE: 0x100,
  DELETE: 0x200,
  DELETE_SELF: 0x400,
  MOVE_SELF: 0x800,
  Q_OVERFLOW: 0x4000,
  IGNORED: 0x8000,
  ONLYDIR: 0x0100_0000,
} as const;
const WATCHED =
  IN.CLOSE_WRITE |
  IN.MOVED_FROM |
  IN.MOVED_TO |
  IN.CREATE |
  IN.DELETE |
  IN.DELETE_SELF |
  IN.MOVE_SELF |
  IN.ONLYDIR;
const EVENT_BYTES = 16;
const LITTLE = endianness() === 'LE';
const BUFFER_BYTES = 16_384;
const MAX_READS = 16; // of one wake-up; the kernel wakes us again
const MAX_FILE_BYTES = 127;
const LOOK_AGAIN_MS = 1000;

/** <linux/magic.h>: file systems that tell nothing of changes made elsewhere, or may hang; keepalived refuses them too. */
const SILENT: Readonly<Record<number, string>> = {
  40864: 'proc',
  1650812274: 'sysfs',
  2613483: 'cgroup',
  1667723888: 'cgroup2',
  1684170528: 'debugfs',
  26985: 'nfs',
  1702057286: 'fuse',
  20859: 'smb',
  4266872130: 'smb2',
  4283649346: 'cifs',
  12805120: 'ceph',
  1397113167: 'afs',
};

type Directory = { watch: number; identity: string }; // -1: not watched

export type TrackFilesDeps = { readonly native: Native; readonly sink: TrackFileSink };

export class TrackFiles implements TrackFilePort {
  readonly #native: Native;
  readonly #sink: TrackFileSink;
  readonly #buffer = Buffer.alloc(BUFFER_BYTES);
  #fd = -1;
  #poll: PollHandle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #files: readonly string[] = [];
  #directories = new Map<string, Directory>();
  readonly #troubles = new Map<string, string>();

  constructor({ native, sink }: TrackFilesDeps) {
    this.#native = native;
    this.#sink = sink;
  }

  init(file: string, value: number, overwrite: boolean): string {
    const { O_WRONLY, O_CREAT, O_EXCL, O_TRUNC, O_NOFOLLOW } = constants;
    let fd: number;
    try {
      fd = openSync(file, O_WRONLY | O_CREAT | (overwrite ? O_TRUNC | O_NOFOLLOW : O_EXCL), 0o644);
    } catch (e) {
      return codeOf(e) === 'EEXIST' ? '' : `cannot write ${file}: ${codeOf(e)}`;
    }
    try {
      writeSync(fd, `${value}\n`);
      return '';
    } catch (e) {
      return `cannot write ${file}: ${codeOf(e)}`;
    } finally {
      closeSync(fd);
    }
  }

  follow(files: readonly string[]): void {
    this.#files = files;
    this.#troubles.clear();
    if (files.length === 0) {
      this.close();
      return;
    }
    this.#open();
    this.#settle();
    this.#timer ??= setInterval(() => this.#lookAgain(), LOOK_AGAIN_MS);
  }

  #open(): void {
    if (this.#fd >= 0) return;
    try {
      this.#fd = this.#native.inotifyOpen();
      this.#poll = this.#native.pollStart(this.#fd, () => this.#drain());
    } catch (e) {
      for (const file of this.#files)
        this.#troubles.set(file, `changes of ${file} are seen only once a second: ${codeOf(e)}`);
    }
  }

  trouble(file: string): string {
    return this.#troubles.get(file) ?? '';
  }

  read(file: string): string {
    if (silentFileSystem(dirname(file)) !== undefined) return '';
    try {
      const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
      try {
        const out = Buffer.alloc(MAX_FILE_BYTES);
        return out.toString('latin1', 0, readSync(fd, out, 0, MAX_FILE_BYTES, 0));
      } finally {
        closeSync(fd);
      }
    } catch {
      return '';
    }
  }

  close(): void {
    if (this.#timer !== undefined) clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#poll !== undefined) this.#native.pollStop(this.#poll);
    this.#poll = undefined;
    if (this.#fd >= 0) this.#native.close(this.#fd);
    this.#fd = -1;
    this.#directories.clear();
    this.#files = [];
  }

  /** Watches the directories that the files are in now; those whose directory changed. */
  #settle(): string[] {
    const wanted = new Set(this.#files.flatMap(directoriesOf));
    for (const [path, d] of this.#directories)
      if (!wanted.has(path)) {
        this.#unwatch(d);
        this.#directories.delete(path);
      }
    const moved = new Set<string>();
    for (const path of wanted) if (this.#watch(path)) moved.add(path);
    for (const file of this.#files) this.#judge(file);
    return this.#files.filter((f) => directoriesOf(f).some((d) => moved.has(d)));
  }

  /** True when the path names another directory than before. */
  #watch(path: string): boolean {
    const known = this.#directories.get(path);
    const identity = identityOf(path);
    if (known !== undefined && known.identity === identity) return false;
    if (known !== undefined) this.#unwatch(known);
    const next: Directory = { watch: -1, identity };
    this.#directories.set(path, next);
    if (identity === '' || this.#fd < 0 || silentFileSystem(path) !== undefined) return true;
    try {
      next.watch = this.#native.inotifyWatch(this.#fd, path, WATCHED);
    } catch {
      next.identity = ''; // tried again in a second
    }
    return true;
  }

  #unwatch(d: Directory): void {
    // Two names of one directory share the number.
    const shared = [...this.#directories.values()].some((x) => x !== d && x.watch === d.watch);
    if (d.watch >= 0 && !shared && this.#fd >= 0) this.#native.inotifyUnwatch(this.#fd, d.watch);
  }

  #judge(file: string): void {
    const path = dirname(file);
    const silent = silentFileSystem(path);
    const d = this.#directories.get(path);
    if (silent !== undefined)
      this.#troubles.set(
        file,
        `changes on a ${silent} file system cannot be followed, so ${file} counts as 0; put it on a local one such as /run`,
      );
    else if (d?.identity === '')
      this.#troubles.set(
        file,
        `${path} cannot be watched or does not exist, so ${file} counts as 0 until it does: mkdir ${path}`,
      );
    else this.#troubles.delete(file);
  }

  #lookAgain(): void {
    for (const file of this.#settle()) this.#sink(file);
    // Without inotify: read each second.
    if (this.#fd < 0) for (const file of this.#files) this.#sink(file);
  }

  #drain(): void {
    const touched = new Set<string>();
    let anew = false;
    for (let reads = 0; reads < MAX_READS; reads++) {
      let length: number;
      try {
        length = readSync(this.#fd, this.#buffer);
      } catch {
        break; // EAGAIN
      }
      for (const e of inotifyEvents(this.#buffer.subarray(0, length))) {
        anew ||= (e.mask & (IN.DELETE_SELF | IN.MOVE_SELF | IN.IGNORED | IN.Q_OVERFLOW)) !== 0;
        for (const file of this.#filesAt(e)) touched.add(file);
      }
    }
    // A directory's path may name another one by now, a link another file.
    if (anew) for (const d of this.#directories.values()) d.identity = '?';
    if (anew || touched.size > 0) for (const file of this.#settle()) touched.add(file);
    for (const file of touched) if (this.#files.includes(file)) this.#sink(file);
  }

  #filesAt(e: InotifyEvent): readonly string[] {
    if ((e.mask & IN.Q_OVERFLOW) !== 0) return this.#files;
    const places = [...this.#directories].filter(([, d]) => d.watch === e.watch).map(([path]) => path);
    return this.#files.filter((file) =>
      places.some((p) =>
        isLink(file)
          ? directoriesOf(file).includes(p) // its target may go by any name
          : join(p, e.name) === join(dirname(file), basename(file)),
      ),
    );
  }
}

const codeOf = (e: unknown): string => (e instanceof Error && 'code' in e ? String(e.code) : String(e));

/** Where the file is, and for a link where its target is. */
function directoriesOf(file: string): readonly string[] {
  const own = dirname(file);
  if (!isLink(file)) return [own];
  try {
    return [...new Set([own, dirname(realpathSync(file))])];
  } catch {
    return [own];
  }
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink();
  } catch {
    return false;
  }
}

/** '' when there is no such directory. */
function identityOf(path: string): string {
  try {
    const s = statSync(path);
    return s.isDirectory() ? `${s.dev} ${s.ino}` : '';
  } catch {
    return '';
  }
}

function silentFileSystem(path: string): string | undefined {
  try {
    return SILENT[statfsSync(path).type];
  } catch {
    return undefined;
  }
}

export type InotifyEvent = { readonly watch: number; readonly mask: number; readonly name: string };

/** struct inotify_event: wd, mask, cookie, len, then a name padded with NUL; in the machine's byte order, as all of it. */
export function* inotifyEvents(data: Buffer): Generator<InotifyEvent> {
  for (let at = 0; at + EVENT_BYTES <= data.length; ) {
    const view = new DataView(data.buffer, data.byteOffset + at, EVENT_BYTES);
    const length = view.getUint32(12, LITTLE);
    const name = data.toString('utf8', at + EVENT_BYTES, at + EVENT_BYTES + length).replace(/\0.*$/s, '');
    yield { watch: view.getInt32(0, LITTLE), mask: view.getUint32(4, LITTLE), name };
    at += EVENT_BYTES + length;
  }
}
