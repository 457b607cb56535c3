import { noise, sha256, type Blob } from '../../../devfleet/images/layer.ts';
import { CONFIG, LAYER, MANIFEST } from './images.ts';

/** An image as another tool builds it, with the bytes which that tool writes: none of them is JSON as we would write it. */
export interface Built {
  /** Of a manifest or an index: what is copied. */
  root: Blob;
  /** Everything that is put by its digest, children and subjects first; the root is among them. */
  manifests: Blob[];
  blobs: Blob[];
  /** What stands beside the image under tags of its own. */
  tags?: Record<string, Blob>;
  /** Layers that no registry keeps. */
  left?: string[];
}

/** An image of one platform, with layers of these sizes; the same seed gives the same image, and the same layers. */
export function imageOf(seed: string, platform: object, sizes: readonly number[] = [100_000, 5_000]): Built {
  const config = configOf(seed, platform);
  const layers = sizes.map((size, at) => blobOf(LAYER, noise(`${seed} ${at} ${JSON.stringify(platform)}`, size)));
  const content = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: entry(config),
    layers: layers.map((one) => entry(one)),
  };
  return single(documentOf(MANIFEST, content), [config, ...layers]);
}

export function configOf(seed: string, platform: object): Blob {
  return blobOf(CONFIG, JSON.stringify({ ...platform, config: { Labels: { seed } } }));
}

export function single(manifest: Blob, blobs: Blob[]): Built {
  return { root: manifest, manifests: [manifest], blobs };
}

export function over(index: Blob, children: readonly Built[]): Built {
  return {
    root: index,
    manifests: [...children.flatMap(({ manifests }) => manifests), index],
    blobs: children.flatMap(({ blobs }) => blobs),
  };
}

/** Go's tools indent by two spaces, Docker by three, cosign not at all. */
export function documentOf(mediaType: string, content: object, indent = '  '): Blob {
  return blobOf(mediaType, JSON.stringify(content, null, indent));
}

export function blobOf(mediaType: string, content: Buffer | string): Blob {
  const bytes = Buffer.from(content);
  return { mediaType, digest: sha256(bytes), bytes };
}

/** Go writes the size before the digest. */
export function entry({ mediaType, digest, bytes }: Blob, more: object = {}): object {
  return { mediaType, size: bytes.length, digest, ...more };
}
