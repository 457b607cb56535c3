import type { IncomingMessage, ServerResponse } from 'node:http';
import type { MesosFrameworks } from '../mesos/framework.ts';

/** All that Marathon waits for, in milliseconds. The defaults are Marathon's own; tests shorten them. */
export interface Clocks {
  /** `--min_revive_offers_interval` (5 s): offers are asked for at most this often. */
  reviveInterval: number;
  /** `--decline_offer_duration` (120 s): for how long an offer that nobody can use is refused. */
  declineDuration: number;
  /** `--scale_apps_initial_delay` (15 s) and `--scale_apps_interval` (300 s): the number of instances is checked. */
  scaleDelay: number;
  scaleInterval: number;
  /** `--reconciliation_initial_delay` (15 s) and `--reconciliation_interval` (600 s). */
  reconcileDelay: number;
  reconcileInterval: number;
  /** `--task_launch_timeout` (300 s): a task that is staging or starting for longer is killed. */
  launchTimeout: number;
  /** `--task_launch_confirm_timeout` (300 s): the same for one of which Mesos said nothing. */
  confirmTimeout: number;
  /** How often that is looked at (5 s), first after `overdueDelay` (30 s): OverdueInstancesActor. */
  overdueInterval: number;
  overdueDelay: number;
  /** `--task_lost_expunge_initial_delay` (300 s), `--task_lost_expunge_interval` (30 s): unreachable tasks are forgotten. */
  expungeDelay: number;
  expungeInterval: number;
  /** KillConfig (30 s): a kill that brought no answer is sent again. */
  killRetry: number;
  /** TaskStartActor (1 s, then 5 s): a deployment looks whether instances are missing. */
  deploySyncDelay: number;
  deploySync: number;
  /** HealthCheck.DefaultFirstHealthCheckAfter (5 s), or the interval of the check where that is shorter. */
  firstHealthCheck: number;
  /** What one second of an app's definition lasts (1000): intervals, grace periods, back-off, unreachable times. */
  second: number;
  /** EventSourceServlet's heartBeatPeriod (10 s): an empty line on each event stream. */
  heartbeat: number;
  /** LeaderProxyFilter (250 ms, eleven times): a process that knows no leader holds a request, then refuses it. */
  leaderWait: number;
  /** LeaderResource.abdicationDelay (500 ms). */
  abdication: number;
  /** From the end of one leader to the next (1 s). Ours: the real one takes what ZooKeeper and loading the state take. */
  election: number;
}

export const DEFAULT_CLOCKS: Clocks = {
  reviveInterval: 5_000,
  declineDuration: 120_000,
  scaleDelay: 15_000,
  scaleInterval: 300_000,
  reconcileDelay: 15_000,
  reconcileInterval: 600_000,
  launchTimeout: 300_000,
  confirmTimeout: 300_000,
  overdueInterval: 5_000,
  overdueDelay: 30_000,
  expungeDelay: 300_000,
  expungeInterval: 30_000,
  killRetry: 30_000,
  deploySyncDelay: 1_000,
  deploySync: 5_000,
  firstHealthCheck: 5_000,
  second: 1_000,
  heartbeat: 10_000,
  leaderWait: 250,
  abdication: 500,
  election: 1_000,
};

/** Handles a request; resolves when the answer is sent, or its connection gone. */
export type Handle = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface MarathonOptions {
  mesos: MesosFrameworks;
  /** Of the processes, on 127.0.0.1; 0: any free one. */
  ports: number[];
  clocks?: Partial<Clocks>;
  /** `--http_credentials user:password`: HTTP Basic on every URL of every process. @default none asked for */
  credentials?: { user: string; password: string };
  /** Stands before every request of every process: to answer otherwise, late or not at all. @default calls `handle` */
  around?: (request: IncomingMessage, response: ServerResponse, handle: Handle) => Promise<void>;
  /** What `/v2/info` calls the leading Mesos master. @default `http://leader.mesos:5050/` */
  mesosUrl?: string;
  /** `--max_running_deployments`. @default 100 */
  maxRunningDeployments?: number;
  /** `--event_stream_max_outstanding_messages`: a reader that is further behind is dropped. @default 1024 */
  maxOutstandingEvents?: number;
  /** Where the address of a task is to be reached from this machine, for health checks. @default the address itself */
  dial?: (host: string) => string;
}
