import type { RegistryAt } from './progress.ts';

/** What is to be brought besides the image itself, and how much of it. */
export interface SyncOptions {
  /** `os/architecture` of an index that are wanted; left out: all. */
  platforms?: string[];
  /** Signatures, attestations and whatever else refers to the image come with it. */
  referrers: boolean;
  /** A project that a Harbor lacks is made. Default: false. */
  createProject?: boolean;
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

/** Of anything that says them, these alone. */
export function optionsOf({ platforms, referrers, createProject }: SyncOptions): SyncOptions {
  return {
    referrers,
    ...(platforms === undefined ? {} : { platforms }),
    ...(createProject === true ? { createProject } : {}),
  };
}
