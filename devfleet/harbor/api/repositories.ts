import { mayInProject, requireInProject } from '../access/rights.ts';
import { listedArtifacts, repositoryNamed, tagsOf } from '../content/artifacts.ts';
import { isImmutable } from '../content/immutable.ts';
import { removeArtifact } from '../content/removal.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Artifact, Project, Repository } from '../store/rows.ts';
import { artifactEvent } from '../webhooks/payload.ts';
import { existing, projectByName, repositoryParam, type ApiRoutes } from './call.ts';
import { listed, type Listed } from './listing.ts';

/** `/repositories`, and those of a project (src/server/v2.0/handler/repository.go). */
export const repositoryRoutes: ApiRoutes = {
  'GET /repositories': (call) => {
    const { harbor, caller } = call;
    const mayList = (projectId: number): boolean => {
      const project = harbor.store.projects.find(({ id }) => id === projectId);
      return project !== undefined && isListed(project);
    };
    const isListed = (project: Project): boolean =>
      caller.kind === 'robot'
        ? project.metadata.public === 'true' ||
          caller.robot.permissions.some(({ namespace }) => namespace === '*' || namespace === project.name)
        : mayInProject(caller, project, 'repository', 'list');
    return listed(
      call,
      harbor.store.repositories.where(({ projectId }) => mayList(projectId)),
      repositoryList(harbor),
    );
  },

  'GET /projects/:project/repositories': (call) => {
    const found = projectByName(call);
    requireInProject(call.caller, found.project, 'repository', 'list');
    const project = existing(found);
    const rows = call.harbor.store.repositories.where(({ projectId }) => projectId === project.id);
    return listed(call, rows, repositoryList(call.harbor));
  },

  'GET /projects/:project/repositories/:repository': (call) => {
    requireInProject(call.caller, projectByName(call).project, 'repository', 'read');
    const { harbor } = call;
    return { body: shown(harbor, repositoryNamed(harbor.store, repositoryParam(call))) };
  },

  'DELETE /projects/:project/repositories/:repository': (call) => {
    const { harbor, caller } = call;
    requireInProject(caller, projectByName(call).project, 'repository', 'delete');
    const repository = repositoryNamed(harbor.store, repositoryParam(call));
    const isIn = ({ repositoryId }: Artifact): boolean => repositoryId === repository.id;
    refuseImmutable(harbor, harbor.store.artifacts.where(isIn));
    // Indexes before what they name: that cannot go as long as they are there.
    for (let left = harbor.store.artifacts.where(isIn); left.length > 0; left = harbor.store.artifacts.where(isIn)) {
      const named = new Set(left.flatMap(({ references }) => references.map(({ childId }) => childId)));
      const root = left.find(({ id }) => !named.has(id));
      if (root === undefined) break;
      const tags = removeArtifact(harbor.store, harbor.quotas, root).map(({ name }) => name);
      harbor.webhooks.fire(artifactEvent(harbor, 'DELETE_ARTIFACT', root, tags, caller.name));
    }
    harbor.store.repositories.delete(repository);
    return {};
  },
};

function refuseImmutable({ store }: Harbor, artifacts: Artifact[]): void {
  for (const artifact of artifacts)
    for (const { name } of tagsOf(store, artifact))
      if (isImmutable(store, artifact.projectId, artifact.repository, name))
        throw new Refusal('PRECONDITION', `the tag ${name} configured as immutable, cannot be deleted`);
}

/** `q=blob_digest=`: those with an artifact that names the blob, which is how Harbor's own copier finds where to mount from. */
function repositoryList(harbor: Harbor): Listed<Repository> {
  return {
    fields: {
      name: (row) => row.name,
      repository_id: (row) => row.id,
      project_id: (row) => row.projectId,
      creation_time: (row) => row.created,
      update_time: (row) => row.updated,
      pull_count: (row) => row.pulls,
    },
    filters: {
      blob_digest: (row, wanted) =>
        wanted.kind !== 'exact' ||
        harbor.store.artifacts.find(
          ({ repositoryId, blobs }) => repositoryId === row.id && blobs.includes(wanted.value),
        ) !== undefined,
    },
    sort: '-creation_time,-repository_id',
    shown: (row) => shown(harbor, row),
  };
}

function shown({ store }: Harbor, { id, projectId, name, pulls, created, updated }: Repository): object {
  return {
    id,
    project_id: projectId,
    name,
    artifact_count: listedArtifacts(store, name).length,
    pull_count: pulls,
    creation_time: created,
    update_time: updated,
  };
}
