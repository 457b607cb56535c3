import { Refusal } from '../refusal.ts';
import type { Accessory, Artifact, Project, Repository, Tag } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

export function isDigest(reference: string): boolean {
  return /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,}$/.test(reference);
}

/** Project of a repository: `shop` of `shop/web`. */
export function projectNameOf(repository: string): string {
  return repository.split('/', 1)[0] ?? '';
}

/** @throws Refusal NOT_FOUND */
export function projectNamed(store: Store, name: string): Project {
  const project = store.projects.get(name);
  if (project === undefined) throw new Refusal('NOT_FOUND', `project ${name} not found`);
  return project;
}

/** @throws Refusal NOT_FOUND */
export function repositoryNamed(store: Store, name: string): Repository {
  const repository = store.repositories.get(name);
  if (repository === undefined) throw new Refusal('NOT_FOUND', `repository ${name} not found`);
  return repository;
}

/** @param reference tag or digest. @throws Refusal NOT_FOUND */
export function artifactAt(store: Store, repository: string, reference: string): Artifact {
  if (isDigest(reference)) {
    const artifact = store.artifacts.get(`${repository}@${reference}`);
    if (artifact === undefined) throw new Refusal('NOT_FOUND', `artifact ${repository}@${reference} not found`);
    return artifact;
  }
  const { id } = repositoryNamed(store, repository);
  const tag = store.tags.get(`${id}:${reference}`);
  const artifact = tag && store.artifacts.find((row) => row.id === tag.artifactId);
  if (artifact === undefined) throw new Refusal('NOT_FOUND', `artifact ${repository}:${reference} not found`);
  return artifact;
}

export function tagsOf(store: Store, artifact: Artifact): Tag[] {
  return store.tags.where(({ artifactId }) => artifactId === artifact.id);
}

/** Indexes that name it. */
export function parentsOf(store: Store, artifact: Artifact): Artifact[] {
  return store.artifacts.where(({ references }) => references.some(({ childId }) => childId === artifact.id));
}

/** What belongs to it. */
export function accessoriesOf(store: Store, repository: string, digest: string): Accessory[] {
  return store.accessories.where((row) => row.subjectRepository === repository && row.subjectDigest === digest);
}

/**
 * Artifacts of a repository as they are listed: those with a tag, and those without that no index names. Accessories are listed with their
 * subject alone.
 * @param all children of indexes, too
 */
export function listedArtifacts(store: Store, repository: string, all = false): Artifact[] {
  const artifacts = store.artifacts.where((row) => row.repository === repository);
  const tagged = new Set(store.tags.all().map(({ artifactId }) => artifactId));
  const children = new Set(artifacts.flatMap(({ references }) => references.map(({ childId }) => childId)));
  const accessories = new Set(store.accessories.all().map(({ artifactId }) => artifactId));
  return artifacts.filter(({ id }) => !accessories.has(id) && (all || tagged.has(id) || !children.has(id)));
}
