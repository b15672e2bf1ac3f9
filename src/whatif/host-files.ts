/** The tracked files of a simulated host; they outlive its daemon. */
import type { TrackFilePort } from '../ports/track-files.ts';

export class HostFiles implements TrackFilePort {
  readonly texts: Map<string, string> = new Map();
  followed: readonly string[] = [];

  init(file: string, value: number, overwrite: boolean): string {
    if (overwrite || !this.texts.has(file)) this.texts.set(file, `${value}\n`);
    return '';
  }

  follow(files: readonly string[]): void {
    this.followed = files;
  }

  trouble(): string {
    return '';
  }

  read(file: string): string {
    return this.texts.get(file) ?? '';
  }

  close(): void {
    this.followed = [];
  }
}
