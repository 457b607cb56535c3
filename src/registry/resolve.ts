import { TransshipError } from '../domain/errors.ts';
import type { RegistryClient } from './client.ts';
import { RegistryError } from './errors.ts';
import { headManifest } from './manifest.ts';
import { isReference, isRepository } from './reference.ts';

/**
 * What a tag names now, or whether a digest is there, for a release: names that no registry allows name nothing, and
 * whatever keeps a registry from telling is a reason to ask again.
 * @returns the digest of its manifest or index; null where there is no such tag, digest or repository
 * @throws REGISTRY_UNREACHABLE when the registry does not answer, or not as a registry does
 */
export async function resolveReference(
  client: RegistryClient,
  repository: string,
  reference: string,
): Promise<{ digest: string } | null> {
  if (!isRepository(repository) || !isReference(reference)) return null;
  try {
    const digest = await headManifest({ client, repository }, reference);
    return digest === null ? null : { digest };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new TransshipError('REGISTRY_UNREACHABLE', error.message, { cause: error });
  }
}
