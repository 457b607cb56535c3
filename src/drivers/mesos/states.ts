/**
 * States of a task that has ended, as a master or Marathon says it (TaskState in include/mesos/v1/mesos.proto). A place is given
 * to another only when what held it has ended, so these are not among them:
 * - TASK_UNREACHABLE: its agent is out of sight, and it may run on;
 * - TASK_LOST: what a framework that is not partition-aware is told instead of that, and of tasks that ended; it may run again
 *   when its agent comes back. A master that holds it for over drops it once the framework knows;
 * - TASK_UNKNOWN: nobody knows of it; it may run on an agent that was forgotten.
 */
const ENDED = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  // It was never started.
  'TASK_DROPPED',
  'TASK_GONE',
  // An operator's word that its agent is shut down: there is no other way to go on after a host that does not come back.
  'TASK_GONE_BY_OPERATOR',
]);

export function isOver(state: string | undefined): boolean {
  return state !== undefined && ENDED.has(state);
}
