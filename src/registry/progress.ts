import type { Place } from './manifest.ts';

/** How far a blob is on its way to one destination. */
export interface BlobProgress {
  place: Place;
  digest: string;
  /** In bytes. */
  size: number;
  /**
   * `mounted` and `skipped`: it is there without having been sent. `duplicate`: it was sent, and before it was complete
   * somebody else had brought it. The last four do not change any more.
   */
  state: 'queued' | 'sending' | 'mounted' | 'skipped' | 'duplicate' | 'done';
  /** Sent by the present attempt. */
  bytes: number;
  /** Uploads that were begun for it there, the present one included. */
  attempts: number;
}

/** What was needed to bring an image to one destination. */
export interface Tally {
  /** Blobs that were sent, by this process. */
  sent: number;
  mounted: number;
  skipped: number;
  duplicates: number;
  /** Bytes that were sent, those of attempts that failed included. */
  bytes: number;
  /** Uploads that were begun. */
  attempts: number;
}

export function emptyTally(): Tally {
  return { sent: 0, mounted: 0, skipped: 0, duplicates: 0, bytes: 0, attempts: 0 };
}
