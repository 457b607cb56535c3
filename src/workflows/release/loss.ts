import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { AzSetLook } from '../../activities/look.ts';
import { isRequeueing, type AzSetRef, type InstanceRef, type Trouble } from '../../domain/types.ts';
import { idcActivities, planningActivities } from './activities.ts';
import { all } from './all.ts';
import { GroupLook, clusterOf, stepOptions, type GroupRun } from './context.ts';
import { advance, hold } from './hold.ts';
import { troubleOf } from '../troubles.ts';

/** What says that a cluster is away, or who serves it. */
const LOSSES = ['CLUSTER_LOST', 'IDC_WORKER_ABSENT'];

/** The step came to nothing because its cluster is away, and the release goes on without that one for now. */
export function isLoss({ input }: GroupRun, { code }: Trouble): boolean {
  return isRequeueing(input.config) && LOSSES.includes(code);
}

/**
 * Looks at the group past the clusters that are away: those are left out of the look, so that what is there counts as not
 * serving.
 * @param options.soon a cluster that does not answer within seconds counts as away
 * @throws where none answers
 */
export async function lookPast(
  run: GroupRun,
  summary: string,
  { soon = false }: { soon?: boolean } = {},
): Promise<GroupLook> {
  const clusters = [...Map.groupBy(run.input.azSets, clusterOf)];
  const looks = await all(clusters, ([cluster, sets]) =>
    lookAt(run, { cluster, sets, summary, soon: soon || run.lost.has(cluster) }),
  );
  const [first, ...others] = looks.flatMap(({ error }) => (error === null ? [] : [error]));
  if (first !== undefined && others.length + 1 === looks.length) throw first;
  for (const { cluster, error } of looks) await noteLoss(run, cluster, error);
  return new GroupLook(looks.flatMap(({ seen }) => seen));
}

async function lookAt(
  run: GroupRun,
  { cluster, sets, summary, soon }: { cluster: string; sets: AzSetRef[]; summary: string; soon: boolean },
): Promise<{ cluster: string; seen: AzSetLook[]; error: Error | null }> {
  const [idc = ''] = sets.map((set) => set.idc);
  const title = `${summary} (${cluster})`;
  const activities = soon
    ? planningActivities(idc, title)
    : idcActivities(idc, { ...stepOptions(run, 'forward'), summary: title, longestAttemptMs: 30_000 });
  try {
    const seen = await activities.observe({ sets, traffic: run.input.spec.traffic });
    return { cluster, seen, error: null };
  } catch (error) {
    if (!(error instanceof Error) || isCancellation(error)) throw error;
    if (!soon && !isLoss(run, troubleOf(error))) throw error;
    return { cluster, seen: [], error };
  }
}

/** Remembers which clusters are away, and says so when that changes. */
async function noteLoss({ lost, progress }: GroupRun, cluster: string, error: Error | null): Promise<void> {
  if ((error !== null) === lost.has(cluster)) return;
  const trouble = error === null ? null : troubleOf(error);
  if (trouble === null) lost.delete(cluster);
  else lost.set(cluster, trouble);
  const message =
    trouble === null
      ? `${cluster} answers again`
      : `${cluster} is lost: what is there counts as not serving, and is left until it answers again (${trouble.message})`;
  const outcome = trouble === null ? 'done' : 'failed';
  await progress.note({ kind: 'note', step: 'cluster', instance: null, outcome, message, data: trouble });
}

/** Which clusters are away: what a count that is too low is explained by. Empty where all answer. */
export function lossText({ lost }: GroupRun): string {
  return lost.size === 0 ? '' : `; ${[...lost.keys()].join(', ')} is lost, and what is there counts as not serving`;
}

/** What is there as soon as the cluster answers. Tried for as long as it takes: an attempt leaves nothing in the history. */
export async function answered(run: GroupRun, cluster: string): Promise<GroupLook> {
  const sets = run.input.azSets.filter((set) => clusterOf(set) === cluster);
  const [idc = ''] = sets.map((set) => set.idc);
  const options = { ...stepOptions(run, 'undo'), summary: `wait for ${cluster}`, longestAttemptMs: 30_000 };
  return new GroupLook(await idcActivities(idc, options).observe({ sets, traffic: run.input.spec.traffic }));
}

/**
 * All that is left is in clusters that are away: holds until one of them answers again, or somebody resumes.
 * @throws GateExpired when neither happened in time
 */
export async function untilBack(run: GroupRun, left: InstanceRef[]): Promise<void> {
  const away = [...new Set(left.map(({ azSet }) => clusterOf(azSet)))];
  const clusters = away.join(', ');
  const names = left.map(({ name }) => name).join(', ');
  const watching = new CancellationScope();
  let isBack = false;
  const watch = watching
    .run(() => Promise.race(away.map((cluster) => answered(run, cluster))))
    .catch(() => undefined)
    .finally(() => {
      isBack = true;
    });
  const trouble: Trouble = {
    verdict: 'errored',
    code: 'CLUSTER_LOST',
    message: `${clusters} does not answer; all others are done, and ${names} when it does`,
  };
  try {
    await hold(run, 'ROLLOUT_BRAKED', trouble, {
      over: () => isBack,
      who: 'whoever runs that cluster, or may release this app',
    });
  } finally {
    watching.cancel();
    await watch;
  }
  await advance(run, 'ROLLING_OUT', `looks again at ${clusters}: ${names}`);
}
