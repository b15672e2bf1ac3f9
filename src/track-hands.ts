/** The hands that tracking needs, joined for hands.ts. */
import type { Ports } from './core/context.ts';
import type { Core } from './core/core.ts';
import { TrackFiles } from './io/files/track-files.ts';
import type { Native } from './native.ts';

export type TrackHands = {
  readonly ports: Pick<Ports, 'trackFiles'>;
  close(): void;
};

/** `core`: asked for only when something happens, which is after everything was built. */
export function trackHands(native: Native, core: () => Core): TrackHands {
  const trackFiles = new TrackFiles({ native, sink: (file) => core().onTrackFile(file) });
  return { ports: { trackFiles }, close: () => trackFiles.close() };
}
