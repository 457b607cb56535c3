import type { Job } from './job.ts';

/** What GET answers beside the definition (types/app.raml, AppInfo). */
const STATE_FIELDS = [
  'version',
  'versionInfo',
  'tasksStaged',
  'tasksRunning',
  'tasksHealthy',
  'tasksUnhealthy',
  'deployments',
  'tasks',
  'taskStats',
  'tasksStats',
  'lastTaskFailure',
  'readinessCheckResults',
] as const;

export function translateState({ app, ledger }: Job): void {
  for (const field of STATE_FIELDS) ledger.whole(app.get(field), 'state');
}
