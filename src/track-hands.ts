/** The hands that tracking needs, joined for hands.ts. */
import type { Config } from './config/config.ts';
import type { Ports } from './core/context.ts';
import type { Core } from './core/core.ts';
import { carrierPort } from './io/carrier.ts';
import { TrackFiles } from './io/files/track-files.ts';
import { ProcessWatch } from './io/process/process-watch.ts';
import type { Native } from './native.ts';
import { matchesProcess } from './track/process.ts';

export type TrackHands = {
  readonly ports: Pick<Ports, 'trackFiles' | 'processes' | 'carrier'>;
  /** What of a configuration they obey themselves. */
  obey(config: Config): void;
  close(): void;
};

/** `core`: asked for only when something happens, which is after everything was built. */
export function trackHands(native: Native, core: () => Core): TrackHands {
  const trackFiles = new TrackFiles({ native, sink: (file) => core().onTrackFile(file) });
  let bufferBytes = 0;
  const processes = new ProcessWatch({
    native,
    matches: matchesProcess,
    sink: (name, count) => core().onProcessCount(name, count),
    bufferBytes: () => bufferBytes,
  });
  return {
    ports: { trackFiles, processes, carrier: carrierPort(native) },
    obey: ({ global }) => {
      bufferBytes = global.buffers.processMonitor.bytes;
    },
    close: () => {
      trackFiles.close();
      processes.close();
    },
  };
}
