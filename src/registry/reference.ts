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

/** An image of a repository, as people write it. */
export interface ImageReference {
  /** Without registry host. */
  repository: string;
  tag: string | null;
  digest: string | null;
}

/**
 * Reads `shop/web`, `shop/web:v2` or `shop/web@sha256:…`.
 * @returns null where no registry allows such a name; one that begins with the host of a registry is none
 */
export function parseImage(text: string): ImageReference | null {
  const at = text.indexOf('@');
  const name = at < 0 ? text : text.slice(0, at);
  const digest = at < 0 ? null : text.slice(at + 1);
  const colon = name.lastIndexOf(':');
  const repository = colon < 0 ? name : name.slice(0, colon);
  const tag = colon < 0 ? null : name.slice(colon + 1);
  const isOne = digest === null || (tag === null && isDigest(digest));
  return isOne && isRepository(repository) && (tag === null || isTag(tag)) ? { repository, tag, digest } : null;
}
