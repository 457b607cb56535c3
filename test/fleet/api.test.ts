// Acceptance of releases, their commands and their event stream, on a whole fleet: what dies, and what may come twice.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client, Connection, type WorkflowClientInterceptor } from '@temporalio/client';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startPlatform, type Platform } from '../../devfleet/platform.ts';
import { SHOP, shopApp } from '../../devfleet/shop.ts';
import { openCatalogue, type Catalogue } from '../../src/catalogue/index.ts';
import { parseFleet } from '../../src/domain/fleet.ts';
import type { Problem } from '../../src/domain/problem.ts';
import { trustCaller } from '../../src/http/actor.ts';
import { buildApp } from '../../src/http/app.ts';
import type { ApiContext } from '../../src/http/context.ts';
import { beginRelease } from '../../src/http/releases/begin.ts';
import type { CommandAnswer } from '../../src/http/schemas/command.ts';
import type { Accepted, Release } from '../../src/http/schemas/release.ts';
import type { ReleasePlan } from '../../src/temporal/messages.ts';
import { WORKFLOWS } from '../../src/temporal/names.ts';
import { PATIENCE } from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

// Some wait for the API's own time limits, on a machine that has other work too.
vi.setConfig({ testTimeout: 300_000 });

let platform: Platform;
let catalogue: Catalogue;

beforeAll(async () => {
  const shape = { idcs: { north: { azs: { 'az-1': { hosts: 1 } } } }, environments: [SHOP.env] };
  platform = await twice(() => startPlatform({ shape, headless: true }));
  catalogue = await openCatalogue(platform.fleet.catalogue.directUrl, { poolSize: 2 });
  await platform.push('v1', { igniteSeconds: 0.2 });
  await platform.push('v2', { igniteSeconds: 0.2 });
  await platform.push('slow', { igniteSeconds: 4 });
  await platform.applyShop([{ cluster: 'north-k8s', az: 'az-1', instances: 4 }]);
});
afterAll(async () => {
  await catalogue.close();
  await platform.stop();
});

/** One more API on the fleet, in this process, whose calls to Temporal go through `interceptor`. */
async function secondApi(
  interceptor: WorkflowClientInterceptor,
): Promise<{ app: FastifyInstance; context: ApiContext }> {
  const { fleetFile, temporal } = platform.fleet;
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection, namespace: temporal.namespace, interceptors: { workflow: [interceptor] } });
  const logger = pino({ level: 'silent' });
  const context: ApiContext = {
    fleet: parseFleet(await readFile(fleetFile, 'utf8'), process.env, fleetFile),
    catalogue,
    temporal: { client, namespace: temporal.namespace, address: temporal.address },
    log: logger,
  };
  return { app: await buildApp({ context, logger, authenticate: trustCaller, authenticated: false }), context };
}

