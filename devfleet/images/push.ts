import { request } from 'undici';
import type { Dispatcher } from 'undici';
import { splitCredentials } from '../credentials.ts';
import type { Blob } from './layer.ts';

async function refuse(what: string, response: Dispatcher.ResponseData): Promise<never> {
  throw new Error(`${what}: the registry answered ${response.statusCode} ${await response.body.text()}`);
}

/**
 * Uploads a blob in one piece unless the repository has it.
 * @param registryUrl may have a user and a password, which are sent with each call
 * @throws Error with the registry's answer
 */
export async function pushBlob(registryUrl: string, repository: string, blob: Blob): Promise<void> {
  const { url, headers } = splitCredentials(registryUrl);
  const blobs = new URL(`/v2/${repository}/blobs/`, url);
  // "./": a digest alone would parse as a URL of scheme "sha256".
  const head = await request(new URL(`./${blob.digest}`, blobs), { method: 'HEAD', headers });
  await head.body.dump();
  if (head.statusCode === 200) return;

  const start = await request(new URL('uploads/', blobs), { method: 'POST', headers });
  const { location } = start.headers;
  if (start.statusCode !== 202 || typeof location !== 'string') return refuse(`upload to ${repository}`, start);
  await start.body.dump();

  // The location carries the session's own query (`_state`), which must come back with the digest added.
  const target = new URL(location, blobs);
  target.searchParams.set('digest', blob.digest);
  const put = await request(target, {
    method: 'PUT',
    body: blob.bytes,
    headers: { ...headers, 'content-type': 'application/octet-stream' },
  });
  if (put.statusCode !== 201) return refuse(`blob ${blob.digest} of ${repository}`, put);
  await put.body.dump();
}

/** Puts the manifest under a tag. @throws Error with the registry's answer, or when it stored another digest */
export async function pushManifest(
  registryUrl: string,
  repository: string,
  tag: string,
  manifest: Blob,
): Promise<void> {
  const { url, headers } = splitCredentials(registryUrl);
  const put = await request(new URL(`/v2/${repository}/manifests/${tag}`, url), {
    method: 'PUT',
    body: manifest.bytes,
    headers: { ...headers, 'content-type': manifest.mediaType },
  });
  if (put.statusCode !== 201) return refuse(`manifest ${repository}:${tag}`, put);
  await put.body.dump();
  const stored = put.headers['docker-content-digest'];
  if (stored !== manifest.digest) {
    throw new Error(`manifest ${repository}:${tag}: sent ${manifest.digest}, the registry stored ${String(stored)}`);
  }
}
