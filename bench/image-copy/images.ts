import { createHash, randomFillSync } from 'node:crypto';
import { request } from 'undici';
import { pushImage } from '../../devfleet/images/index.ts';
import { pushBlob, pushManifest } from '../../devfleet/images/push.ts';

/** An image that is in a registry. */
export interface Image {
  repository: string;
  tag: string;
  digest: string;
  blobs: { digest: string; size: number }[];
  /** Of blobs and manifest. */
  bytes: number;
}

const PIECE_BYTES = 1024 * 1024;
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const AT_ONCE = 8;

/** Pushes an image whose layers are random bytes: nothing on the way can make them smaller. */
export async function pushRandomImage(host: string, name: string, layers: readonly number[]): Promise<Image> {
  const [url, repository, tag] = [`http://${host}`, `bench/${name}`, 'v1'];
  const blobs: { mediaType: string; digest: string; size: number }[] = [];
  for (const size of layers) {
    blobs.push({ mediaType: LAYER, digest: await pushRandomBlob(url, repository, size), size });
  }
  const rootfs = { type: 'layers', diff_ids: blobs.map(({ digest }) => digest) };
  const config = blobOf(CONFIG, { architecture: 'amd64', os: 'linux', config: {}, rootfs });
  await pushBlob(url, repository, config);
  const { mediaType, digest, bytes } = config;
  const described = { mediaType, digest, size: bytes.length };
  const manifest = blobOf(MANIFEST, { schemaVersion: 2, mediaType: MANIFEST, config: described, layers: blobs });
  await pushManifest(url, repository, tag, manifest);
  const all = [described, ...blobs];
  const size = all.reduce((sum, one) => sum + one.size, manifest.bytes.length);
  return { repository, tag, digest: manifest.digest, blobs: all, bytes: size };
}

/** Pushes small images to all hosts, the same to each. */
export async function pushTags(hosts: readonly string[], repository: string, count: number): Promise<void> {
  let next = 0;
  const push = async (): Promise<void> => {
    while (next < count) {
      const tag = `v${next++}`;
      const options = { repository, tag, labels: { tag }, layers: 2, layerBytes: 1_000 };
      for (const host of hosts) await pushImage(`http://${host}`, options);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, push));
}

function blobOf(mediaType: string, value: unknown): { mediaType: string; digest: string; bytes: Buffer } {
  const bytes = Buffer.from(JSON.stringify(value));
  return { mediaType, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, bytes };
}

/** In one pass, however large it is: a digest is to be told only at the end. */
async function pushRandomBlob(url: string, repository: string, size: number): Promise<string> {
  const hash = createHash('sha256');
  async function* noise(): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; left -= PIECE_BYTES) {
      const piece = randomFillSync(Buffer.allocUnsafeSlow(Math.min(left, PIECE_BYTES)));
      hash.update(piece);
      yield piece;
    }
  }
  const step = async (method: 'POST' | 'PATCH' | 'PUT', target: URL, body?: AsyncIterable<Buffer>): Promise<URL> => {
    const headers = { 'content-type': 'application/octet-stream', ...(body && { 'content-length': String(size) }) };
    const answer = await request(target, { method, headers, body: (body ?? null) as Buffer | null });
    await answer.body.dump();
    const { location } = answer.headers;
    if (answer.statusCode > 202 || typeof location !== 'string') {
      throw new Error(`${method} ${target.href}: the registry answered ${answer.statusCode}`);
    }
    return new URL(location, target);
  };
  const begun = await step('POST', new URL(`/v2/${repository}/blobs/uploads/`, url));
  const sent = await step('PATCH', begun, noise());
  const digest = `sha256:${hash.digest('hex')}`;
  sent.searchParams.set('digest', digest);
  await step('PUT', sent);
  return digest;
}
