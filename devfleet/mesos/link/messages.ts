import type { MesosResources, MesosTaskInfo, MesosTaskState, MesosTaskStatus } from '../types.ts';

// What a Mesos agent and its master tell each other, one JSON document a line. The real ones speak protobuf messages of
// libprocess (src/messages/messages.proto); this is private to the double, and says the same things.

/** What an agent says of itself: AgentInfo. */
export interface AgentInfo {
  hostname: string;
  /** Announced address: with the hostname it makes the machine id of the maintenance calls. */
  ip: string;
  port: number;
  /** Fault domain; null: the agent has none. */
  domain: { region: string; zone: string } | null;
  /** Name → value as `--attributes` takes it: `3` is a scalar, `[1-5]` ranges, all else text. */
  attributes: Record<string, string>;
  resources: MesosResources;
  version: string;
}

/** A task that lives on an agent, as it tells the master at its (re-)registration. */
export interface AgentTask {
  frameworkId: string;
  /** To which its resources were allocated. */
  role: string;
  task: MesosTaskInfo;
  state: MesosTaskState;
  statuses: MesosTaskStatus[];
}

/** An update of a task; sent again until it is acknowledged. */
export interface AgentUpdate {
  frameworkId: string;
  status: MesosTaskStatus;
  /** State that the task has by now; `status` may lag behind it. */
  latest: MesosTaskState;
}

export type FromAgent =
  /** `agentId` null: a new agent. */
  | { kind: 'register'; agent: AgentInfo; agentId: string | null; tasks: AgentTask[] }
  | { kind: 'pong' }
  | ({ kind: 'update' } & AgentUpdate);

export type ToAgent =
  /** `unknown`: tasks that the master has on this agent, and the agent did not name. */
  | { kind: 'registered'; agentId: string; unknown: { frameworkId: string; taskId: string }[] }
  | { kind: 'ping' }
  | { kind: 'run'; frameworkId: string; role: string; task: MesosTaskInfo }
  /** `graceSeconds` null: the task's own. */
  | { kind: 'kill'; frameworkId: string; taskId: string; graceSeconds: number | null }
  | { kind: 'acknowledge'; taskId: string; uuid: string }
  | { kind: 'drain'; maxGraceSeconds: number | null; markGone: boolean }
  /** Kill everything and come back as a new agent, if at all. */
  | { kind: 'shutdown'; message: string };
