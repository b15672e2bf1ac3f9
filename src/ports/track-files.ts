/** The files of 'track_file', as core sees them. */

export interface TrackFilePort {
  /**
   * 'init_file': creates `file` with the number, or overwrites it; a file that is there is otherwise left alone. '' or why it
   * could not be done; never throws.
   */
  init(file: string, value: number, overwrite: boolean): string;
  /** From now on exactly these files are followed. Never throws. */
  follow(files: readonly string[]): void;
  /** Why a followed file cannot be followed, with the remedy; '' = it is. */
  trouble(file: string): string;
  /** At most the first 127 octets; '' when it is missing or unreadable, as keepalived reads it. */
  read(file: string): string;
  close(): void;
}

/** A followed file was written to its end, replaced, renamed or deleted, or its directory came or went. */
export type TrackFileSink = (file: string) => void;
