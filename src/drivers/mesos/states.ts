/** States of a task that is over, by what a master or Marathon says. */
const TERMINAL = new Set([
  'TASK_FINISHED',
  'TASK_FAILED',
  'TASK_KILLED',
  'TASK_ERROR',
  'TASK_LOST',
  'TASK_DROPPED',
  'TASK_GONE',
  'TASK_GONE_BY_OPERATOR',
  'TASK_UNKNOWN',
]);

export function isOver(state: string | undefined): boolean {
  return state !== undefined && TERMINAL.has(state);
}
