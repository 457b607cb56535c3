import { showApp } from '../app/show.ts';
import type { App } from '../app/types.ts';
import { isAlive } from '../health/health.ts';
import { isScheduled } from '../instances/condition.ts';
import type { Leader } from '../leader.ts';
import type { Instance } from '../types.ts';
import { showTasks } from './show-task.ts';

type Embed = 'tasks' | 'counts' | 'deployments' | 'readiness' | 'lastTaskFailure' | 'taskStats';

const PREFIXES = /^(group\.apps\.|apps\.|app\.)/;
const EMBEDS: Record<string, Embed[]> = {
  tasks: ['tasks', 'deployments'],
  failures: ['tasks', 'lastTaskFailure', 'deployments'],
  deployments: ['deployments'],
  readiness: ['readiness'],
  lastTaskFailure: ['lastTaskFailure'],
  // `count`, as the documentation has it, is unknown.
  counts: ['counts'],
  taskStats: ['taskStats'],
};

/** What `embed=` asks for; what is unknown is passed over (InfoEmbedResolver.scala). */
export function embedsOf(query: URLSearchParams, always: Embed[]): ReadonlySet<Embed> {
  const asked = query.getAll('embed').flatMap((name) => EMBEDS[name.replace(PREFIXES, '')] ?? []);
  return new Set([...always, ...asked]);
}

export function showAppInfo(app: App, embeds: ReadonlySet<Embed>, leader: Leader): Record<string, unknown> {
  const shown = showApp(app);
  const instances = leader.tracker.of(app.id);
  const { deployments, store } = leader;
  if (embeds.has('counts')) Object.assign(shown, counts(instances, leader));
  if (embeds.has('deployments')) shown['deployments'] = deployments.of(app.id).map((id) => ({ id }));
  if (embeds.has('readiness')) shown['readinessCheckResults'] = deployments.readinessOf(app.id);
  if (embeds.has('tasks')) shown['tasks'] = showTasks(instances, leader);
  const failure = store.failures.get(app.id);
  if (embeds.has('lastTaskFailure') && failure) shown['lastTaskFailure'] = failure;
  if (embeds.has('taskStats')) shown['tasksStats'] = taskStats(app, instances, leader);
  return shown;
}

interface Counts {
  tasksStaged: number;
  tasksRunning: number;
  tasksHealthy: number;
  tasksUnhealthy: number;
}

/** What Mesos last said counts, not the condition: a task that is being killed is neither (TaskForStatistics.scala). */
function counts(instances: Instance[], { health }: Leader): Counts {
  const tasks = instances.filter((instance) => !isScheduled(instance) && instance.task !== null);
  const state = ({ task }: Instance) => task?.status?.state ?? 'TASK_STAGING';
  const healths = tasks.map((instance) => health.of(instance));
  return {
    tasksStaged: tasks.filter((one) => state(one) === 'TASK_STAGING').length,
    tasksRunning: tasks.filter((one) => state(one) === 'TASK_RUNNING').length,
    tasksHealthy: healths.filter((known) => known.length > 0 && known.every(isAlive)).length,
    tasksUnhealthy: healths.filter((known) => known.some((one) => !isAlive(one))).length,
  };
}

function taskStats({ versionInfo }: App, instances: Instance[], leader: Leader): Record<string, unknown> {
  const of = (name: string, holds: (version: number) => boolean) => {
    const some = instances.filter(({ app, task }) => task !== null && holds(app.versionInfo.version));
    if (some.length === 0) return {};
    const { tasksStaged, tasksRunning, tasksHealthy, tasksUnhealthy } = counts(some, leader);
    const count = { staged: tasksStaged, running: tasksRunning, healthy: tasksHealthy, unhealthy: tasksUnhealthy };
    return { [name]: { stats: { counts: count, ...lifeTime(some) } } };
  };
  return {
    ...of('startedAfterLastScaling', (version) => version >= versionInfo.lastScalingAt),
    ...of('withLatestConfig', (version) => version >= versionInfo.lastConfigChangeAt),
    ...of('withOutdatedConfig', (version) => version < versionInfo.lastConfigChangeAt),
    ...of('totalSummary', () => true),
  };
}

function lifeTime(instances: Instance[]): Record<string, unknown> {
  const now = Date.now();
  const ages = instances.flatMap(({ task }) => {
    const since = task?.startedAt ?? null;
    return since === null ? [] : [(now - since) / 1000];
  });
  if (ages.length === 0) return {};
  ages.sort((a, b) => a - b);
  const averageSeconds = ages.reduce((sum, age) => sum + age, 0) / ages.length;
  return { lifeTime: { averageSeconds, medianSeconds: ages[Math.floor(ages.length / 2)] } };
}
