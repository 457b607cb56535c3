import { patched, sleep } from '@temporalio/workflow';
import { brake } from '../../domain/brake.ts';
import type { InstanceRef, Trouble } from '../../domain/types.ts';
import { undoPauseMs } from '../../temporal/policies.ts';
import { UndoBudget, type Recount } from './budget.ts';
import { clusterOf, look, type GroupLook, type GroupRun } from './context.ts';
import { bake, smoke } from './instance.ts';
import { answered, lookPast } from './loss.ts';
import { runs } from './target.ts';
import { troubleOf } from '../troubles.ts';

/** Operations that began before this waited, in an undo, for the connections of instances that had none. */
const NO_SECOND_DRAIN = 'undo-no-second-drain';

/** Operations that began before this waited, in an undo, until every cluster answered. */
const PAST_LOSSES = 'undo-past-losses';

export async function openBudget(run: GroupRun): Promise<UndoBudget> {
  const { input } = run;
  const now = await (patched(PAST_LOSSES) ? lookPastSoon(run) : look(run, 'undo', 'look before the undo'));
  const serving = servingIn(now, input.instances);
  const { floor } = brake({
    desired: run.size,
    batchPercent: input.config.batchPercent,
    serving,
    taken: 0,
  });
  const budget = new UndoBudget(serving, floor, recountOf(run));
  const unseen = input.azSets.filter((azSet) => !now.saw({ azSet }));
  for (const cluster of new Set(unseen.map(clusterOf))) run.returning.set(cluster, countAgain(run, budget, cluster));
  return budget;
}

/** What serves, in all clusters but those that are still to be counted. */
function recountOf(run: GroupRun): Recount {
  const { input } = run;
  return {
    async serving() {
      try {
        const now = await lookPast(run, 'look whether more serve', { soon: true });
        const counted = input.instances.filter(({ azSet }) => !run.returning.has(clusterOf(azSet)));
        return counted.filter((instance) => now.serves(instance)).map(({ name }) => name);
      } catch {
        return null;
      }
    },
    async short(serving, floor) {
      const now = serving === null ? 'no cluster tells how many do' : `${serving} do`;
      await note(run, 'failed', `waits until more serve: ${now}, and ${floor} must`);
    },
  };
}

/** What is in a cluster that is away counts as not serving; the undo of the others does not wait for it. */
async function lookPastSoon(run: GroupRun): Promise<GroupLook> {
  const summary = 'look before the undo';
  try {
    return await lookPast(run, summary, { soon: true });
  } catch {
    // None answers: there is nothing to undo anywhere before one does.
    return look(run, 'undo', summary);
  }
}

/** What serves there counts as soon as the cluster answers. */
async function countAgain(run: GroupRun, budget: UndoBudget, cluster: string): Promise<void> {
  const { input } = run;
  const short = budget.isSpent ? ': they are taken out only when it does' : '';
  const meanwhile = 'meanwhile as many of the others as the floor allows are undone';
  await note(run, 'failed', `waits for ${cluster}; ${meanwhile}${short}`);
  const now = await answered(run, cluster);
  budget.add(servingIn(now, input.instances));
  run.returning.delete(cluster);
  await note(run, 'done', `${cluster} answers again`);
}

/** Tells of the undo as a whole, or of one instance in it. */
async function note(
  { progress }: GroupRun,
  outcome: 'done' | 'failed',
  message: string,
  about: { instance: string; data: Trouble } | null = null,
): Promise<void> {
  const { instance, data } = about ?? { instance: null, data: null };
  await progress.note({ kind: 'note', step: 'undo', instance, outcome, message, data });
}

function servingIn(now: GroupLook, instances: InstanceRef[]): number {
  return instances.filter((instance) => now.serves(instance)).length;
}

/**
 * Brings one instance back to what it ran before, by looking at what is: it does nothing where the instance was never
 * changed. Tried until it succeeds; every failure is shown.
 */
export async function restore(run: GroupRun, instance: InstanceRef, budget: UndoBudget): Promise<void> {
  const { input, progress } = run;
  const staged = run.staged.get(instance.azSet.name);
  if (staged === undefined) return;
  // What is back before it was counted would count twice.
  const counting = run.returning.get(clusterOf(instance.azSet));
  if (counting !== undefined) await counting;
  const { previous: target, change = 'in-place' } = staged;
  const health = (input.from ?? input.spec).health;
  let counted = false;
  for (let attempt = 0; ; attempt++) {
    try {
      const now = await look(run, 'undo', `look at ${instance.name}`, instance.azSet);
      if (!now.hasPlace(instance)) {
        if (counted) budget.giveBack(instance.name);
        progress.instance(instance.name, 'gone');
        return;
      }
      const holder = now.holder(instance);
      if (holder !== undefined && !holder.terminating) {
        const serves = now.serves(instance);
        const touched = !runs(holder, target) || 'release' in holder.outBy;
        // What we did not change and found out of service stays as it was.
        if (!touched && (serves || attempt === 0)) break;
        if (!counted) {
          if (serves) await budget.take(instance.name);
          else budget.join(instance.name);
        }
        counted = true;
        const handling = { instance, target, change, health, direction: 'undo', capacity: null } as const;
        // We took it out on the way forward, and nothing was sent to it since. A later attempt may not have seen it drained.
        const isOut = attempt === 0 && !serves && 'release' in holder.outBy && patched(NO_SECOND_DRAIN);
        const how = isOut ? { drained: true, fresh: runs(holder, target) } : {};
        const uid = touched ? await smoke(run, { ...handling, ...how, uid: holder.uid }) : holder.uid;
        await bake(run, { instance, uid, direction: 'undo' });
        break;
      }
    } catch (error) {
      const trouble = troubleOf(error);
      progress.instance(instance.name, 'errored', trouble);
      const message = `undo of ${instance.name}: ${trouble.message}; tried again`;
      await note(run, 'failed', message, { instance: instance.name, data: trouble });
    }
    await sleep(undoPauseMs(attempt));
  }
  if (counted) budget.giveBack(instance.name);
  progress.instance(instance.name, 'undone');
}
