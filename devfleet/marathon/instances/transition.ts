import type { MesosTaskStatus } from '../../mesos/types.ts';
import { isAgentCheck } from '../app/validate.ts';
import type { Condition, Instance, Task } from '../types.ts';
import { conditionOf, isTerminal } from './condition.ts';

/**
 * The instance after Mesos said something of its task; the same object when that changes nothing
 * (core/task/Task.scala, core/instance/update/InstanceUpdater.scala).
 * @param second length of a second of `unreachableStrategy`, in milliseconds
 */
export function afterStatus(instance: Instance, status: MesosTaskStatus, now: number, second: number): Instance {
  const { task } = instance;
  if (task === null) return instance;
  const next = taskAfter(task, status, now);
  // Said again, an unreachable task may have become inactive.
  if (next === null && conditionOf(status) !== 'Unreachable') return instance;
  return withTask(instance, next ?? task, now, second);
}

function taskAfter(task: Task, status: MesosTaskStatus, now: number): Task | null {
  if (isTerminal(task.condition)) return null;
  const condition = conditionOf(status);
  const said = { state: status.state, message: status.message, timestamp: status.timestamp * 1000 };
  if (isTerminal(condition)) return { ...task, condition, status: said };
  if (condition === 'Running' && task.startedAt === null) {
    return { ...task, condition, status: said, startedAt: now, addresses: status.addresses };
  }
  if (task.status?.state === status.state) return null;
  return { ...task, condition, status: said, addresses: status.addresses };
}

function withTask(instance: Instance, task: Task, now: number, second: number): Instance {
  const condition: Condition =
    task.condition === 'Unreachable' && unreachableFor(instance, task, 'inactiveAfterSeconds', now, second)
      ? 'UnreachableInactive'
      : task.condition;
  const healthy = healthOf(instance, task);
  // `since` and with it the grace period of health checks begin anew only where something changed.
  if (instance.condition === condition && instance.healthy === healthy) {
    return instance.task === task ? instance : { ...instance, task };
  }
  return { ...instance, task, condition, healthy, since: now, activeSince: task.startedAt };
}

/**
 * A check that the agent runs speaks through the task's status. Task statuses of the double's Mesos carry no health: such
 * a check passes as soon as the task runs.
 */
function healthOf({ app }: Instance, task: Task): boolean | null {
  return task.condition === 'Running' && app.healthChecks.some(isAgentCheck) ? true : null;
}

/** Whether a task has been unreachable for at least the time that its app's strategy names. */
export function unreachableFor(
  { app }: Instance,
  { condition, status }: Task,
  limit: 'inactiveAfterSeconds' | 'expungeAfterSeconds',
  now: number,
  second: number,
): boolean {
  const strategy = app.unreachableStrategy;
  if (strategy === 'disabled' || condition !== 'Unreachable' || status === null) return false;
  return now - status.timestamp >= strategy[limit] * second;
}
