import type { Descriptor, Manifest } from './descriptor.ts';
import { RegistryError } from './errors.ts';
import { getManifest, nameOf, type Place } from './manifest.ts';
import { isForeign, isIndex } from './media.ts';
import type { Blob } from './part.ts';

/** Manifests of one index that are read at a time. */
const DEEP = 8;

/** A manifest with all that has to be in a repository before it. */
export interface Node {
  manifest: Manifest;
  children: Node[];
  blobs: Blob[];
  /** Digests of layers that are fetched from elsewhere, and of children that were left out by platform. */
  left: string[];
}

/**
 * Reads the manifests of an image.
 * @param platforms of an index only these (`os/architecture[/variant]`), and what is attested of them; undefined: all
 * @throws IMAGE_GONE where something is missing, IMAGE_UNREADABLE, RegistryError; REGISTRY_REFUSED when the index has none
 * of the platforms
 */
export async function planImage(
  place: Place,
  digest: string,
  platforms: readonly string[] | undefined,
  signal?: AbortSignal,
): Promise<Node> {
  const manifest = await getManifest(place, digest, signal);
  if (manifest === null) throw new RegistryError('IMAGE_GONE', `${nameOf(place)} has no manifest ${digest}`);
  const { content, mediaType } = manifest;
  if (!isIndex(mediaType)) {
    const all = content.config === undefined ? content.layers : [content.config, ...content.layers];
    const own = all.filter((one) => !isForeign(one.mediaType));
    const left = all.filter((one) => isForeign(one.mediaType)).map((one) => one.digest);
    return { manifest, children: [], blobs: once(own, digest), left };
  }
  const wanted = platforms === undefined ? content.manifests : ofPlatforms(content.manifests, platforms);
  if (wanted.length === 0 && content.manifests.length > 0) {
    const has = content.manifests.map(platformOf).join(', ');
    const message = `${nameOf(place)}: index ${digest} has nothing for ${String(platforms)}; it has ${has}`;
    throw new RegistryError('REGISTRY_REFUSED', message);
  }
  const children: Node[] = [];
  for (let at = 0; at < wanted.length; at += DEEP) {
    const some = wanted.slice(at, at + DEEP);
    children.push(...(await Promise.all(some.map((one) => planImage(place, one.digest, platforms, signal)))));
  }
  const left = content.manifests.filter((one) => !wanted.includes(one)).map((one) => one.digest);
  return { manifest, children, blobs: [], left };
}

/** All of a tree, every manifest once, children before parents. */
export function manifestsOf(root: Node): Node[] {
  const found = new Map<string, Node>();
  const visit = (node: Node): void => {
    if (found.has(node.manifest.digest)) return;
    for (const child of node.children) visit(child);
    found.set(node.manifest.digest, node);
  };
  visit(root);
  return [...found.values()];
}

/** What an attestation of BuildKit is about (`vnd.docker.reference.digest`) takes it along. */
function ofPlatforms(manifests: readonly Descriptor[], platforms: readonly string[]): Descriptor[] {
  const chosen = manifests.filter((one) => platforms.some((platform) => isOf(one, platform)));
  const digests = chosen.map(({ digest }) => digest);
  const about = ({ annotations }: Descriptor): string => annotations?.['vnd.docker.reference.digest'] ?? '';
  // A nested index says its platforms only inside.
  return manifests.filter(
    (one) => chosen.includes(one) || digests.includes(about(one)) || (isIndex(one.mediaType) && !one.platform),
  );
}

function isOf({ platform }: Descriptor, wanted: string): boolean {
  const [os, architecture, variant] = wanted.split('/');
  if (platform?.os !== os || platform?.architecture !== architecture) return false;
  return variant === undefined || platform?.variant === variant;
}

function platformOf({ platform, digest }: Descriptor): string {
  if (platform === undefined) return digest;
  return [platform.os, platform.architecture, platform.variant].filter((part) => part !== undefined).join('/');
}

/** @throws IMAGE_UNREADABLE when one blob is said to have two sizes */
function once(descriptors: readonly Descriptor[], manifest: string): Blob[] {
  const blobs = new Map<string, Blob>();
  for (const { digest, size } of descriptors) {
    const known = blobs.get(digest);
    if (known !== undefined && known.size !== size) {
      throw new RegistryError('IMAGE_UNREADABLE', `manifest ${manifest}: blob ${digest} has two sizes`);
    }
    blobs.set(digest, { digest, size });
  }
  return [...blobs.values()];
}
