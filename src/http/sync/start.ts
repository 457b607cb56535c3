import { optionsOf } from '../../domain/sync/missing.ts';
import type { Actor } from '../../domain/types.ts';
import { syncWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { newSyncId } from '../ids.ts';
import { once } from '../once.ts';
import type { AcceptedSync, StartSync } from '../schemas/sync.ts';
import { uiLink } from '../temporal/link.ts';
import { ask } from './ask.ts';
import { planImage } from './plan.ts';
import { registriesNamed } from './registries.ts';

/**
 * Looks, and asks for an image: whoever comes first starts its sync, everybody else joins.
 * @param key Idempotency-Key: the same request again is the same one
 * @throws TransshipError any refusal of the plan; IDEMPOTENCY_KEY_REUSED, TEMPORAL_UNREACHABLE
 */
export async function startSync(
  context: ApiContext,
  request: StartSync,
  actor: Actor,
  key: string | undefined,
): Promise<AcceptedSync> {
  // An answer that was lost says nothing: the request may have arrived, and keeps its id.
  let isSent = false;
  return once(
    context.catalogue,
    { request, actor, key, newId: newSyncId() },
    async (id) => {
      const plan = await planImage(context, request);
      const { repository, digest, tag, to } = plan;
      const [from] = registriesNamed(context.fleet, [plan.from], 'from');
      if (from === undefined) throw new Error(`${plan.from} was planned with and is not in the fleet file`);
      isSent = true;
      await ask(
        context,
        { repository, digest, from },
        {
          ...{ id, tag, priority: request.priority ?? 'normal' },
          to: to.map((one) => ({ name: one.registry, idc: one.idc, ...optionsOf(one) })),
          wantedBy: `${actor.name} by hand`,
          askedAt: new Date().toISOString(),
        },
      );
      return { id, ...plan, links: syncLinks(context, repository, digest) };
    },
    async () => Promise.resolve(isSent),
  );
}

/** Where a sync is shown. */
export function syncLinks(
  { fleet, temporal }: Pick<ApiContext, 'fleet' | 'temporal'>,
  repository: string,
  digest: string,
): AcceptedSync['links'] {
  return {
    status: `/v1/syncs?${new URLSearchParams({ repository, digest }).toString()}`,
    temporalUi: uiLink(fleet.temporalUi, temporal.namespace, syncWorkflowId(repository, digest)),
  };
}
