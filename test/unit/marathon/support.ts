import { afterEach, expect } from 'vitest';
import type { Clocks, Marathon, MarathonOptions } from '../../../devfleet/marathon/index.ts';
import { startMarathon } from '../../../devfleet/marathon/index.ts';
import { MesosDouble } from './mesos-double.ts';

// A second of an app's definition lasts 20 ms; what only repeats is as far away as in the real one.
const SHORT: Partial<Clocks> = {
  second: 20,
  reviveInterval: 1,
  firstHealthCheck: 20,
  deploySyncDelay: 20,
  deploySync: 20,
  leaderWait: 2,
  abdication: 10,
  election: 10,
};

/** Anything of its kind, where a value is not known before. */
export const anyText = expect.any(String) as string;
export const anyNumber = expect.any(Number) as number;
export const textLike = (pattern: RegExp): string => expect.stringMatching(pattern) as string;

/** Answers, as far as tests look into them: each has the fields of its resource. */
export interface Body {
  message: string;
  details: unknown;
  id: string;
  version: string;
  versions: string[];
  deploymentId: string;
  deployments: { id: string }[];
  app: AppBody;
  apps: AppBody[];
  groups: Body[];
  '*': AppBody[];
  task: TaskBody;
  tasks: TaskBody[];
  queue: QueueBody[];
}

export interface AppBody {
  id: string;
  cmd: string;
  version: string;
  versionInfo: { lastScalingAt: string; lastConfigChangeAt: string };
  instances: number;
  labels: Record<string, string>;
  tasksRunning: number;
  tasksStaged: number;
  deployments: { id: string }[];
  lastTaskFailure: Record<string, string>;
  readinessCheckResults: unknown[];
}

export interface TaskBody {
  id: string;
  appId: string;
  ports: number[];
  servicePorts: number[];
  state: string;
  healthCheckResults: Record<string, unknown>[];
}

export interface QueueBody {
  app: AppBody;
  delay: { timeLeftSeconds: number; overdue: boolean };
  processedOffersSummary: {
    processedOffersCount: number;
    unusedOffersCount: number;
    rejectSummaryLastOffers: unknown[];
  };
  lastUnusedOffers: { offer: { hostname: string }; reason: string[] }[];
}

export interface DeploymentBody {
  id: string;
  steps: { actions: { action: string; app: string }[] }[];
  currentActions: { action: string; app: string; readinessCheckResults: unknown[] }[];
}

export interface Reply {
  status: number;
  body: Body;
  text: string;
  headers: Headers;
}

export interface Setting {
  mesos: MesosDouble;
  marathon: Marathon;
  /** One request to the first process. */
  call: (method: string, path: string, body?: unknown, headers?: Record<string, string>) => Promise<Reply>;
  /** Creates an app and waits for its deployment. */
  run: (app: Record<string, unknown>) => Promise<void>;
  deploying: () => Promise<DeploymentBody[]>;
  /** Until no deployment runs. */
  settled: () => Promise<void>;
}

/** Asks until the expectation holds; the limit only ends what hangs. */
export function poll<T>(read: () => T): ReturnType<typeof expect.poll<T>> {
  return expect.poll(read, { timeout: 20_000, interval: 5 });
}

const running: Marathon[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((marathon) => marathon.stop()));
});

/** A Marathon on one agent with plenty. It ends with the test. */
export async function start(
  options: Partial<Omit<MarathonOptions, 'clocks' | 'mesos'>> & { clocks?: Partial<Clocks> } = {},
  mesos = new MesosDouble(),
): Promise<Setting> {
  if (mesos.agents.size === 0) mesos.agent('host-1');
  const marathon = await startMarathon({ ports: [0], ...options, mesos, clocks: { ...SHORT, ...options.clocks } });
  running.push(marathon);
  const call: Setting['call'] = (method, path, body, headers) =>
    request(marathon.urls[0] ?? '', method, path, body, headers);
  const deploying = async () => (await call('GET', '/v2/deployments')).body as unknown as DeploymentBody[];
  const settled = async () => {
    await poll(deploying).toEqual([]);
  };
  const run = async (app: Record<string, unknown>) => {
    const reply = await call('POST', '/v2/apps', { cmd: 'sleep 1', cpus: 0.1, mem: 16, ...app });
    expect(reply.text).toContain('deployments');
    await settled();
  };
  return { mesos, marathon, call, run, deploying, settled };
}

/** `body` is sent as it is when it is a string, else as JSON. */
export async function request(
  url: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Reply> {
  const response = await fetch(`${url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status: response.status, body: json as Body, text, headers: response.headers };
}
