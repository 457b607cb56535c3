import { Refusal } from '../refusal.ts';
import type { Artifact, Project, Reference, Repository, Tag } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { artifactAt } from './artifacts.ts';
import { isImmutable } from './immutable.ts';
import { artifactKind, type Manifest } from './manifest.ts';

/**
 * A manifest that the registry took is an artifact from now on, and what it says of a subject is known. One that was there before stays as
 * it is, but for the tag.
 * @param tag null: pushed by digest
 * @throws Refusal NOT_FOUND for an index whose child Harbor does not know in this repository; nothing has changed then
 */
export function ensureArtifact(
  store: Store,
  project: Project,
  name: string,
  manifest: Manifest,
  tag: string | null,
): Artifact {
  const known = store.artifacts.get(`${name}@${manifest.digest}`);
  const references = known?.references ?? childrenOf(store, name, manifest);
  const repository = ensureRepository(store, project, name);
  const artifact = known ?? newArtifact(store, repository, manifest, references);
  if (tag !== null) ensureTag(store, artifact, tag);
  const signed = /^sha256-([0-9a-f]{64})\.sig$/.exec(tag ?? '')?.[1];
  if (manifest.isCosignSignature && signed !== undefined)
    ensureAccessory(store, artifact, `sha256:${signed}`, 'signature.cosign');
  if (manifest.subject !== null) ensureAccessory(store, artifact, manifest.subject, manifest.accessoryType);
  return artifact;
}

/** Puts a tag on an artifact, or moves it there. @throws Refusal PRECONDITION where it may not move */
function ensureTag(store: Store, artifact: Artifact, name: string): void {
  const known = store.tags.get(`${artifact.repositoryId}:${name}`);
  if (known?.artifactId === artifact.id) return;
  if (known !== undefined && isImmutable(store, artifact.projectId, artifact.repository, name))
    throw new Refusal('PRECONDITION', `the tag ${name} configured as immutable, cannot be updated`);
  store.tags.put({ ...(known ?? newTag(store, artifact, name)), artifactId: artifact.id, pushed: now() });
  touch(store, artifact.repository);
}

export function newTag(store: Store, artifact: Artifact, name: string): Tag {
  const { repositoryId, id: artifactId } = artifact;
  return { id: store.nextId('tag'), repositoryId, artifactId, name, pushed: now(), pulled: null };
}

/** The repository changed just now. */
export function touch(store: Store, repository: string): void {
  const row = store.repositories.get(repository);
  if (row !== undefined) store.repositories.put({ ...row, updated: now() });
}

function childrenOf(store: Store, repository: string, manifest: Manifest): Reference[] {
  if (!manifest.isIndex) return [];
  return manifest.references.map(({ digest, platform, annotations }) => ({
    childId: artifactAt(store, repository, digest).id,
    childDigest: digest,
    ...(platform === undefined ? {} : { platform }),
    ...(annotations === undefined ? {} : { annotations }),
  }));
}

function ensureRepository(store: Store, project: Project, name: string): Repository {
  const known = store.repositories.get(name);
  if (known !== undefined) return known;
  const created = now();
  const made = { id: store.nextId('repository'), name, projectId: project.id, pulls: 0, created, updated: created };
  store.repositories.put(made);
  return made;
}

function newArtifact(store: Store, repository: Repository, manifest: Manifest, references: Reference[]): Artifact {
  const sizes = manifest.isIndex
    ? references.map(({ childDigest }) => artifactAt(store, repository.name, childDigest).size)
    : manifest.references.map(({ size }) => size);
  const artifact: Artifact = {
    id: store.nextId('artifact'),
    repositoryId: repository.id,
    repository: repository.name,
    projectId: repository.projectId,
    digest: manifest.digest,
    size: sizes.reduce((sum, size) => sum + size, manifest.size),
    type: artifactKind(manifest),
    mediaType: manifest.contentType,
    manifestMediaType: manifest.mediaType,
    manifestSize: manifest.size,
    artifactType: manifest.artifactType,
    annotations: manifest.annotations,
    references,
    blobs: [...manifest.references.map(({ digest }) => digest), manifest.digest],
    pushed: now(),
    pulled: null,
  };
  store.artifacts.put(artifact);
  touch(store, repository.name);
  return artifact;
}

function ensureAccessory(store: Store, artifact: Artifact, subjectDigest: string, type: string): void {
  if (store.accessories.get(`${artifact.id}/${subjectDigest}`) !== undefined) return;
  const { id: artifactId, digest, size, repository: subjectRepository } = artifact;
  const id = store.nextId('accessory');
  store.accessories.put({ id, artifactId, digest, size, type, subjectRepository, subjectDigest, created: now() });
}

function now(): string {
  return new Date().toISOString();
}
