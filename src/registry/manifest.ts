import { createHash } from 'node:crypto';
import { request, type Dispatcher } from 'undici';
import { TransshipError } from '../domain/errors.ts';
import { isRepository, isTag, manifestUrl, type Registry } from './reference.ts';

/** Everything that may stand under a tag. A type left out makes a registry convert the manifest, or deny it. */
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const TIMEOUT_MS = 10_000;

const DIGEST = /^sha256:[0-9a-f]{64}$/;

/**
 * What a tag names now, or whether a digest is there.
 * @returns the digest of its manifest or index; null where there is no such tag, digest or repository
 * @throws REGISTRY_UNREACHABLE when the registry does not answer, or not as a registry does
 */
export async function resolveReference(
  registry: Registry,
  repository: string,
  reference: string,
): Promise<{ digest: string } | null> {
  if (!isRepository(repository) || !(isTag(reference) || DIGEST.test(reference))) return null;
  const url = manifestUrl(registry, repository, reference);
  const head = await call('HEAD', url);
  await head.body.dump();
  if (head.statusCode === 404) return null;
  const claimed = head.headers['docker-content-digest'];
  if (head.statusCode === 200 && typeof claimed === 'string' && DIGEST.test(claimed)) return { digest: claimed };

  // The header is optional, and so is HEAD behind some proxies: the bytes themselves say what their digest is.
  const got = await call('GET', url);
  if (got.statusCode === 404) {
    await got.body.dump();
    return null;
  }
  if (got.statusCode !== 200) {
    const text = await got.body.text().catch(() => '');
    throw new TransshipError(
      'REGISTRY_UNREACHABLE',
      `GET ${url}: status ${got.statusCode} ${text.slice(0, 200)}`.trim(),
    );
  }
  const bytes = await got.body.bytes().catch((error: unknown) => {
    throw unreachable('GET', url, error);
  });
  return { digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` };
}

async function call(method: 'HEAD' | 'GET', url: string): Promise<Dispatcher.ResponseData> {
  try {
    return await request(url, { method, headers: { accept: ACCEPT }, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    throw unreachable(method, url, error);
  }
}

function unreachable(method: string, url: string, error: unknown): TransshipError {
  const why = error instanceof Error ? error.message : String(error);
  return new TransshipError('REGISTRY_UNREACHABLE', `${method} ${url}: ${why}`, { cause: error });
}
