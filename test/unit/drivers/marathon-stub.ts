import { startSmallServer, type Asked, type Reply, type SmallServer } from '../../support/small-server.ts';

interface StubTask {
  id: string;
  appId: string;
  host: string;
  state: string;
  stagedAt: string;
  ipAddresses: { ipAddress: string; protocol: string }[];
}

interface StubApp {
  id: string;
  instances: number;
  labels: Record<string, string>;
  [field: string]: unknown;
}

interface StubDeployment {
  id: string;
  affectedApps: string[];
  /** Instances of each before it. */
  before: Record<string, number>;
}

const LOCKED = (id: string) => ({
  message: "App is locked by one or more deployments. Override with the option '?force=true'.",
  deployments: [{ id }],
});

/**
 * As much of Marathon as the driver meets: apps with instances and tasks, one deployment at a time for each app that lasts
 * until its tasks are as many as wanted, kills with and without scale, and what goes wrong on demand. Tasks start and end
 * when `settle` is called, which every request does first unless `isHeld`.
 */
export class MarathonStub {
  readonly apps = new Map<string, StubApp>();
  tasks: StubTask[] = [];
  deployments: StubDeployment[] = [];
  /** Apps of which no task starts: offers are declined. */
  readonly unschedulable = new Set<string>();
  /** Apps whose tasks end as soon as they have started, with this message. */
  readonly failing = new Map<string, string>();
  /** Apps that wait for so many seconds with their next task, because tasks of them failed. */
  readonly delays = new Map<string, number>();
  /** Nothing starts or ends. */
  isHeld = false;
  /** Set once: what is done before the next change is. */
  beforeChange: (() => Promise<void>) | null = null;
  /** The n-th change from now on (from 0) is done, and its answer lost. */
  loseAnswer: number | null = null;
  /** Set once: the answer to the next change, which is not done. */
  refuse: Reply | null = null;
  /** Changes since the last `forget`. */
  changes: string[] = [];
  /** Starts of tasks: `<app id> <task id>`. */
  starts: string[] = [];
  #count = 0;
  #server: SmallServer | null = null;
  readonly #failures = new Map<string, object>();

  async start(): Promise<string> {
    this.#server = await startSmallServer((asked) => this.#handle(asked));
    return this.#server.url;
  }

  async stop(): Promise<void> {
    await this.#server?.stop();
  }

  get url(): string {
    return this.#server?.url ?? '';
  }

  forget(): void {
    this.changes = [];
    this.starts = [];
  }

  /** The task ends by itself; Marathon launches another one. */
  end(taskId: string): void {
    this.tasks = this.tasks.filter(({ id }) => id !== taskId);
  }

  /** Brings about what is wanted: starts, ends, and finishes deployments. */
  settle(): void {
    if (this.isHeld) return;
    this.tasks = this.tasks.filter(({ state }) => state !== 'TASK_KILLING');
    for (const app of this.apps.values()) {
      const own = this.tasks.filter(({ appId }) => appId === app.id);
      for (const extra of own.slice(app.instances)) this.end(extra.id);
      if (this.unschedulable.has(app.id) || this.delays.has(app.id)) continue;
      for (let n = own.length; n < app.instances; n++) this.#launch(app.id);
    }
    this.tasks = this.tasks.filter(({ appId }) => this.apps.has(appId));
    this.deployments = this.deployments.filter(({ affectedApps }) => affectedApps.some((id) => !this.#isDone(id)));
  }

  #isDone(id: string): boolean {
    return this.tasks.filter(({ appId }) => appId === id).length === (this.apps.get(id)?.instances ?? 0);
  }

  #launch(appId: string): void {
    const n = ++this.#count;
    const id = `${appId.slice(1).replaceAll('/', '_')}.instance-${String(n)}._app.1`;
    this.starts.push(`${appId} ${id}`);
    const message = this.failing.get(appId);
    if (message !== undefined) {
      this.#failures.set(appId, { taskId: id, state: 'TASK_FAILED', message, host: 'h', timestamp: String(n) });
      return;
    }
    const ipAddresses = [{ ipAddress: `10.0.0.${String(n)}`, protocol: 'IPv4' }];
    const stagedAt = new Date(n * 1_000).toISOString();
    this.tasks.push({ id, appId, host: `h${String(n)}`, state: 'TASK_RUNNING', stagedAt, ipAddresses });
  }

