import { attachedActivities } from '../../../src/activities/attached.ts';
import { imageActivities } from '../../../src/activities/image.ts';
import { reconcileActivities } from '../../../src/activities/reconcile.ts';
import { syncActivities } from '../../../src/activities/sync.ts';
import { kindOf, uncoveredOf, type Hit } from '../../harness/hits.ts';

/**
 * On every commit: once for each kind, where the effect of an activity is done and nobody knows, or where anything else was taken up.
 * @param met kinds that were hit so far; those of these are added
 */
export function firstOf(hits: readonly Hit[], met: Set<string>): Hit[] {
  const activities = new Set(hits.filter(({ point }) => point === 'after').map(kindOf));
  const chosen: Hit[] = [];
  for (const hit of hits) {
    const kind = kindOf(hit);
    if (met.has(kind) || hit.point !== (activities.has(kind) ? 'after' : 'reported')) continue;
    met.add(kind);
    chosen.push(hit);
  }
  return chosen;
}

/** One line for each activity of syncs at which no case kills the worker. */
export function uncovered(hits: readonly Hit[]): string[] {
  const kinds = new Set(hits.map(kindOf));
  const nothing = {} as never;
  const registered = [
    ...Object.keys(imageActivities(nothing, nothing)),
    ...Object.keys(syncActivities(nothing)),
    ...Object.keys(attachedActivities(nothing, { idcs: [] })),
    ...Object.keys(reconcileActivities(nothing, { idcs: [] })),
  ];
  return uncoveredOf(registered, kinds);
}
