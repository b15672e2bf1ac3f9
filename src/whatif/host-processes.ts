/** The processes of a simulated host, by the names of the 'vrrp_track_process' blocks that count them. */
import type { ProcessPort, TrackProcessConfig } from '../ports/processes.ts';

export class HostProcesses implements ProcessPort {
  /** Set by who breaks and mends things; the others run as they should. */
  readonly counts: Map<string, number> = new Map();
  #patterns: readonly TrackProcessConfig[] = [];

  watch(patterns: readonly TrackProcessConfig[]): void {
    this.#patterns = patterns;
  }

  count(name: string): number {
    const pattern = this.#patterns.find((p) => p.name === name);
    return this.counts.get(name) ?? (pattern === undefined ? 0 : healthyCount(pattern));
  }

  method(): 'events' {
    return 'events';
  }

  close(): void {
    this.#patterns = [];
  }
}

/** The fewest processes that satisfy it. */
export const healthyCount = ({ quorum, quorumMax }: TrackProcessConfig): number =>
  quorumMax === 0 ? 0 : quorum;
