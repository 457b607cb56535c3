import { isDigest } from './digest.ts';

/** Where a registry's API is. */
export interface Registry {
  /** `http(s)://host:port` */
  url: string;
}

const REPOSITORY = /^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;

/** Names that the distribution spec allows; anything else must not get into a path. */
export function isRepository(name: string): boolean {
  return name.length <= 255 && REPOSITORY.test(name);
}

export function isTag(name: string): boolean {
  return TAG.test(name);
}

/** A tag or a digest. */
export function isReference(text: string): boolean {
  return isTag(text) || isDigest(text);
}
