import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startPostgres, type TestPostgres } from '../../support/postgres.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let postgres: TestPostgres;
let fleetFile: string;
let folder: string;

beforeAll(async () => {
  postgres = await startPostgres();
  folder = await mkdtemp(path.join(tmpdir(), 'transship-api-'));
  fleetFile = path.join(folder, 'fleet.yml');
  await writeFile(
    fleetFile,
    `fleet: test
environments: [{ name: fat }]
idcs: [{ name: n, azs: [az-1], registry: { url: "http://127.0.0.1:1" }, clusters: [{ name: k, kind: kubernetes, kubeconfig: k.yml }] }]
catalogue: { url: "${await postgres.database('catalogue')}" }
temporalUi: http://127.0.0.1:8233
`,
  );
});
afterAll(async () => {
  await postgres.dispose();
  await rm(folder, { recursive: true });
});

function run(...args: string[]): {
  stdout: () => string;
  stderr: () => string;
  stop: () => void;
  ended: Promise<unknown>;
} {
  const api = fileURLToPath(new URL('../../../src/api.ts', import.meta.url));
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', api, ...args], {
    env: { ...process.env, TEMPORAL_ADDRESS: '127.0.0.1:1' },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    stop: () => child.kill('SIGTERM'),
    ended: once(child, 'exit').then(([code]: unknown[]) => code),
  };
}

test('the API says where it is, serves while Temporal is away, and ends when it is told to', async () => {
  const api = run('--fleet', fleetFile, '--listen', '127.0.0.1:0');
  await vi.waitUntil(() => api.stdout().includes('No authentication'), { timeout: 30_000 });
  expect(api.stdout()).toMatch(
    /^API {10}http:\/\/127\.0\.0\.1:\d+\nOpenAPI {6}http.*\/openapi\.json\nTemporal .*\nTemporal UI {2}http:\/\/127\.0\.0\.1:8233\n/,
  );
  const url = /http:\S+/.exec(api.stdout())?.[0] ?? '';
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect(((await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string }).openapi).toMatch(/^3\.1/);
  api.stop();
  expect(await api.ended).toBe(0);
});

test('an address that is not loopback is refused before anything is opened', async () => {
  const api = run('--fleet', fleetFile, '--listen', '0.0.0.0:0');
  expect(await api.ended).toBe(1);
  expect(api.stderr()).toContain('FLEET_INVALID: api.listen: 0.0.0.0:0 is not a loopback address');
});

test('a port that is taken, and a file that is not there, are said in one line', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as AddressInfo;
  const api = run('--fleet', fleetFile, '--listen', `127.0.0.1:${port}`);
  expect(await api.ended).toBe(1);
  expect(api.stderr()).toMatch(/^the API did not start: .*EADDRINUSE.*\n$/);
  taken.close();

  const other = run('--fleet', path.join(folder, 'nix.yml'));
  expect(await other.ended).toBe(1);
  expect(other.stderr()).toMatch(/^the API did not start: ENOENT.*\n$/);
});
