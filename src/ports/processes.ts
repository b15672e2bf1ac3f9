/** How many of some processes run, for 'vrrp_track_process'. */
import type { TrackProcessConfig } from '../config/track-config.ts';

export type { TrackProcessConfig };

export interface ProcessPort {
  /** From now on exactly these are counted; `count` knows them when this returns. Never throws. */
  watch(patterns: readonly TrackProcessConfig[]): void;
  /** Of the pattern with this name; 0 when it is not watched. */
  count(name: string): number;
  /** How changes are noticed: at once by the kernel's events, or by looking at /proc once a second. */
  method(): 'events' | 'scan' | 'none';
  close(): void;
}

/** The number of this pattern's processes changed. */
export type ProcessSink = (name: string, count: number) => void;