const post = async (app: FastifyInstance, version: string, key?: string): Promise<LightMyRequestResponse> =>
  app.inject({
    method: 'POST',
    url: '/v1/releases',
    headers: { 'x-transship-actor': 'demo', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    payload: { app: SHOP.app, env: SHOP.env, version },
  });

const start = async (version: string, key: string, more: object = {}): Promise<Accepted> =>
  platform.rest<Accepted>(
    'POST',
    '/v1/releases',
    { app: SHOP.app, env: SHOP.env, version, ...more },
    { 'idempotency-key': key },
  );

const refused = async (request: Promise<unknown>): Promise<Problem> => {
  const error = await request.then(
    () => new Error('it was accepted'),
    (thrown: unknown) => thrown as Error,
  );
  return JSON.parse(error.message.slice(error.message.indexOf('{'))) as Problem;
};

const ids = async (): Promise<string[]> =>
  (await catalogue.operations.list({ kind: 'releaseApp', limit: 500 })).map(({ id }) => id);

/** Where the next test begins: the group at rest on that version. */
const rest = async (version: string): Promise<void> => {
  await vi.waitUntil(
    async () => (await catalogue.operations.list({ kind: 'releaseApp', live: true, limit: 1 })).length === 0,
    PATIENCE,
  );
  const problem = await start(version, `rest-${version}-${Date.now()}`).catch(() => null);
  if (problem !== null) expect((await platform.settled(problem.id)).state).toBe('SUCCESS');
};

test('a plan names who is in which batch, and writes nothing', async () => {
  await rest('v1');
  const before = await ids();
  const plan = await platform.rest<ReleasePlan>('POST', '/v1/releases?dryRun=true', {
    app: SHOP.app,
    env: SHOP.env,
    version: 'v2',
  });
  const [group] = plan.groups;
  expect(group).toMatchObject({ mode: 'in-place', plan: { rounding: '25 % of 4 = 1' } });
  expect(group?.plan.batches.map(({ members }) => members.length)).toEqual([1, 1, 1, 1]);
  expect(group?.plan.budget[0]).toEqual({ desired: 4, percent: 25, floor: 3, serving: 4, taken: 1, pass: true });
  expect(await ids()).toEqual(before);

  const shown = await platform.cli('release', 'plan', SHOP.app, 'v2', '--env', SHOP.env);
  expect(shown.stdout).toMatch(/bastion +web-\d \(north\/az-1\) +4 desired, at most 25 % out: 3 must serve/);
});

test('an API that dies between the rows and the start: the key finishes it', async () => {
  await rest('v1');
  const before = await ids();
  const dying = await secondApi({
    startWithDetails: (input, next) => {
      if (input.workflowType === WORKFLOWS.releaseApp) throw new Error('the API died here');
      return next(input);
    },
  });
  expect((await post(dying.app, 'v2', 'died')).statusCode).toBe(500);
  const { id } = await start('v2', 'died');
  expect(await ids()).toEqual([id, ...before]);
  expect((await platform.settled(id)).state).toBe('SUCCESS');
});

test('an API that dies there without a key: another one starts the release by itself', async () => {
  await rest('v1');
  const dying = await secondApi({
    startWithDetails: (input, next) => {
      if (input.workflowType === WORKFLOWS.releaseApp) throw new Error('the API died here');
      return next(input);
    },
  });
  expect((await post(dying.app, 'v2')).statusCode).toBe(500);
  const [id] = await ids();
  expect((await platform.settled(id ?? '')).state).toBe('SUCCESS');
});

test('the answer of the start is lost: accepted, started once', async () => {
  await rest('v1');
  const lossy = await secondApi({
    startWithDetails: async (input, next) => {
      const started = await next(input);
      if (input.workflowType === WORKFLOWS.releaseApp) {
        throw Object.assign(new Error('14 UNAVAILABLE: cut'), { code: 14, details: 'cut', metadata: {} });
      }
      return started;
    },
  });
  const answer = await post(lossy.app, 'v2');
  expect(answer.statusCode).toBe(202);
  const { id } = answer.json<Accepted>();
  const row = await catalogue.operations.get(id);
  expect(row?.startedAt).toBeNull();
  if (row === null) return;
  const healthy = await secondApi({});
  await beginRelease(healthy.context, row);
  expect((await catalogue.operations.get(id))?.startedAt).not.toBeNull();
  expect((await platform.settled(id)).state).toBe('SUCCESS');
  // Ended: starting it again does nothing.
  await beginRelease(healthy.context, row);
  expect((await platform.rest<Release>('GET', `/v1/releases/${id}`)).state).toBe('SUCCESS');
});

test('an abort that no worker takes is pending, and done once one is there', async () => {
  await rest('v1');
  const { id } = await start('slow', 'pending');
  await vi.waitUntil(async () => (await catalogue.operations.get(`${id}.web`))?.state === 'SMOKING', PATIENCE);
  platform.workers['worker']?.pause();
  const request = { command: 'abort', reason: 'wrong tag' };
  const answer = await platform.rest<CommandAnswer>('POST', `/v1/releases/${id}/commands`, request);
  expect(answer.state).toBe('pending');
  // The audit has it although no worker does.
  const asked = (await catalogue.events.list(id, 0, 1_000)).filter(({ kind }) => kind === 'command');
  expect(asked.map(({ message }) => message)).toContain('abort asked by demo (rest): wrong tag');
  platform.workers['worker']?.resume();
  await vi.waitUntil(async () => (await platform.settled(id)).state === 'REVOKED', PATIENCE);
  const group = answer.commands.find(({ operation }) => operation === `${id}.web`);
  await vi.waitUntil(async () => (await catalogue.commands.get(group?.id ?? ''))?.state !== 'pending', PATIENCE);
});

test('without workers a plan is refused in time, and says who is missing', async () => {
  await rest('v1');
  await platform.workers['worker']?.kill();
  const problem = await refused(start('v2', 'absent'));
  expect(problem).toMatchObject({ status: 503, code: 'IDC_WORKER_ABSENT', retryable: true });
  await platform.workers['worker']?.start();
  const { id } = await start('v2', 'absent');
  expect((await platform.settled(id)).state).toBe('SUCCESS');
});

test('a group whose turn never came is free once its release has ended', async () => {
  await platform.push('bad', { ignite: 'fail' });
  const { groups, ...app } = shopApp([{ cluster: 'north-k8s', az: 'az-1', instances: 1 }], { app: 'pair' }) as {
    groups: object[];
  };
  const pair = { ...app, groups: ['one', 'two'].map((name) => ({ ...groups[0], name })) };
  await platform.rest('PUT', '/v1/apps/pair', pair);
  const release = async (version: string, names: string[]): Promise<Release> => {
    const body = { app: 'pair', env: SHOP.env, version, groups: names };
    return platform.settled((await platform.rest<Accepted>('POST', '/v1/releases', body)).id);
  };
  expect((await release('v1', ['one', 'two'])).state).toBe('SUCCESS');
  const held = await release('bad', ['two', 'one']);
  expect(held).toMatchObject({
    state: 'SMOKE_FAILURE',
    groups: [{ group: 'one' }, { group: 'two', state: 'PENDING', commands: [] }],
  });
  expect((await platform.rest<{ releases: Release[] }>('GET', '/v1/releases?live=true')).releases).toMatchObject([
    { id: held.id, state: 'SMOKE_FAILURE' },
  ]);
  const other = { app: 'pair', env: SHOP.env, version: 'v2', groups: ['two'] };
  expect(await refused(platform.rest('POST', '/v1/releases', other))).toMatchObject({ code: 'GROUP_BUSY' });

  await platform.rest('POST', `/v1/releases/${held.id}/commands`, { command: 'abort' });
  await vi.waitUntil(async () => (await platform.settled(held.id)).state === 'REVOKED', PATIENCE);
  expect((await release('v2', ['two'])).state).toBe('SUCCESS');
});

test('watch goes on over the death of the API: no event missed, none twice', async () => {
  await rest('v1');
  const { id } = await start('slow', 'watched');
  const cli = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', cli, '--json', 'release', 'watch', id],
    {
      env: { ...process.env, TRANSSHIP_API: platform.api },
    },
  );
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const ended = once(child, 'exit');
  await vi.waitUntil(() => stdout.includes('SMOKING'), PATIENCE);
  await platform.apiProcess.kill();
  await vi.waitUntil(() => stderr.includes('the API is away'), PATIENCE);
  await platform.apiProcess.start();

  expect(await ended).toEqual([0, null]);
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { seq?: number; state?: string });
  expect(lines.at(-1)).toMatchObject({ id, state: 'SUCCESS' });
  const seqs = lines.slice(0, -1).map(({ seq }) => seq);
  expect(seqs).toEqual(seqs.map((_, at) => at + 1));
});
