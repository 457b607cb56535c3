import { createHash } from 'node:crypto';
import { request, type Dispatcher } from 'undici';
import { splitCredentials } from '../credentials.ts';

/** A repository and how to reach it. */
export interface RegistryAt {
  /** May have the user and password that the host is logged in with. */
  url: string;
  repository: string;
  credentials: Credentials[];
}

/** One entry of a pull secret. */
export interface Credentials {
  host: string;
  /** `user:password`, base64. */
  basic: string;
}

export interface Descriptor {
  mediaType: string;
  digest: string;
  size: number;
}

export interface Manifest {
  config: Descriptor;
  layers: Descriptor[];
}

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');
const ARCHITECTURE = { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch;

/** The manifest of this machine's platform, and the digest that the reference stands for (an index's, where it is one). */
export async function fetchManifest(
  at: RegistryAt,
  reference: string,
): Promise<{ manifest: Manifest; digest: string }> {
  const { bytes, digest } = await readManifest(at, reference);
  const document = JSON.parse(bytes.toString()) as Manifest & {
    manifests?: (Descriptor & { platform?: { architecture: string; os: string } })[];
  };
  if (document.manifests === undefined) return { manifest: document, digest };
  const fitting = document.manifests.find(
    ({ platform }) => platform?.os === 'linux' && platform.architecture === ARCHITECTURE,
  );
  if (fitting === undefined)
    throw new Error(`${at.repository}:${reference}: no match for platform linux/${ARCHITECTURE} in manifest`);
  return { manifest: JSON.parse((await readManifest(at, fitting.digest)).bytes.toString()) as Manifest, digest };
}

async function readManifest(at: RegistryAt, reference: string): Promise<{ bytes: Buffer; digest: string }> {
  const response = await get(at, `manifests/${reference}`, ACCEPT);
  const bytes = Buffer.from(await response.body.arrayBuffer());
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (reference.startsWith('sha256:') && reference !== digest)
    throw new Error(`${at.repository}@${reference}: the registry sent ${digest}`);
  return { bytes, digest };
}

/** Reads a blob to its end and checks its digest. Kept bytes are returned; of a discarded blob an empty buffer. */
export async function fetchBlob(at: RegistryAt, blob: Descriptor, what: 'keep' | 'discard'): Promise<Buffer> {
  const response = await get(at, `blobs/${blob.digest}`, '*/*');
  const hash = createHash('sha256');
  const kept: Buffer[] = [];
  for await (const chunk of response.body) {
    hash.update(chunk as Buffer);
    if (what === 'keep') kept.push(chunk as Buffer);
  }
  const digest = `sha256:${hash.digest('hex')}`;
  if (digest !== blob.digest) throw new Error(`${at.repository}: blob ${blob.digest} came as ${digest}`);
  return Buffer.concat(kept);
}

async function get(at: RegistryAt, path: string, accept: string): Promise<Dispatcher.ResponseData> {
  // What the host itself is logged in with, then what the pod brings.
  const { url: base, headers: own } = splitCredentials(at.url);
  const url = new URL(`/v2/${at.repository}/${path}`, base);
  let last = '';
  for (const headers of [own, ...at.credentials.map(({ basic }) => ({ authorization: `Basic ${basic}` }))]) {
    const response = await request(url, { headers: { accept, ...headers } });
    if (response.statusCode === 200) return response;
    // A blob may live elsewhere (object storage); one hop is what registries do.
    if ([301, 302, 307, 308].includes(response.statusCode) && typeof response.headers.location === 'string') {
      await response.body.dump();
      const moved = await request(new URL(response.headers.location, url));
      if (moved.statusCode === 200) return moved;
      last = `${moved.statusCode} ${await moved.body.text()}`;
      break;
    }
    last = `${response.statusCode} ${await response.body.text()}`;
    if (response.statusCode !== 401) break;
  }
  throw new Error(`GET ${url.href}: ${last.trim()}`);
}
