import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller } from '../access/caller.ts';
import { artifactAt, isDigest, projectNamed } from '../content/artifacts.ts';
import { isImmutable } from '../content/immutable.ts';
import { digestOf, MAX_MANIFEST_BYTES, readManifest, type Manifest } from '../content/manifest.ts';
import { ensureArtifact } from '../content/pushing.ts';
import { removeArtifact } from '../content/removal.ts';
import type { Harbor } from '../harbor.ts';
import { Refusal } from '../refusal.ts';
import { artifactEvent } from '../webhooks/payload.ts';
import { relay } from './backend.ts';
import type { Pushing } from './blobs.ts';
import type { Target } from './target.ts';

type ManifestTarget = Extract<Target, { kind: 'manifest' }>;

/** The replication of another Harbor reads without an event. */
const REPLICATION = 'harbor-registry-client';

/** GET and HEAD: tags are known to Harbor alone, the registry behind is asked by digest. */
export async function getManifest(
  harbor: Harbor,
  { repository, reference }: ManifestTarget,
  caller: Caller,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const artifact = artifactAt(harbor.store, repository, reference);
  const known = request.headers['if-none-match'];
  if (known === artifact.digest || known === `"${artifact.digest}"`) {
    response.writeHead(304).end();
    return;
  }
  const answer = await harbor.backend.forward(request, { path: `/v2/${repository}/manifests/${artifact.digest}` });
  await relay(answer, response);
  if (answer.statusCode !== 200 || request.method === 'HEAD' || request.headers['user-agent'] === REPLICATION) return;
  const pulled = new Date().toISOString();
  harbor.store.artifacts.put({ ...artifact, pulled });
  const repo = harbor.store.repositories.get(repository);
  if (repo !== undefined) harbor.store.repositories.put({ ...repo, pulls: repo.pulls + 1 });
  const tags = isDigest(reference) ? [] : [reference];
  harbor.webhooks.fire(artifactEvent(harbor, 'PULL_ARTIFACT', artifact, tags, caller.name));
}

/**
 * PUT: by tag it becomes one by digest for the registry behind. Each one that is taken fires, an identical one, too.
 * @returns a warning of the quota
 */
export async function putManifest(pushing: Pushing, target: ManifestTarget, caller: Caller): Promise<string | null> {
  const { harbor, project, request, response } = pushing;
  const { repository, reference } = target;
  const { store, quotas } = harbor;
  const tag = isDigest(reference) ? null : reference;
  if (tag !== null) refuseImmutable(harbor, repository, tag);
  const bytes = await readBody(request);
  const manifest = readManifest(bytes, request.headers['content-type']);
  const { result: answer, warning } = await quotas.request(
    project.id,
    bytesOf(harbor, project.id, manifest),
    async () => {
      const path = `/v2/${repository}/manifests/${tag === null ? reference : digestOf(bytes)}`;
      const result = await harbor.backend.forward(request, { path, body: bytes });
      if (result.statusCode !== 201) return { result, gained: null };
      try {
        // What Harbor does not take counts for nothing, although the registry behind has it.
        const artifact = ensureArtifact(store, project, repository, manifest, tag);
        harbor.webhooks.fire(artifactEvent(harbor, 'PUSH_ARTIFACT', artifact, tag === null ? [] : [tag], caller.name));
      } catch (error) {
        await result.body.dump();
        throw error;
      }
      return { result, gained: [...manifest.references, manifest] };
    },
  );
  const subject = answer.statusCode === 201 && manifest.subject !== null ? { 'oci-subject': manifest.subject } : {};
  await relay(answer, response, subject);
  return warning;
}

/** DELETE takes the artifact, with all its tags, and no tag alone. */
export function deleteManifest(
  harbor: Harbor,
  { repository, reference }: ManifestTarget,
  caller: Caller,
  response: ServerResponse,
): void {
  if (!isDigest(reference))
    throw new Refusal('UNSUPPORTED', `unsupported digest ${reference}: invalid checksum digest format`);
  const artifact = artifactAt(harbor.store, repository, reference);
  const tags = removeArtifact(harbor.store, harbor.quotas, artifact).map(({ name }) => name);
  harbor.webhooks.fire(artifactEvent(harbor, 'DELETE_ARTIFACT', artifact, tags, caller.name));
  response.writeHead(202, { 'content-length': 0 }).end();
}

/** An immutable tag is one that is there: the first push of it goes through. */
function refuseImmutable({ store }: Harbor, repository: string, tag: string): void {
  const id = store.repositories.get(repository)?.id;
  if (id === undefined || store.tags.get(`${id}:${tag}`) === undefined) return;
  const { id: projectId, name } = projectNamed(store, repository.split('/', 1)[0] ?? '');
  if (!isImmutable(store, projectId, repository, tag)) return;
  const short = repository.slice(name.length + 1);
  throw new Refusal('PRECONDITION', `Failed to process request due to '${short}:${tag}' configured as immutable.`);
}

/** Of the manifest and of what it names that the project does not count yet; null: it counts the manifest. */
function bytesOf({ quotas }: Harbor, projectId: number, manifest: Manifest): number | null {
  if (quotas.has(projectId, manifest.digest)) return null;
  return manifest.size + quotas.missing(projectId, manifest.references);
}

/** @throws Refusal REQUEST_ENTITY_TOO_LARGE */
async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request) {
    length += (chunk as Buffer).length;
    // What is too much is read all the same: who is cut off in the middle of sending sees a broken connection instead of the answer.
    if (length <= MAX_MANIFEST_BYTES) chunks.push(chunk as Buffer);
  }
  if (length > MAX_MANIFEST_BYTES) throw new Refusal('REQUEST_ENTITY_TOO_LARGE', 'request entity too large');
  return Buffer.concat(chunks);
}
