import { affectedApps } from './deploy/plan.ts';
import { DeploymentManager } from './deploy/manager.ts';
import { EventBus, type MarathonEvent } from './events/bus.ts';
import { GroupManager } from './group-manager.ts';
import { HealthManager } from './health/manager.ts';
import { every, startJobs } from './instances/jobs.ts';
import { isTerminal } from './instances/condition.ts';
import { Kills } from './instances/kills.ts';
import { InstanceTracker } from './instances/tracker.ts';
import { LaunchQueue } from './launch/queue.ts';
import type { Clocks, MarathonOptions } from './options.ts';
import { Scheduler } from './scheduler.ts';
import { ScaleChecks } from './scale-checks.ts';
import type { Store } from './store.ts';
import type { TaskFailure } from './types.ts';

/** `--framework_name`, `--mesos_role`: the defaults. */
const FRAMEWORK = { name: 'marathon', role: '*' };

/**
 * Marathon while one process leads: registered with Mesos, deploying, watching. What it knows beside the store (health,
 * back-off, which kills it waits for) ends with it.
 */
export class Leader {
  readonly store: Store;
  readonly bus = new EventBus();
  readonly tracker: InstanceTracker;
  readonly queue: LaunchQueue;
  readonly kills: Kills;
  readonly health: HealthManager;
  readonly deployments: DeploymentManager;
  readonly groups: GroupManager;
  /** Aborted when it leads no more. */
  readonly ended: AbortSignal;
  readonly #end = new AbortController();
  readonly #stops: (() => void)[] = [];

  /** @param disconnected called once when the master is gone: a leader without one gives up (MarathonScheduler.scala) */
  constructor(store: Store, clocks: Clocks, options: MarathonOptions, disconnected: () => void) {
    this.store = store;
    this.ended = this.#end.signal;
    const scheduler = new Scheduler();
    const driver = options.mesos.register({ ...FRAMEWORK, id: store.frameworkId }, scheduler);
    store.frameworkId = driver.frameworkId;

    const { bus } = this;
    const dial = options.dial ?? ((host: string) => host);
    this.tracker = new InstanceTracker(store, bus, clocks.second);
    this.queue = new LaunchQueue(this.tracker, driver, clocks);
    this.kills = new Kills(driver, this.tracker, clocks.killRetry);
    this.health = new HealthManager(store, { tracker: this.tracker, kills: this.kills, bus, clocks, dial });
    const { tracker, queue, kills, health } = this;
    this.deployments = new DeploymentManager({ store, tracker, queue, health, bus, clocks, dial });
    this.groups = new GroupManager(store, this.deployments, bus, options.maxRunningDeployments ?? 100);
    const scaleChecks = new ScaleChecks(store, tracker, this.deployments);
    bus.subscribe((event) => this.#remember(event));
    bus.publish('scheduler_registered_event', { frameworkId: driver.frameworkId, master: masterOf(options) });

    const reconcile = () => {
      this.#decommissionOrphans();
      // With the agent: the master answers for a task that it does not know by what became of that (SchedulerActions.scala).
      const known = tracker.all().flatMap(({ task, agent }) => {
        if (!task?.status || isTerminal(task.condition)) return [];
        return [agent === null ? task.id : { taskId: task.id, agentId: agent.agentId }];
      });
      if (known.length > 0) driver.reconcile(known);
      driver.reconcile([]);
    };
    kills.start();
    health.start();
    this.deployments.recover();
    scheduler.begin({ driver, tracker, queue, kills, bus, disconnected });
    queue.start();
    this.#stops.push(
      () => scheduler.end(),
      startJobs(tracker, kills, clocks),
      every(clocks.scaleDelay, clocks.scaleInterval, () => scaleChecks.all()),
      every(clocks.reconcileDelay, clocks.reconcileInterval, reconcile),
      () => this.deployments.stop(),
      () => health.stop(),
      () => kills.stop(),
      () => queue.stop(),
      () => driver.close(),
    );
  }

  /** Its tasks run on. */
  stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#end.abort();
  }

  /** Instances of apps that are no more, and that no deployment is removing (SchedulerActions.reconcileTasks). */
  #decommissionOrphans(): void {
    const removing = new Set([...this.store.plans.values()].flatMap(affectedApps));
    for (const { id, app } of this.tracker.all()) {
      const orphan = !this.store.root.apps.has(app.id) && !removing.has(app.id);
      if (orphan) this.tracker.setGoal(id, 'Decommissioned');
    }
  }

  /** The last failure of each app (HistoryActor.scala). */
  #remember(event: MarathonEvent): void {
    const failure = failureOf(event);
    if (failure) this.store.failures.set(failure.appId, failure);
  }
}

const FAILURES = ['TASK_FAILED', 'TASK_ERROR', 'TASK_LOST', 'TASK_DROPPED', 'TASK_GONE', 'TASK_UNKNOWN'];

function failureOf(event: MarathonEvent): TaskFailure | null {
  const text = (field: string) => String(event[field]);
  const common = {
    appId: text('appId'),
    host: text('host'),
    taskId: text('taskId'),
    timestamp: event.timestamp,
    version: text('version'),
    slaveId: text('slaveId'),
  };
  if (event.eventType === 'status_update_event' && FAILURES.includes(text('taskStatus'))) {
    return { ...common, message: text('message'), state: text('taskStatus') };
  }
  if (event.eventType !== 'unhealthy_instance_kill_event') return null;
  const message = `Task was killed since health check failed. Reason: ${text('reason')}`;
  return { ...common, message, state: 'TASK_KILLED' };
}

function masterOf({ mesosUrl }: MarathonOptions): string {
  return mesosUrl === undefined ? 'leader.mesos' : new URL(mesosUrl).hostname;
}
