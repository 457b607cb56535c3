import type { App } from './app/types.ts';

/** Where a task is in its life; `Scheduled` waits for an offer, `Provisioned` was sent to Mesos (core/condition/Condition.scala). */
export type Condition =
  | 'Scheduled'
  | 'Provisioned'
  | 'Error'
  | 'Failed'
  | 'Finished'
  | 'Killed'
  | 'Killing'
  | 'Running'
  | 'Staging'
  | 'Starting'
  | 'Unreachable'
  | 'UnreachableInactive'
  | 'Gone'
  | 'Dropped'
  | 'Unknown';

/** What an instance is to become: a task that ends is started again (`Running`), or its instance forgotten. */
export type Goal = 'Running' | 'Decommissioned';

export interface AgentInfo {
  agentId: string;
  host: string;
  region: string | null;
  zone: string | null;
  attributes: Record<string, string>;
}

/** One run of an instance. Times are milliseconds since 1970. */
export interface Task {
  id: string;
  stagedAt: number;
  startedAt: number | null;
  condition: Condition;
  /** State, message and time as Mesos last said them; null until it said something. */
  status: { state: string; message: string; timestamp: number } | null;
  /** Of the ports that have one, in the order of the app's definition. */
  hostPorts: number[];
  addresses: string[];
}

/** One of the instances that an app is scaled to. Never changed in place: a new one takes its place in the store. */
export interface Instance {
  id: string;
  /** As it was when the instance was queued: its version is the instance's version. */
  app: App;
  agent: AgentInfo | null;
  condition: Condition;
  since: number;
  activeSince: number | null;
  /** By a check that the agent runs; null: none, or not running. */
  healthy: boolean | null;
  goal: Goal;
  task: Task | null;
}

/** Why an app's tasks end, for people: the last one only (core/history/impl/HistoryActor.scala). */
export interface TaskFailure {
  appId: string;
  host: string;
  message: string;
  state: string;
  taskId: string;
  timestamp: string;
  version: string;
  slaveId: string;
}

export type ActionName = 'StartApplication' | 'ScaleApplication' | 'RestartApplication' | 'StopApplication';

export interface Action {
  action: ActionName;
  app: App;
  /** Instances that a scale-down must take (kill with scale). */
  sentenced: string[];
}

export interface Step {
  actions: Action[];
}
