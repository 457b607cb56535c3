import type { MesosTaskInfo, MesosTaskState, MesosTaskStatus } from '../types.ts';
import { isTerminal, type Agent, type Framework, type MasterState, type Task } from './state.ts';

/** A task is handed to its agent: known from now on, as staging. */
export function addTask(state: MasterState, framework: Framework, agent: Agent, info: MesosTaskInfo): Task {
  const { id: frameworkId, role } = framework;
  const agentIp = agent.info.ip;
  const task: Task = { info, frameworkId, role, agentIp, state: 'TASK_STAGING', statuses: [], told: null };
  framework.tasks.set(info.taskId, task);
  agent.tasks.set(info.taskId, task);
  state.events.emit('event', { type: 'TASK_ADDED', task });
  return task;
}

/** Notes a status. @param latest state by now, where the agent says that it is ahead of its status */
export function applyStatus(
  state: MasterState,
  task: Task,
  status: MesosTaskStatus,
  latest: MesosTaskState = status.state,
): void {
  // The end of a task is final, whatever comes late.
  if (!isTerminal(task.state)) task.state = latest;
  const again = task.statuses.at(-1)?.state === status.state;
  if (again) task.statuses.pop();
  task.statuses.push(status);
  if (!again) state.events.emit('event', { type: 'TASK_UPDATED', task, status });
}

/** Takes a task off its agent; it is remembered as completed or, where its agent may come back with it, as unreachable. */
export function removeTask(state: MasterState, task: Task, as: 'completed' | 'unreachable'): void {
  const { taskId, agentId } = task.info;
  state.agents.get(agentId)?.tasks.delete(taskId);
  const framework = state.frameworks.get(task.frameworkId);
  if (framework === undefined) return;
  framework.tasks.delete(taskId);
  if (as === 'unreachable') framework.unreachable.set(taskId, task);
  else state.complete(framework, task);
}

/** A status that the master says of its own; never to be acknowledged. */
export function masterStatus(
  taskId: string,
  agentId: string,
  state: MesosTaskState,
  message: string,
  reason: string,
  addresses: string[] = [],
): MesosTaskStatus {
  const timestamp = Date.now() / 1000;
  return { uuid: null, taskId, agentId, state, message, reason, source: 'SOURCE_MASTER', timestamp, addresses };
}
