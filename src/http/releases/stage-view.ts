import type { OperationRow } from '../../catalogue/types.ts';
import type { ReleaseAppInput } from '../../temporal/messages.ts';
import type { ApiContext } from '../context.ts';
import type { Release } from '../schemas/release.ts';
import { toSummary } from './view.ts';

type Stages = Release['stages'];

/** The environments of a promotion, each with the release that was asked for there last; of a release none. */
export async function stagesOf(context: ApiContext, { id, flavor, input }: OperationRow): Promise<Stages> {
  if (flavor !== 'promote') return [];
  const { operations, stages } = context.catalogue;
  const asked = await stages.of(id);
  return Promise.all(
    ((input as ReleaseAppInput).stages ?? []).map(async ({ env }): Promise<Stages[number]> => {
      const last = asked.findLast((stage) => stage.env === env);
      const release = last?.release ?? null;
      const row = release === null ? null : await operations.get(release);
      if (row === null) return { env, release: null, state: 'PENDING', waiting: '', trouble: last?.refusal ?? null };
      const { state, waiting, trouble } = toSummary(context, row, await operations.children(row.id));
      return { env, release: row.id, state, waiting, trouble };
    }),
  );
}
