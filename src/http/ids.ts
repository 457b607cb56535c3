import { randomBytes } from 'node:crypto';

const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** 50 random bits as 10 characters of lower-case base32. */
function random(): string {
  return Array.from(randomBytes(10), (byte) => BASE32.charAt(byte & 31)).join('');
}

export function newReleaseId(): string {
  return `rel-${random()}`;
}

export function newCommandId(): string {
  return `cmd-${random()}`;
}

/** Id of a request for an image: what is delivered twice under it counts once. */
export function newSyncId(): string {
  return `syn-${random()}`;
}

/** Id of a comparison of registries that somebody asked for. */
export function newComparisonId(): string {
  return `cmp-${random()}`;
}

/** Id of the operation that releases one group of a release. */
export function groupOperationId(release: string, group: string): string {
  return `${release}.${group}`;
}
