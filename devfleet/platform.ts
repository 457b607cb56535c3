import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isTerminal, needsPerson } from '../src/domain/states.ts';
import type { Release } from '../src/http/schemas/release.ts';
import { answers } from './wait.ts';
import { startFleet, type Devfleet, type FleetOptions } from './index.ts';
import { SHOP, pushShop, shopApp, type ShopOptions, type ShopPlace, type ShopVersion } from './shop.ts';
import type { Part } from './supervision/part.ts';

const program = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];

interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** A fleet with Transship's own processes on it, as an operator would run them. */
export interface Platform {
  fleet: Devfleet;
  /** Base URL of the REST API. */
  api: string;
  apiProcess: Part;
  /** By name: `worker`, or `worker-control` and `worker-<idc>`. */
  workers: Record<string, Part>;
  /** Runs the transship CLI against this platform. */
  cli(...args: string[]): Promise<CliResult>;
  /** JSON over REST; throws on a status that is not 2xx. */
  rest<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
  /** Pushes one version of the shop's image to every IDC's registry. */
  push(version: string, behaviour?: ShopVersion): Promise<void>;
  /** Applies the shop's app file. */
  applyShop(places: ShopPlace[], options?: ShopOptions): Promise<void>;
  /** Starts a release of the shop; returns its id. */
  release(version: string, config?: object): Promise<string>;
  /** Waits until the release has ended or waits for a person. */
  settled(id: string, timeoutMs?: number): Promise<Release>;
  stop(): Promise<void>;
}

export interface PlatformOptions extends FleetOptions {
  /** One worker for every queue (default), or control and each IDC apart. */
  split?: boolean;
  /** More environment for the workers. */
  workerEnv?: Record<string, string>;
  /** More environment for the API. */
  apiEnv?: Record<string, string>;
  /** Put before the processes' names: tells apart several platforms on one fleet. */
  prefix?: string;
}

/** Starts a fleet, then worker.ts and api.ts on it. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const fleet = await startFleet(options);
  try {
    return await startPlatformOn(fleet, options);
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}

/** Starts worker.ts and api.ts on a fleet; its stop() ends the fleet too. */
export async function startPlatformOn(
  fleet: Devfleet,
  { split = false, workerEnv = {}, apiEnv = {}, prefix = '' }: Omit<PlatformOptions, keyof FleetOptions>,
): Promise<Platform> {
  const roles: Record<string, string[]> = split
    ? {
        'worker-control': ['--control'],
        ...Object.fromEntries(Object.keys(fleet.idcs).map((idc) => [`worker-${idc}`, ['--idc', idc]])),
      }
    : { worker: [] };
  // Where whoever starts many workers has built the workflows, they are not built again.
  const bundle = process.env['TRANSSHIP_WORKFLOW_BUNDLE'];
  const built = bundle === undefined ? {} : { TRANSSHIP_WORKFLOW_BUNDLE: bundle };
  const startWorker = (name: string, args: string[]): Promise<Part> =>
    fleet.start({
      name: `${prefix}${name}`,
      command: process.execPath,
      args: [...NODE_FLAGS, program('worker.ts'), ...args],
      env: { ...fleet.env, ...built, ...workerEnv },
      ready: async (newLog) => newLog().includes('"serving"'),
    });
  const port = await fleet.freePort();
  const api = `http://127.0.0.1:${port}`;
  const [apiProcess, ...started] = await Promise.all([
    fleet.start({
      name: `${prefix}api`,
      command: process.execPath,
      args: [...NODE_FLAGS, program('api.ts'), '--listen', `127.0.0.1:${port}`],
      env: { ...fleet.env, ...apiEnv },
      ready: () => answers(`${api}/readyz`),
    }),
    ...Object.entries(roles).map(([name, args]) => startWorker(name, args)),
  ]);
  const workers = Object.fromEntries(Object.keys(roles).map((name, i) => [name, started[i] as Part]));

  const rest = async <T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<T> => {
    const response = await fetch(`${api}${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        'x-transship-actor': 'demo',
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const settled = async (id: string, timeoutMs = 120_000): Promise<Release> => {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const view = await rest<Release>('GET', `/v1/releases/${id}`);
      if (isTerminal(view.state) || needsPerson(view.state)) return view;
      if (Date.now() > deadline) throw new Error(`release ${id} is not settled: ${JSON.stringify(view)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  return {
    fleet,
    api,
    apiProcess,
    workers,
    rest,
    settled,
    cli: (...args) =>
      new Promise((resolve) => {
        const env = { ...process.env, ...fleet.env, TRANSSHIP_API: api };
        execFile(process.execPath, [...NODE_FLAGS, program('cli.ts'), ...args], { env }, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr }),
        );
      }),
    push: async (version, behaviour) => {
      await pushShop(
        Object.values(fleet.idcs).map(({ registry }) => registry.directUrl),
        version,
        behaviour,
      );
    },
    applyShop: async (places, more) => {
      await rest('PUT', `/v1/apps/${SHOP.app}`, shopApp(places, more));
    },
    release: async (version, config) => {
      const { id } = await rest<{ id: string }>('POST', '/v1/releases', {
        app: SHOP.app,
        env: SHOP.env,
        version,
        ...(config === undefined ? {} : { config }),
      });
      return id;
    },
    stop: () => fleet.stop(),
  };
}