  async #handle({ method, url, body }: Asked): Promise<Reply> {
    const { pathname, searchParams } = new URL(url, 'http://x');
    if (pathname === '/v2/events') return [404, ''];
    if (method === 'GET') {
      this.settle();
      return this.#read(pathname, searchParams);
    }
    const hook = this.beforeChange;
    this.beforeChange = null;
    await hook?.();
    if (!pathname.startsWith('/v2/queue/') && searchParams.get('force') !== 'false')
      throw new Error(`${method} ${url} does not say force=false`);
    const { refuse } = this;
    this.refuse = null;
    if (refuse !== null) return refuse;
    this.settle();
    const reply = this.#change(method, pathname, searchParams, JSON.parse(body || '{}') as StubApp);
    this.settle();
    if (Number(reply[0]) >= 400) return reply;
    this.changes.push(`${method} ${pathname}`);
    if (this.loseAnswer !== null && this.loseAnswer-- === 0) {
      this.loseAnswer = null;
      return 'drop';
    }
    return reply;
  }

  #read(path: string, query: URLSearchParams): Reply {
    if (path === '/v2/deployments') return [200, this.deployments];
    if (path === '/v2/queue') return [200, { queue: [...this.apps.values()].flatMap((app) => this.#queued(app)) }];
    const wanted = [...this.apps.values()].filter(({ id }) => id.includes(query.get('id') ?? ''));
    return [200, { apps: wanted.map((app) => this.#view(app)) }];
  }

  #queued(app: StubApp): object[] {
    if (this.#isDone(app.id)) return [];
    const left = this.delays.get(app.id) ?? (this.failing.has(app.id) ? 1 : 0);
    if (left > 0) return [{ app: { id: app.id }, delay: { timeLeftSeconds: left, overdue: false } }];
    const reject = { reason: 'UnfulfilledConstraint', declined: 3, processed: 3 };
    const summary = { processedOffersCount: 3, unusedOffersCount: 3, rejectSummaryLastOffers: [reject] };
    return [{ app: { id: app.id }, count: 1, processedOffersSummary: summary }];
  }

  #view(app: StubApp): object {
    return {
      ...app,
      version: '2026-01-01T00:00:00.000Z',
      backoffSeconds: 1,
      tasks: this.tasks.filter(({ appId }) => appId === app.id),
      deployments: this.deployments.filter(({ affectedApps }) => affectedApps.includes(app.id)),
      ...(this.#failures.has(app.id) ? { lastTaskFailure: this.#failures.get(app.id) } : {}),
    };
  }

  #change(method: string, path: string, query: URLSearchParams, body: StubApp & { ids?: string[] }): Reply {
    const task = /^\/v2\/apps(\/.*)\/tasks\/([^/]+)$/.exec(path);
    if (method === 'DELETE' && task !== null) {
      return this.#kill([decodeURIComponent(task[2] ?? '')], query.get('scale') === 'true');
    }
    if (path === '/v2/tasks/delete') return this.#kill(body.ids ?? [], query.get('scale') === 'true');
    if (path.startsWith('/v2/deployments/')) return this.#rollBack(path.slice('/v2/deployments/'.length));
    if (path.startsWith('/v2/queue/')) return this.#dropDelay(path.slice('/v2/queue'.length, -'/delay'.length));
    if (method === 'POST') {
      if (this.apps.has(body.id)) return [409, { message: `An app with id [${body.id}] already exists.` }];
      return this.#deploy({ [body.id]: body.instances }, body);
    }
    const id = path.slice('/v2/apps'.length);
    const lock = this.#lockOf(id);
    if (!this.apps.has(id)) return [404, { message: `App '${id}' does not exist` }];
    if (lock !== undefined) return [409, LOCKED(lock)];
    if (method === 'PATCH') return this.#deploy({ [id]: body.instances });
    this.apps.delete(id);
    return this.#deploy({ [id]: 0 });
  }

  #kill(ids: string[], scale: boolean): Reply {
    const found = this.tasks.filter(({ id, state }) => ids.includes(id) && state !== 'TASK_KILLING');
    if (scale) {
      const lock = found.map(({ appId }) => this.#lockOf(appId)).find((id) => id !== undefined);
      if (lock !== undefined) return [409, LOCKED(lock)];
    }
    for (const task of found) task.state = 'TASK_KILLING';
    if (!scale) return [200, { tasks: found }];
    const left: Record<string, number> = {};
    for (const { appId } of found) left[appId] = (left[appId] ?? this.apps.get(appId)?.instances ?? 0) - 1;
    return this.#deploy(left);
  }

  #dropDelay(id: string): Reply {
    const app = this.apps.get(id);
    if (app === undefined || this.#isDone(id)) return [404, { message: `Application ${id} not found in tasks queue.` }];
    this.delays.delete(id);
    return [204, ''];
  }

  #rollBack(deploymentId: string): Reply {
    const found = this.deployments.find(({ id }) => id === deploymentId);
    if (found === undefined) return [404, { message: `DeploymentPlan ${deploymentId} does not exist` }];
    this.deployments = this.deployments.filter(({ id }) => id !== deploymentId);
    return this.#deploy(found.before);
  }

  #deploy(instances: Record<string, number>, created?: StubApp): Reply {
    const before: Record<string, number> = {};
    for (const [id, wanted] of Object.entries(instances)) {
      const app = this.apps.get(id) ?? created;
      if (app === undefined) continue;
      before[id] = this.apps.get(id)?.instances ?? 0;
      this.apps.set(id, { ...app, instances: wanted });
    }
    const id = `d${String(++this.#count)}`;
    this.deployments.push({ id, affectedApps: Object.keys(instances), before });
    return [created === undefined ? 200 : 201, { version: '2026-01-01T00:00:00.000Z', deploymentId: id }];
  }

  #lockOf(appId: string): string | undefined {
    return this.deployments.find(({ affectedApps }) => affectedApps.includes(appId))?.id;
  }
}
