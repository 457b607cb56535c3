import type { DeleteTag } from '../../registry/client.ts';
import { RegistryError } from '../../registry/errors.ts';
import { callHarbor, harborPath, projectOf, repositoryPath } from './api.ts';

/**
 * Deletes a tag of a Harbor, which does that by its own API alone: there DELETE by tag is not supported, and by digest it takes
 * the artifact with all its tags. As the tag is looked for at its artifact, one that was moved meanwhile is `absent` and stays.
 */
export const deleteHarborTag: DeleteTag = async ({ client, repository }, tag, digest, signal) => {
  const path = `${repositoryPath(repository)}${harborPath('artifacts', digest, 'tags', tag)}`;
  try {
    const { status } = await callHarbor(client, { method: 'DELETE', path, accept: [200, 404], signal });
    return status === 404 ? 'absent' : 'deleted';
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_DENIED') throw error;
    const message = `${error.message}; the credential must be allowed to delete tags (tag: delete) in project ${projectOf(repository)}`;
    throw new RegistryError(error.code, message, { status: error.status, reported: error.reported, cause: error });
  }
};
