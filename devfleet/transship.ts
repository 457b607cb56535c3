import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { answers } from './wait.ts';
import type { Part } from './supervision/part.ts';
import type { Devfleet } from './types.ts';

const program = (path: string): string => fileURLToPath(new URL(`../src/${path}`, import.meta.url));
const NODE_FLAGS = ['--disable-warning=ExperimentalWarning'];

interface CliResult {
  code: number;
  stdout: string;
  stderr: string;
}

/** Transship's own processes on a fleet, as an operator would run them. */
export interface Transship {
  /** Base URL of the REST API. */
  api: string;
  apiProcess: Part;
  /** By the names that were asked for. */
  workers: Record<string, Part>;
  /** Runs the transship CLI against this API. */
  cli(...args: string[]): Promise<CliResult>;
  /** JSON over REST; throws on a status that is not 2xx. */
  rest<T>(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<T>;
}

export interface TransshipOptions {
  /** Workers by name, each with its arguments. */
  roles: Record<string, string[]>;
  /** More environment for the workers. */
  workerEnv?: Record<string, string>;
  /** More environment for the API. */
  apiEnv?: Record<string, string>;
  /** Put before the processes' names: tells apart several on one fleet. */
  prefix?: string;
  /** Of the API. Default: one that is free. */
  port?: number;
}

/** Starts worker.ts and api.ts on a fleet: they end with it. */
export async function startTransship(
  fleet: Pick<Devfleet, 'env' | 'start' | 'freePort'>,
  { roles, workerEnv = {}, apiEnv = {}, prefix = '', port: wanted }: TransshipOptions,
): Promise<Transship> {
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
  const port = wanted ?? (await fleet.freePort());
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

  return {
    api,
    apiProcess,
    workers,
    rest,
    cli: async (...args) =>
      new Promise((resolve) => {
        const env = { ...process.env, ...fleet.env, TRANSSHIP_API: api };
        execFile(process.execPath, [...NODE_FLAGS, program('cli.ts'), ...args], { env }, (error, stdout, stderr) =>
          resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : 1, stdout, stderr }),
        );
      }),
  };
}
