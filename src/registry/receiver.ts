import type { Flights } from './flights.ts';
import type { Place } from './manifest.ts';
import type { Pacer } from './pacer.ts';
import type { BlobProgress, Tally } from './progress.ts';
import type { Semaphore } from './semaphore.ts';
import type { WindowOptions } from './window.ts';

/** What all blobs of a copy have in common. */
export interface Spreading {
  source: Place;
  pacer: Pacer | undefined;
  flights: Flights;
  window: WindowOptions;
  /** Blobs that are read from the source at a time. */
  slots: Semaphore;
  /** Blobs that are read from a destination at a time, for those who fell behind: they keep nobody from the source. */
  lateSlots: Semaphore;
  signal: AbortSignal;
  /** Called for what is read from the source. */
  onRead: (bytes: number) => void;
  onProgress: (progress: BlobProgress) => void;
}

/** One destination of a copy. */
export interface Receiver {
  place: Place;
  /** Aborted when the copy to it failed or is no longer wanted. */
  signal: AbortSignal;
  /** It fell behind once: from then on it gets blobs after the others, from one of them. */
  isSlow: boolean;
  tally: Tally;
}

/** What became of one try to bring a blob to a receiver. `isOfOrigin`: what failed is where it was read from. */
export type Outcome = 'here' | 'later' | { error: unknown; isOfOrigin: boolean };
