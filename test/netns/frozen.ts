/**
 * A file system that can be made to stand still: whoever writes to it waits until the thaw, and cannot even be killed. Needs loop
 * devices, which some containers do not have.
 */
import { mkdirSync } from 'node:fs';
import { type Output, run } from './process.ts';

/** Whatever becomes of the test. */
const LONGEST_S = 45;

const sh = (command: string): Promise<Output> => run('sh', ['-c', command]);

export class FrozenFolder {
  readonly path: string;
  private constructor(path: string) {
    this.path = path;
  }

  /** At `path`, which is made; a text says why it cannot be had here. */
  static async mount(path: string): Promise<FrozenFolder | string> {
    mkdirSync(path);
    const { status, text } = await sh(
      `truncate -s 64M ${path}.img && mkfs.ext4 -q -F ${path}.img && mount -o loop ${path}.img ${path}`,
    );
    return status === 0 ? new FrozenFolder(path) : text.trim();
  }

  async freeze(): Promise<void> {
    const { status, text } = await sh(
      `(sleep ${LONGEST_S}; fsfreeze -u ${this.path}) >/dev/null 2>&1 & fsfreeze -f ${this.path}`,
    );
    if (status !== 0) throw new Error(`fsfreeze: ${text}`);
  }

  /** Harmless when repeated. */
  async thaw(): Promise<void> {
    await run('fsfreeze', ['-u', this.path]);
  }

  async unmount(): Promise<void> {
    await this.thaw();
    await run('umount', ['-l', this.path]);
  }
}
