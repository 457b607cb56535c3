import { z } from 'zod';
import { requireInProject } from '../access/rights.ts';
import { accessoriesOf, artifactAt, listedArtifacts, tagsOf } from '../content/artifacts.ts';
import { isImmutable } from '../content/immutable.ts';
import { newTag, touch } from '../content/pushing.ts';
import { removeArtifact, removeTag } from '../content/removal.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import type { Accessory, Artifact, Tag } from '../store/rows.ts';
import { artifactEvent } from '../webhooks/payload.ts';
import {
  bodyOf,
  existing,
  projectByName,
  repositoryParam,
  withoutEmpty,
  type ApiCall,
  type ApiRoutes,
} from './call.ts';
import { listed } from './listing.ts';
import type { Wanted } from './query.ts';

/** As Go writes the time that is none. */
const NEVER = '0001-01-01T00:00:00.000Z';

const tagSchema = z.looseObject({ name: z.string().default('') });

/** `/projects/{project}/repositories/{repository}/artifacts` (src/server/v2.0/handler/artifact.go). */
export const artifactRoutes: ApiRoutes = {
  'GET /projects/:project/repositories/:repository/artifacts': (call) => {
    allow(call, 'artifact', 'list');
    const { store } = call.harbor;
    const isAll = (call.query.get('q') ?? '').split(',').includes('base=*');
    const rows = listedArtifacts(store, repositoryParam(call), isAll);
    return listed(call, rows, {
      fields: {
        digest: (row) => row.digest,
        id: (row) => row.id,
        type: (row) => row.type,
        media_type: (row) => row.mediaType,
        artifact_type: (row) => row.artifactType,
        push_time: (row) => row.pushed,
        pull_time: (row) => row.pulled ?? NEVER,
        size: (row) => row.size,
      },
      filters: { tags: (row, wanted) => hasTag(tagsOf(store, row), wanted) },
      sort: '-push_time,-id',
      shown: (row) => shown(call, row),
    });
  },

  'GET /projects/:project/repositories/:repository/artifacts/:reference': (call) => {
    allow(call, 'artifact', 'read');
    return { body: shown(call, artifactOf(call)) };
  },

  'DELETE /projects/:project/repositories/:repository/artifacts/:reference': (call) => {
    allow(call, 'artifact', 'delete');
    const { harbor, caller } = call;
    const artifact = artifactOf(call);
    const tags = removeArtifact(harbor.store, harbor.quotas, artifact).map(({ name }) => name);
    harbor.webhooks.fire(artifactEvent(harbor, 'DELETE_ARTIFACT', artifact, tags, caller.name));
    return {};
  },

  'GET /projects/:project/repositories/:repository/artifacts/:reference/accessories': (call) => {
    allow(call, 'accessory', 'list');
    const { store } = call.harbor;
    const { repository, digest } = artifactOf(call);
    return listed(call, accessoriesOf(store, repository, digest), {
      fields: { id: (row) => row.id, digest: (row) => row.digest, type: (row) => row.type },
      sort: '-id',
      shown: (row) => shownAccessory(store, row),
    });
  },

  'GET /projects/:project/repositories/:repository/artifacts/:reference/tags': (call) => {
    allow(call, 'tag', 'list');
    const { store } = call.harbor;
    const artifact = artifactOf(call);
    const withStatus = call.query.get('with_immutable_status') === 'true';
    return listed(call, tagsOf(store, artifact), {
      fields: { name: (row) => row.name, id: (row) => row.id, push_time: (row) => row.pushed },
      sort: '-push_time,-id',
      shown: (row) => shownTag(call.harbor, artifact, row, withStatus),
    });
  },

  // Harbor tells its replication and its audit log of a tag that is made here, and no webhook.
  'POST /projects/:project/repositories/:repository/artifacts/:reference/tags': (call) => {
    const project = allow(call, 'tag', 'create');
    refuseProxy(project.registryId);
    const { store } = call.harbor;
    const artifact = artifactOf(call);
    const { name } = bodyOf(call, tagSchema, 'tag');
    if (!/^\w[\w.-]{0,127}$/.test(name)) throw new Refusal('BAD_REQUEST', `bad request: invalid tag name: ${name}`);
    if (store.tags.get(`${artifact.repositoryId}:${name}`) !== undefined)
      throw new Refusal('CONFLICT', `tag ${name} already exists under the repository ${artifact.repositoryId}`);
    store.tags.put(newTag(store, artifact, name));
    touch(store, artifact.repository);
    return { status: 201 };
  },

  'DELETE /projects/:project/repositories/:repository/artifacts/:reference/tags/:tag': (call) => {
    allow(call, 'tag', 'delete');
    const { store } = call.harbor;
    const artifact = artifactOf(call);
    const name = call.params.tag ?? '';
    const tag = tagsOf(store, artifact).find((row) => row.name === name);
    if (tag === undefined) throw new Refusal('NOT_FOUND', `tag ${name} attached to artifact ${artifact.id} not found`);
    removeTag(store, artifact, tag);
    return {};
  },
};

