import type { RegistryClient, WhyDenied } from '../../registry/client.ts';
import { RegistryError } from '../../registry/errors.ts';
import { callHarbor, projectOf } from './api.ts';

/**
 * Is there such a project? Everybody with a credential is told, whatever they may do in it.
 * @throws RegistryError
 */
export async function hasProject(client: RegistryClient, project: string, signal?: AbortSignal): Promise<boolean> {
  const { status } = await callHarbor(client, {
    ...{ method: 'HEAD', path: '/projects', query: { project_name: project }, accept: [200, 404], signal },
  });
  return status === 200;
}

/**
 * Makes a project, private, where there is none. Somebody else who makes it at the same time is as good.
 * @throws REGISTRY_DENIED where the credential may not, RegistryError
 */
export async function makeProject(client: RegistryClient, project: string, signal?: AbortSignal): Promise<void> {
  if (await hasProject(client, project, signal)) return;
  const body = { project_name: project, metadata: { public: 'false' } };
  try {
    await callHarbor(client, { method: 'POST', path: '/projects', body, accept: [201, 409], signal });
  } catch (error) {
    if (!(error instanceof RegistryError) || error.code !== 'REGISTRY_DENIED') throw error;
    const message = `project ${project} is not in ${client.url.host}, and the credential may not create it: ${error.message}; create it by hand, or use a robot of the system that may (project: create)`;
    throw new RegistryError(error.code, message, { status: error.status, reported: error.reported, cause: error });
  }
}

/** Harbor answers 401 where the project of a repository is missing, as it does to a credential that may not. */
export const whyHarborDenied: WhyDenied = async ({ client, repository }, signal) => {
  const project = projectOf(repository);
  if (await hasProject(client, project, signal)) return null;
  return new RegistryError(
    'PROJECT_UNKNOWN',
    `${client.url.host} has no project ${project}, where ${repository} belongs`,
  );
};
