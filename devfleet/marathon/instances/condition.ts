import type { MesosTaskStatus } from '../../mesos/types.ts';
import type { Condition, Instance } from '../types.ts';

const TERMINAL = new Set<Condition>(['Error', 'Failed', 'Finished', 'Killed', 'Gone', 'Dropped', 'Unknown']);
const ACTIVE = new Set<Condition>(['Provisioned', 'Killing', 'Running', 'Staging', 'Starting', 'Unreachable']);
const LOST = new Set<Condition>(['Gone', 'Unreachable', 'Unknown', 'Dropped']);

export function isTerminal(condition: Condition): boolean {
  return TERMINAL.has(condition);
}

export function isActive({ condition }: Instance): boolean {
  return ACTIVE.has(condition);
}

/** A task on an agent that may be no more: it holds no place against constraints. */
export function isLost(condition: Condition): boolean {
  return LOST.has(condition);
}

/** Waits for an offer: new, or with a task that ended though it should run (core/instance/Instance.scala). */
export function isScheduled({ goal, condition }: Instance): boolean {
  return goal === 'Running' && (condition === 'Scheduled' || isTerminal(condition));
}

/** For deployments and kills an unreachable task is over, too (InstanceChangedPredicates.scala). */
export function isOver(condition: Condition): boolean {
  return isTerminal(condition) || condition === 'Unreachable' || condition === 'UnreachableInactive';
}

/** What Mesos said, as a condition; TASK_LOST is taken apart by its reason (core/task/TaskCondition.scala). */
export function conditionOf({ state, reason, message }: MesosTaskStatus): Condition {
  switch (state) {
    case 'TASK_STAGING':
      return 'Staging';
    case 'TASK_STARTING':
      return 'Starting';
    case 'TASK_RUNNING':
      return 'Running';
    case 'TASK_KILLING':
      return 'Killing';
    case 'TASK_FINISHED':
      return 'Finished';
    case 'TASK_FAILED':
      return 'Failed';
    case 'TASK_KILLED':
      return 'Killed';
    case 'TASK_ERROR':
      return 'Error';
    case 'TASK_UNREACHABLE':
      return 'Unreachable';
    case 'TASK_GONE':
    case 'TASK_GONE_BY_OPERATOR':
      return 'Gone';
    case 'TASK_DROPPED':
      return 'Dropped';
    case 'TASK_UNKNOWN':
      return 'Unknown';
    case 'TASK_LOST':
      break;
  }
  if (message.startsWith('Reconciliation: Task is unknown to the') || reason === 'REASON_TASK_UNKNOWN')
    return 'Unknown';
  const unreachable = ['REASON_RECONCILIATION', 'REASON_SLAVE_DISCONNECTED', 'REASON_SLAVE_REMOVED'];
  return unreachable.includes(reason ?? '') ? 'Unreachable' : 'Gone';
}

/** The state that the API shows; Mesos has said nothing of a task that is only provisioned. */
export function taskStateOf(condition: Condition): string {
  if (condition === 'Scheduled' || condition === 'Provisioned') return 'TASK_STAGING';
  if (condition === 'UnreachableInactive') return 'TASK_UNREACHABLE';
  return `TASK_${condition.toUpperCase()}`;
}
