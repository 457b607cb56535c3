import { request } from 'undici';
import { expect } from 'vitest';
import { sha256, type Blob } from '../../../devfleet/images/layer.ts';
import { pushBlob, pushManifest } from '../../../devfleet/images/push.ts';
import type { Built } from './parts.ts';
import { INDEX } from './images.ts';

// Other people at a registry: what they push and read has nothing to do with the client under test.

const ACCEPT = ['oci.image.index.v1', 'oci.image.manifest.v1', 'docker.distribution.manifest.list.v2']
  .concat('docker.distribution.manifest.v2')
  .map((type) => `application/vnd.${type}+json`)
  .join(', ');

interface Registry {
  url: string;
}

interface Referrer {
  subject?: { digest: string };
  artifactType?: string;
  annotations?: object;
}

/** Pushes everything, and keeps the fall-back index of what refers to something, as ORAS does. */
export async function push({ url }: Registry, repository: string, built: Built, tag?: string): Promise<void> {
  const blobs = new Map(built.blobs.map((blob) => [blob.digest, blob]));
  await Promise.all([...blobs.values()].map((blob) => pushBlob(url, repository, blob)));
  for (const manifest of built.manifests) await pushManifest(url, repository, manifest.digest, manifest);
  for (const [name, manifest] of Object.entries(built.tags ?? {})) await pushManifest(url, repository, name, manifest);
  for (const [subject, manifests] of referrersOf(built)) {
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: INDEX, manifests }));
    await pushManifest(url, repository, subject.replace(':', '-'), { mediaType: INDEX, digest: sha256(bytes), bytes });
  }
  if (tag !== undefined) await pushManifest(url, repository, tag, built.root);
}

/** Everything is there to the byte, by its digest, by GET and by HEAD, as what it is; what refers to it is listed. */
export async function expectThere(registry: Registry, repository: string, built: Built): Promise<void> {
  const ofBlobs = built.blobs.map((blob) => [`blobs/${blob.digest}`, blob] as const);
  const byDigest = built.manifests.map((manifest) => [`manifests/${manifest.digest}`, manifest] as const);
  const byTag = Object.entries(built.tags ?? {}).map(([tag, manifest]) => [`manifests/${tag}`, manifest] as const);
  for (const [path, { mediaType, digest, bytes }] of [...ofBlobs, ...byDigest, ...byTag]) {
    const [head, got] = [await ask(registry, 'HEAD', repository, path), await ask(registry, 'GET', repository, path)];
    for (const { status, headers } of [head, got]) {
      expect([path, status, headers['docker-content-digest']]).toEqual([path, 200, digest]);
      expect([path, headers['content-length']]).toEqual([path, String(bytes.length)]);
      if (path.startsWith('manifests/')) expect(headers['content-type']).toBe(mediaType);
    }
    expect([path, got.bytes.equals(bytes)]).toEqual([path, true]);
  }
  for (const [subject, manifests] of referrersOf(built)) {
    const listed = await ask(registry, 'GET', repository, `manifests/${subject.replace(':', '-')}`);
    const index = JSON.parse(listed.bytes.toString()) as { manifests: { digest: string }[] };
    const sorted = (entries: { digest: string }[]) => entries.sort((a, b) => (a.digest < b.digest ? -1 : 1));
    expect(sorted(index.manifests)).toEqual(sorted(manifests));
  }
}

/** Those of these that the repository has, by HEAD. */
export async function there(registry: Registry, repository: string, blobs: readonly Blob[]): Promise<Blob[]> {
  const statuses = await Promise.all(
    blobs.map(async ({ digest }) => (await ask(registry, 'HEAD', repository, `blobs/${digest}`)).status),
  );
  return blobs.filter((_, at) => statuses[at] === 200);
}

/** What a tag names. */
export async function named(registry: Registry, repository: string, tag: string): Promise<unknown> {
  const { status, headers } = await ask(registry, 'HEAD', repository, `manifests/${tag}`);
  return status === 200 ? headers['docker-content-digest'] : null;
}

/** One request. @param path in the repository, from the root on, or a URL */
export async function ask(
  { url }: Registry,
  method: 'HEAD' | 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE',
  repository: string,
  path: string,
  { headers = {}, body = null }: { headers?: Record<string, string>; body?: Buffer | null } = {},
): Promise<{ status: number; headers: Record<string, string | string[] | undefined>; bytes: Buffer }> {
  const target = new URL(/^(http|\/)/.test(path) ? path : `/v2/${repository}/${path}`, url);
  const answer = await request(target, { method, headers: { accept: ACCEPT, ...headers }, body });
  return {
    status: answer.statusCode,
    headers: answer.headers,
    bytes: Buffer.from(await answer.body.arrayBuffer()),
  };
}

/** By subject what refers to it, as the distribution spec has it listed. */
function referrersOf({ manifests }: Built): Map<string, { digest: string }[]> {
  const found = new Map<string, { digest: string }[]>();
  for (const { mediaType, digest, bytes } of manifests) {
    const { subject, artifactType, annotations } = JSON.parse(bytes.toString()) as Referrer;
    if (subject === undefined) continue;
    const listed = { mediaType, digest, size: bytes.length, artifactType, ...(annotations && { annotations }) };
    found.set(subject.digest, [...(found.get(subject.digest) ?? []), listed]);
  }
  return found;
}
