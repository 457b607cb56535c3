import { noise, sha256 } from '../../../devfleet/images/layer.ts';
import { INDEX, type Store } from './store.ts';

export { INDEX };
export const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
export const CONFIG = 'application/vnd.oci.image.config.v1+json';

export interface Seeded {
  digest: string;
  bytes: Buffer;
  /** Config first. */
  blobs: Buffer[];
}

/** Puts an image with layers of these sizes into a registry; the same seed and sizes give the same image. */
export function seedImage(
  registry: Store,
  repository: string,
  tag: string | null,
  sizes: readonly number[],
  { seed = 'image', subject }: { seed?: string; subject?: object } = {},
): Seeded {
  const config = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
  const layers = sizes.map((size, at) => noise(`${seed} ${at}`, size));
  for (const blob of [config, ...layers]) registry.putBlob(repository, blob);
  const content = {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: entryOf(CONFIG, config),
    layers: layers.map((layer) => entryOf(LAYER, layer)),
    ...(subject === undefined ? {} : { subject }),
  };
  return { ...registry.putManifest(repository, tag, MANIFEST, content), blobs: [config, ...layers] };
}

/** Puts an index of images that the repository has. */
export function seedIndex(
  registry: Store,
  repository: string,
  tag: string | null,
  images: readonly { image: { bytes: Buffer }; platform?: object; annotations?: object }[],
): { digest: string; bytes: Buffer } {
  const manifests = images.map(({ image, ...more }) => ({ ...entryOf(MANIFEST, image.bytes), ...more }));
  return registry.putManifest(repository, tag, INDEX, { schemaVersion: 2, mediaType: INDEX, manifests });
}

/** Descriptor of bytes. */
export function entryOf(mediaType: string, bytes: Buffer): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest: sha256(bytes), size: bytes.length };
}