/** @throws Refusal */
function allow(call: ApiCall, resource: string, action: string) {
  const found = projectByName(call);
  requireInProject(call.caller, found.project, resource, action);
  return existing(found);
}

function refuseProxy(registryId: number): void {
  if (registryId > 0)
    throw new Refusal('METHOD_NOT_ALLOWED', "the operation isn't supported for a proxy cache project");
}

function artifactOf(call: ApiCall): Artifact {
  return artifactAt(call.harbor.store, repositoryParam(call), call.params.reference ?? '');
}

/** `q=tags=*` those with a tag, `nil` those without, else by name. */
function hasTag(tags: Tag[], wanted: Wanted): boolean {
  if (wanted.kind === 'fuzzy') return tags.some(({ name }) => name.includes(wanted.value));
  if (wanted.kind !== 'exact')
    throw new Refusal('BAD_REQUEST', 'the value of "tags" query can only be fuzzy match value or exact match value');
  if (wanted.value === '*') return tags.length > 0;
  return wanted.value === 'nil' ? tags.length === 0 : tags.some(({ name }) => name === wanted.value);
}

function shown({ harbor, query }: ApiCall, artifact: Artifact): object {
  const { store } = harbor;
  const withTags = query.get('with_tag') !== 'false';
  const withStatus = query.get('with_immutable_status') === 'true';
  const accessories =
    query.get('with_accessory') === 'false' ? [] : accessoriesOf(store, artifact.repository, artifact.digest);
  return {
    id: artifact.id,
    ...withoutEmpty({
      type: artifact.type,
      media_type: artifact.mediaType,
      manifest_media_type: artifact.manifestMediaType,
      artifact_type: artifact.artifactType,
      annotations: artifact.annotations,
      references: artifact.references.map(({ childId, childDigest, platform, annotations }) => ({
        child_digest: childDigest,
        child_id: childId,
        parent_id: artifact.id,
        ...withoutEmpty({ platform, annotations }),
      })),
    }),
    project_id: artifact.projectId,
    repository_id: artifact.repositoryId,
    repository_name: artifact.repository,
    digest: artifact.digest,
    size: artifact.size,
    push_time: artifact.pushed,
    pull_time: artifact.pulled ?? NEVER,
    // Null, not empty: Go's slices that nothing was put into.
    tags: orNull(withTags ? tagsOf(store, artifact).map((tag) => shownTag(harbor, artifact, tag, withStatus)) : []),
    accessories: orNull(accessories.map((accessory) => shownAccessory(store, accessory))),
  };
}

function shownTag({ store }: Harbor, artifact: Artifact, tag: Tag, withStatus: boolean): object {
  const { id, repositoryId, artifactId, name, pushed, pulled } = tag;
  return {
    id,
    repository_id: repositoryId,
    artifact_id: artifactId,
    name,
    push_time: pushed,
    pull_time: pulled ?? NEVER,
    immutable: withStatus && isImmutable(store, artifact.projectId, artifact.repository, name),
  };
}

function shownAccessory({ artifacts }: Harbor['store'], accessory: Accessory): object {
  const { id, artifactId, digest, size, type, subjectRepository, subjectDigest, created } = accessory;
  const subject = artifacts.get(`${subjectRepository}@${subjectDigest}`);
  return {
    id,
    artifact_id: artifactId,
    ...withoutEmpty({ subject_artifact_id: subject?.id ?? 0 }),
    subject_artifact_digest: subjectDigest,
    subject_artifact_repo: subjectRepository,
    size,
    digest,
    type,
    icon: '',
    creation_time: created,
  };
}

function orNull<T>(list: T[]): T[] | null {
  return list.length === 0 ? null : list;
}
