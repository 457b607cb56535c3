import type { Trouble } from '../types.ts';
import type { SyncPriority } from './priority.ts';

/** A registry by its name in the fleet file, and the IDC whose worker reaches it. */
export interface RegistryAt {
  name: string;
  idc: string;
}

/**
 * How far an image is in one registry. arrived: it is there, and its tags are not moved yet. failed: not without somebody who
 * changes something, and asks again. cancelled: tags were brought back to what they named.
 */
export const SYNC_STATES = ['queued', 'arrived', 'done', 'failed', 'cancelled'] as const;
export type SyncState = (typeof SYNC_STATES)[number];

/** What became of a tag. superseded: the source names another image by it meanwhile, whose own copy moves it. */
export type TagOutcome = 'moved' | 'superseded';

/** How the copy of an image to one registry went, over all its attempts. */
export interface CopyReport {
  /** ISO time at which a worker began. */
  startedAt: string;
  /** Until the image was there, in milliseconds. */
  ms: number;
  /** It was there before. */
  wasHere: boolean;
  /** Bytes that were sent there, those of attempts that failed included. */
  bytes: number;
  /** Blobs that were sent; taken from another repository there; there already. */
  sent: number;
  mounted: number;
  skipped: number;
  /** Blobs that were sent, and that somebody else had brought before they were complete. */
  duplicates: number;
  /** Uploads that were begun. */
  uploads: number;
  /** Attempts of the whole copy. */
  attempts: number;
}

/** The copy of an image to one registry, as the catalogue keeps it: the last one of each image and registry. */
export interface Sync {
  /** Without registry host. */
  repository: string;
  digest: string;
  registry: string;
  /** Registry that the image comes from. */
  from: string;
  state: SyncState;
  /** What became of each tag; null: not moved yet. */
  tags: Record<string, TagOutcome | null>;
  priority: SyncPriority;
  /** Who wants it, for people: `push`, `rule shop`, `release rel-c3xq2m7k4a`. */
  wantedBy: string[];
  /** ISO time at which it was asked for first. */
  askedAt: string;
  /** ISO time before which it need not begin, as its rule has windows; null: it was due at once. */
  notBefore: string | null;
  /** ISO time; null: it goes on. */
  endedAt: string | null;
  /** Null: the image is not there yet. */
  report: CopyReport | null;
  trouble: Trouble | null;
}

/** How far a copy to one registry is, while it goes on. */
export interface CopyProgress {
  /** Blobs of the image; how many of them are there, sent or not. */
  blobs: number;
  here: number;
  /** Size of all blobs that are to be there; of those that are, and of what was sent of the others. */
  bytes: number;
  hereBytes: number;
  /** What was sent so far, over all attempts. */
  sentBytes: number;
}

/** What a copy to the registries of an IDC tells while it goes on, and finds again when it is tried anew. */
export interface CopyBeat {
  /** ISO time at which the first attempt began. */
  startedAt: string;
  registries: Record<string, CopyProgress & { tally: CopyTally }>;
  /** Those that have the image, and all that is attached to it: they are not asked again. */
  arrived: Record<string, CopyReport>;
}

/** What a copy has cost so far. */
export type CopyTally = Pick<CopyReport, 'bytes' | 'sent' | 'mounted' | 'duplicates' | 'uploads'>;
