import { createHash } from 'node:crypto';
import { request } from 'undici';
import type { Image } from './images.ts';

const ACCEPT = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/**
 * Does a registry have an image as it should be? The digest is made of the bytes that its tag gives; of the blobs it is
 * asked whether they are there, and how large.
 * @throws Error that says what is wrong
 */
export async function checkImage(host: string, { repository, tag, digest, blobs }: Image): Promise<void> {
  const found = await digestAt(host, repository, tag);
  if (found !== digest) throw new Error(`${host}/${repository}:${tag} is ${found}, and should be ${digest}`);
  for (const blob of blobs) {
    const { statusCode, headers, body } = await request(`http://${host}/v2/${repository}/blobs/${blob.digest}`, {
      method: 'HEAD',
    });
    await body.dump();
    if (statusCode !== 200 || Number(headers['content-length']) !== blob.size) {
      const has = `status ${statusCode}, ${String(headers['content-length'])} bytes`;
      throw new Error(`${host}/${repository}: blob ${blob.digest} of ${blob.size} bytes: ${has}`);
    }
  }
}

/** Do two registries have the same under each of these tags? @throws Error that names the first one that differs */
export async function checkTags(hosts: readonly string[], repository: string, tags: readonly string[]): Promise<void> {
  for (const tag of tags) {
    const digests = await Promise.all(hosts.map((host) => digestAt(host, repository, tag)));
    if (new Set(digests).size > 1) throw new Error(`${repository}:${tag} differs: ${digests.join(', ')}`);
  }
}

async function digestAt(host: string, repository: string, tag: string): Promise<string> {
  const { statusCode, body } = await request(`http://${host}/v2/${repository}/manifests/${tag}`, {
    headers: { accept: ACCEPT },
  });
  const bytes = await body.bytes();
  if (statusCode !== 200) throw new Error(`${host}/${repository}:${tag}: status ${statusCode}`);
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
