import { defineSignal } from '@temporalio/workflow';
import type { CopyReport, RegistryAt, Sync, SyncPriority } from '../domain/sync/progress.ts';
import type { PolicyOverride } from './messages.ts';

/** What is to be brought besides the image itself, and how much of it. */
export interface SyncOptions {
  /** `os/architecture` of an index that are wanted; left out: all. */
  platforms?: string[];
  /** Signatures, attestations and whatever else refers to the image come with it. */
  referrers: boolean;
}

/** Somebody wants an image somewhere. */
export interface SyncRequest {
  /** Unique: what is delivered again counts once. */
  id: string;
  /** Tag that is to name the image there; null: the image by its digest is enough. */
  tag: string | null;
  to: (RegistryAt & SyncOptions)[];
  priority: SyncPriority;
  /** ISO time before which it need not begin; left out: at once. */
  notBefore?: string;
  /** For people. */
  wantedBy: string;
  /** ISO time. */
  askedAt: string;
}

/** A registry that a sync rule brings an image from, to the main registry of an IDC. */
export interface ImageSource extends SyncOptions {
  repository: string;
  idc: string;
  from: RegistryAt;
}

/** An image that the registry of an IDC lacks, and that is brought there before a release needs it. */
export interface MissingImage extends ImageSource {
  tag: string;
  digest: string;
}

export interface SyncImageInput {
  /** Without registry host, e.g. `shop/web`; the same everywhere. */
  repository: string;
  digest: string;
  from: RegistryAt;
  /** Never empty. More come by signal. */
  requests: SyncRequest[];
  policy?: PolicyOverride;
}

export interface SyncImageResult {
  destinations: Pick<Sync, 'registry' | 'state' | 'tags' | 'report' | 'trouble'>[];
}

/** One more wants it. */
export const syncRequest = defineSignal<[SyncRequest]>('sync-request');

/** Sent by a copy to several registries as soon as one of them has the image: the others may take longer. */
export interface Arrival {
  registry: string;
  report: CopyReport;
}
export const ARRIVAL_SIGNAL = 'copy-arrived';
export const copyArrived = defineSignal<[Arrival]>(ARRIVAL_SIGNAL);

/** What is looked for in several registries. */
export interface LookAtImagesInput {
  /** Without registry host. */
  repository: string;
  /** Tags and digests; null: all tags that there are. */
  references: string[] | null;
  registries: RegistryAt[];
}

/** The memo of a sync, for lists. */
export interface SyncMemo {
  [key: string]: unknown;
  repository: string;
  digest: string;
  from: string;
}
