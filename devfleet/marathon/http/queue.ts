import { notFound } from '../errors.ts';
import { isScheduled } from '../instances/condition.ts';
import { showQueued } from '../launch/show.ts';
import { absolutePath } from '../paths.ts';
import type { Answer, Call } from './call.ts';

/** GET /v2/queue: what waits for an offer, or for Mesos's first word, and what came of the offers until now. */
export function showQueue({ leader, query }: Call): Answer {
  const { queue, tracker, groups } = leader;
  const withUnusedOffers = query.getAll('embed').includes('lastUnusedOffers');
  const waiting = Map.groupBy(
    tracker.all().filter((instance) => queue.waitingSince(instance) !== null),
    ({ app }) => app.id,
  );
  const items = [...waiting].flatMap(([id, instances]) => {
    const app = groups.root.apps.get(id);
    return app ? [showQueued(app, instances, queue, withUnusedOffers)] : [];
  });
  return { status: 200, body: { queue: items } };
}

/** DELETE /v2/queue/{id}/delay. @throws Refusal 404 when no instance of the app waits */
export function resetDelay({ leader, params }: Call): Answer {
  const id = absolutePath(params[0] ?? '');
  const app = leader.tracker.of(id).some(isScheduled) ? leader.groups.root.apps.get(id) : undefined;
  if (!app) throw notFound(`Application ${id} not found in tasks queue.`);
  leader.queue.resetDelay(app);
  return { status: 204 };
}
