import type { ApiContext } from '../context.ts';
import type { DeletedTag } from '../schemas/deleted-tag.ts';

/** Tags of a repository that sync rules have deleted, the latest first; for 90 days, and until a sync brings them again. */
export async function deletedTags(
  { catalogue }: Pick<ApiContext, 'catalogue'>,
  which: {
    repository: string;
    tag?: string | undefined;
    digest?: string | undefined;
    registry?: string | undefined;
  },
): Promise<DeletedTag[]> {
  const rows = await catalogue.syncTags.list({ ...which, deleted: true });
  return rows.map(({ repository, tag, registry, digest, source, deletedAt, deletedBy }) => ({
    ...{ repository, tag, registry, digest, from: source },
    ...{ rule: deletedBy ?? '', at: deletedAt ?? '' },
  }));
}
