import { defineSignal } from '@temporalio/workflow';
import type { SyncPriority } from '../domain/sync/priority.ts';
import type { CopyReport, RegistryAt, Sync } from '../domain/sync/progress.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import type { SyncOptions } from '../domain/sync/missing.ts';
import type { PolicyOverride } from './messages.ts';

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
  /** Copied once more where it is by now: something was attached to it since. Left out: what is there is enough. */
  again?: true;
  /** For people. */
  wantedBy: string;
  /** ISO time. */
  askedAt: string;
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

/** Something was pushed that may be attached to an image. */
export interface BringAttachedInput {
  /** Of the event that told of it: told again it counts once. */
  id: string;
  /** Without registry host. */
  repository: string;
  digest: string;
  /** What the tag says that it was pushed under; null: its manifest says it, or nothing does. */
  subject: string | null;
  from: RegistryAt;
}

/** What is looked for in several registries. */
export interface LookAtImagesInput {
  /** Without registry host. */
  repository: string;
  /** Tags and digests; null: all tags that there are. */
  references: string[] | null;
  registries: RegistryAt[];
}

/** Registries that are to be as sync rules need them. */
export interface ConnectRegistriesInput {
  registries: RegistryAt[];
  /** All that are in force. */
  rules: SyncRule[];
  /** Makes and mends webhook policies. Otherwise it only looks. */
  apply: boolean;
}

/** The memo of a sync, for lists. */
export interface SyncMemo {
  [key: string]: unknown;
  repository: string;
  digest: string;
  from: string;
}
