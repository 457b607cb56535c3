import { makeLayer, noise, sha256 } from './layer.ts';
import type { Blob, Layer } from './layer.ts';
import { pushBlob, pushManifest } from './push.ts';

export interface ImageOptions {
  /** Without registry host, e.g. `shop/web`. */
  repository: string;
  tag: string;
  /** Labels of the image's config: devfleet instances read their behaviour here. */
  labels: Record<string, string>;
  /** Number of layers; all but the last are the same for every tag of the repository. Default 3. */
  layers?: number;
  /** Bytes of content in each layer. Default 20,000. */
  layerBytes?: number;
  /** `os/architecture`. Default `linux/amd64`. */
  platform?: string;
  /** What the image really runs, for nodes that run containers: a layer with `/app/start`, put last. */
  program?: { layer: Layer; env: string[] };
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

/** Makes an OCI image. Equal options give equal bytes, so the same image has one digest in every registry. */
export async function makeImage(options: ImageOptions): Promise<{ manifest: Blob; config: Blob; layers: Layer[] }> {
  const { repository, tag, labels, layers: count = 3, layerBytes = 20_000, platform = 'linux/amd64' } = options;
  const [os, architecture] = platform.split('/');
  const filler = await Promise.all(
    Array.from({ length: count }, (_, index) => {
      const own = index === count - 1 ? tag : 'base';
      return makeLayer(`app/layer-${index}.bin`, noise(`${repository}:${own}:${index}`, layerBytes));
    }),
  );
  const { layer: program, env = [] } = options.program ?? {};
  const layers = program === undefined ? filler : [...filler, program];
  const config = jsonBlob(CONFIG, {
    created: '1970-01-01T00:00:00Z',
    architecture,
    os,
    config: { Labels: sorted(labels), Env: ['PATH=/app', ...env], Cmd: ['/app/start'] },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((_, index) => ({ created: '1970-01-01T00:00:00Z', created_by: `layer ${index}` })),
  });
  const manifest = jsonBlob(MANIFEST, {
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor(config),
    layers: layers.map(descriptor),
  });
  return { manifest, config, layers };
}

/**
 * Makes an image and really pushes it: blobs that the registry lacks, then the manifest under the tag.
 * @param registryUrl `http://host:port`
 * @returns digest of the manifest
 * @throws Error with the registry's answer
 */
export async function pushImage(registryUrl: string, options: ImageOptions): Promise<{ digest: string }> {
  const { manifest, config, layers } = await makeImage(options);
  await Promise.all([config, ...layers].map((blob) => pushBlob(registryUrl, options.repository, blob)));
  await pushManifest(registryUrl, options.repository, options.tag, manifest);
  return { digest: manifest.digest };
}

function jsonBlob(mediaType: string, value: unknown): Blob {
  const bytes = Buffer.from(JSON.stringify(value));
  return { mediaType, digest: sha256(bytes), bytes };
}

function descriptor({ mediaType, digest, bytes }: Blob): { mediaType: string; digest: string; size: number } {
  return { mediaType, digest, size: bytes.length };
}

/** Key order must not change the digest. */
function sorted(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)));
}
