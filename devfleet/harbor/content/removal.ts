import { Refusal } from '../refusal.ts';
import type { Artifact, Tag } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { accessoriesOf, artifactAt, parentsOf, tagsOf } from './artifacts.ts';
import { isImmutable } from './immutable.ts';
import { touch } from './pushing.ts';
import type { Quotas } from './quotas.ts';

/**
 * Removes an artifact with its tags, its accessories, and the children that nothing else holds (src/controller/artifact, deleteDeeply).
 * The registry behind keeps the bytes until a garbage collection, which the double has none of.
 * @returns the tags that went with it
 * @throws Refusal PRECONDITION for an immutable tag, VIOLATE_FOREIGN_KEY_CONSTRAINT for what an index names; nothing has changed then
 */
export function removeArtifact(store: Store, quotas: Quotas, root: Artifact): Tag[] {
  if (parentsOf(store, root).length > 0)
    throw new Refusal('VIOLATE_FOREIGN_KEY_CONSTRAINT', 'the deleting artifact is referenced by others');
  const tags = tagsOf(store, root);
  for (const tag of tags) refuseImmutable(store, root, tag.name);
  // Accessories go with it whatever their own tags, so those must let themselves be removed, too.
  for (const artifact of accessoriesDeep(store, root))
    for (const tag of tagsOf(store, artifact)) refuseImmutable(store, artifact, tag.name);
  remove(store, quotas, root);
  touch(store, root.repository);
  return tags;
}

/** Takes a tag off. @throws Refusal PRECONDITION */
export function removeTag(store: Store, artifact: Artifact, tag: Tag): void {
  refuseImmutable(store, artifact, tag.name);
  store.tags.delete(tag);
  touch(store, artifact.repository);
}

function refuseImmutable(store: Store, artifact: Artifact, tag: string): void {
  if (isImmutable(store, artifact.projectId, artifact.repository, tag))
    throw new Refusal('PRECONDITION', `the tag ${tag} configured as immutable, cannot be deleted`);
}

function accessoriesDeep(store: Store, artifact: Artifact): Artifact[] {
  return accessoriesOf(store, artifact.repository, artifact.digest).flatMap(({ digest }) => {
    const accessory = artifactAt(store, artifact.repository, digest);
    return [accessory, ...accessoriesDeep(store, accessory)];
  });
}

function remove(store: Store, quotas: Quotas, artifact: Artifact): void {
  for (const own of store.accessories.where(({ artifactId }) => artifactId === artifact.id))
    store.accessories.delete(own);
  for (const { digest } of accessoriesOf(store, artifact.repository, artifact.digest))
    remove(store, quotas, artifactAt(store, artifact.repository, digest));
  for (const tag of tagsOf(store, artifact)) store.tags.delete(tag);
  store.artifacts.delete(artifact);
  for (const { childDigest } of artifact.references) {
    const child = store.artifacts.get(`${artifact.repository}@${childDigest}`);
    if (child !== undefined && tagsOf(store, child).length === 0 && parentsOf(store, child).length === 0)
      remove(store, quotas, child);
  }
  for (const digest of artifact.blobs) {
    const needed = ({ projectId, blobs }: Artifact): boolean =>
      projectId === artifact.projectId && blobs.includes(digest);
    if (store.artifacts.find(needed) === undefined) quotas.dissociate(artifact.projectId, digest);
  }
}
