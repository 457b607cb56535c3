import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { AuthorizationV1Api, CoreV1Api, KubeConfig, V1Pod, V1SelfSubjectAccessReview } from '@kubernetes/client-node';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pushImage } from '../../devfleet/images/index.ts';
import { startFleet, type Devfleet, type DevfleetIdc } from '../../devfleet/index.ts';
import { lives, processTree, type ProcessId } from '../../devfleet/supervision/process-table.ts';
import { answers, until } from '../../devfleet/wait.ts';
import { parseFleet } from '../../src/domain/fleet.ts';
import { SEARCH } from '../../src/temporal/names.ts';

const MAIN = fileURLToPath(new URL('../../devfleet/main.ts', import.meta.url));
const SMALL = { idcs: { east: { azs: { 'az-9': { hosts: 1 } } } }, environments: ['pro'] };

const WITH_HARBOR = { ...SMALL, idcs: { east: { ...SMALL.idcs.east, registry: 'harbor' as const } } };

let fleet: Devfleet;
let scratch: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'devfleet-test-'));
  fleet = await startFleet();
});
afterAll(async () => {
  await fleet.stop();
  await rm(scratch, { recursive: true });
});

function api<T>(kubeconfig: string, type: Parameters<KubeConfig['makeApiClient']>[0]): T {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  return config.makeApiClient(type) as T;
}

function idc(name: string): DevfleetIdc {
  const found = fleet.idcs[name];
  if (found === undefined) throw new Error(`there is no IDC ${name}`);
  return found;
}

async function query(url: string, text: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  return client
    .query(text)
    .then(({ rows }) => rows as unknown[])
    .finally(() => client.end());
}

/** `npm run fleet`, with or without npm, up to the moment in which everything answers. */
async function startByProcess(npm: boolean): Promise<{ child: ChildProcess; folder: string; all: ProcessId[] }> {
  const shape = join(scratch, 'small.yml');
  await writeFile(shape, JSON.stringify(SMALL));
  const [command, ...args] = npm ? ['npm', 'run', 'fleet', '--'] : [process.execPath, MAIN];
  const child = spawn(command, [...args, '--shape', shape], { stdio: ['ignore', 'pipe', 'inherit'] });
  let folder = '';
  for await (const line of createInterface({ input: child.stdout })) {
    folder = /^export TRANSSHIP_FLEET=(.*)$/.exec(line)?.[1] ?? folder;
    if (line.startsWith('Ctrl-C')) break;
  }
  if (child.pid === undefined || folder === '') throw new Error('it did not start');
  return { child, folder: dirname(folder), all: processTree(child.pid) };
}

/** Both URLs of the registry lead to Harbor, and a host runs what was pushed to it under a tag, which the registry behind does not know. */
async function pullsThroughHarbor(east: DevfleetIdc | undefined): Promise<void> {
  const harbor = east?.registry.harbor ?? null;
  if (east === undefined || harbor === null) throw new Error('there is no Harbor');
  const { url, directUrl, host } = east.registry;
  for (const at of [url, directUrl]) expect(await answers(`${at}/api/v2.0/ping`)).toBe(true);
  const target = Object.assign(new URL(url), { username: harbor.user, password: harbor.password });
  await pushImage(target.href, { repository: 'library/web', tag: 'v1', labels: {} });
  const core = api<CoreV1Api>(east.adminKubeconfig, CoreV1Api);
  const at = { name: 'web', namespace: 'pro' };
  const spec = { containers: [{ name: 'web', image: `${host}/library/web:v1` }] };
  const body = Object.assign(new V1Pod(), { metadata: { name: at.name }, spec });
  await core.createNamespacedPod({ namespace: at.namespace, body });
  const runs = async () => (await core.readNamespacedPod(at)).status?.phase === 'Running';
  expect(await until(runs, 20_000)).toBe(true);
  expect(east.process('harbor').pid).toBeGreaterThan(0);
}

describe('a fleet that is up', () => {
  it('is described by its fleet file', () => {
    const told = parseFleet(readFileSync(fleet.fleetFile, 'utf8'), {}, fleet.fleetFile);
    expect(told.environments.map(({ name }) => name)).toEqual(['fat', 'uat', 'pro']);
    expect(told.idcs.map(({ name, azs }) => [name, azs])).toEqual([
      ['north', ['az-1', 'az-2']],
      ['south', ['az-1', 'az-2']],
    ]);
    expect(told.catalogue.url).toBe(fleet.catalogue.url);
  });

  it('has Temporal with its namespace and search attributes', async () => {
    const connection = await Connection.connect({ address: fleet.temporal.address });
    try {
      const { customAttributes } = await connection.operatorService.listSearchAttributes({
        namespace: fleet.env.TEMPORAL_NAMESPACE ?? '',
      });
      expect(Object.keys(customAttributes)).toEqual(
        expect.arrayContaining(Object.values(SEARCH).map(({ name }) => name)),
      );
    } finally {
      await connection.close();
    }
    expect(await answers(fleet.temporal.ui)).toBe(true);
  });

  it('has a catalogue and registries, over links and past them', async () => {
    expect(await query(fleet.catalogue.url, 'select 1 as one')).toEqual([{ one: 1 }]);
    expect(await query(fleet.catalogue.directUrl, 'select 1 as one')).toEqual([{ one: 1 }]);
    for (const { registry } of Object.values(fleet.idcs)) {
      expect(await answers(`${registry.url}/v2/`)).toBe(true);
      expect(await answers(`${registry.directUrl}/v2/`)).toBe(true);
    }
  });

  it('has hosts that are Ready in every AZ', async () => {
    for (const idc of Object.values(fleet.idcs)) {
      const { items } = await api<CoreV1Api>(idc.kubeconfig, CoreV1Api).listNode();
      const ready = items.filter(({ status }) =>
        status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True'),
      );
      const zones = ready.map(({ metadata }) => metadata?.labels?.['topology.kubernetes.io/zone']);
      expect(zones.sort()).toEqual(['az-1', 'az-1', 'az-2', 'az-2']);
    }
  });

  it('gives Transship the rights of deploy/rbac.yml and no others', async () => {
    const authorization = api<AuthorizationV1Api>(idc('north').kubeconfig, AuthorizationV1Api);
    const may = async (verb: string, resource: string, namespace?: string, group = '') => {
      const [name, subresource] = resource.split('/');
      const resourceAttributes = { verb, group, resource: name, subresource, namespace };
      const body = Object.assign(new V1SelfSubjectAccessReview(), { spec: { resourceAttributes } });
      return (await authorization.createSelfSubjectAccessReview({ body })).status?.allowed;
    };
    expect(await may('patch', 'pods', 'pro')).toBe(true);
    expect(await may('create', 'pods/eviction', 'uat')).toBe(true);
    expect(await may('create', 'statefulsets', 'fat', 'apps')).toBe(true);
    expect(await may('list', 'nodes')).toBe(true);
    expect(await may('patch', 'pods', 'default')).toBe(false);
    // One that is not Ready, whose eviction a budget refuses.
    expect(await may('delete', 'pods', 'pro')).toBe(true);
    expect(await may('delete', 'pods', 'default')).toBe(false);
    expect(await may('deletecollection', 'pods', 'pro')).toBe(false);
    expect(await may('list', 'horizontalpodautoscalers', 'pro', 'autoscaling')).toBe(true);
    expect(await may('patch', 'horizontalpodautoscalers', 'pro', 'autoscaling')).toBe(false);
    expect(await may('get', 'secrets', 'pro')).toBe(false);
    expect(await may('patch', 'nodes')).toBe(false);
  });

  it('audits the calls of Transship', async () => {
    const { kubeconfig, auditLog } = idc('south');
    await api<CoreV1Api>(kubeconfig, CoreV1Api).listNamespacedPod({ namespace: 'uat', labelSelector: 'told=apart' });
    const lines = (await readFile(auditLog, 'utf8'))
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEvent);
    const mine = lines.filter(
      ({ user, requestURI }) => user.username === 'transship' && requestURI.includes('told%3Dapart'),
    );
    expect(mine).toHaveLength(1);
    expect(mine[0]).toMatchObject({ verb: 'list', objectRef: { resource: 'pods', namespace: 'uat' } });
  });

  it('cuts, slows and restores a link, and only that one', async () => {
    const { registry } = idc('north');
    const link = fleet.link('north/registry');
    await link.cut();
    await expect(answers(`${registry.url}/v2/`)).rejects.toThrow('fetch failed');
    expect(await answers(`${registry.directUrl}/v2/`)).toBe(true);
    expect(await answers(`${idc('south').registry.url}/v2/`)).toBe(true);
    await link.restore();
    await link.latency(300);
    const began = performance.now();
    expect(await answers(`${registry.url}/v2/`)).toBe(true);
    expect(performance.now() - began).toBeGreaterThan(290);
    await link.latency(0);
    expect(() => fleet.link('west/registry')).toThrow('there are');
  });

  it('keeps data over the restart of a part', async () => {
    await query(fleet.catalogue.url, "create table kept as select 'row' as it");
    const before = fleet.process('postgres').pid;
    await fleet.process('postgres').restart();
    expect(fleet.process('postgres').pid).not.toBe(before);
    expect(await query(fleet.catalogue.url, 'select it from kept')).toEqual([{ it: 'row' }]);

    const connection = await Connection.connect({ address: fleet.temporal.address });
    const { workflow } = new Client({ connection, namespace: fleet.temporal.namespace });
    const kept = await workflow.start('nobodyRunsIt', { workflowId: 'kept', taskQueue: 'nobody' });
    await fleet.process('temporal').restart();
    expect((await kept.describe()).status.name).toBe('RUNNING');
    await connection.close();

    await fleet.link('catalogue').cut();
    await fleet.process('toxiproxy').restart(); // lays the links anew
    expect(await query(fleet.catalogue.url, 'select it from kept')).toEqual([{ it: 'row' }]);
  });

  it('pauses and resumes a part with all it started', async () => {
    const postgres = fleet.process('postgres');
    const stopped = async () =>
      processTree(postgres.pid).map(({ pid }) => readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') T '));
    postgres.pause();
    expect(await until(async () => (await stopped()).every(Boolean), 5000)).toBe(true);
    postgres.resume();
    expect(await until(async () => !(await stopped()).some(Boolean), 5000)).toBe(true);
    expect(await query(fleet.catalogue.url, 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('a second fleet beside it', () => {
  it.each([
    { signal: 'SIGKILL', to: 'its starter', npm: false },
    { signal: 'SIGINT', to: 'its starter', npm: false },
    { signal: 'SIGKILL', to: 'the npm that runs its starter', npm: true },
  ] as const)('leaves nothing behind after $signal to $to', async ({ signal, npm }) => {
    const { child, folder, all } = await startByProcess(npm);
    expect(all.length).toBeGreaterThan(8);
    expect(all.every(lives)).toBe(true);
    child.kill(signal);
    expect(await until(async () => !all.some(lives) && !existsSync(folder), 10_000)).toBe(true);
    expect(await answers(`${idc('north').registry.url}/v2/`)).toBe(true);
  });
});

describe('a fleet that has ended', () => {
  it('has no process and no folder left, and starts nothing any more', async () => {
    const small = await startFleet({ shape: WITH_HARBOR, headless: true });
    await pullsThroughHarbor(small.idcs.east);
    const extra = await small.start({ name: 'extra', command: 'sleep', args: ['1000'], ready: async () => true });
    const all = [...processTree(small.process('temporal').pid), ...processTree(extra.pid)];
    await small.stop();
    expect(all.some(lives)).toBe(false);
    await expect(extra.start()).rejects.toThrow('extra was not started: the fleet is ending');
    expect(existsSync(small.dir)).toBe(false);
  });
});

describe('a part that does not start', () => {
  it('is named, with its log and the last lines of it', async () => {
    const broken = join(scratch, 'etcd');
    await writeFile(broken, '#!/bin/sh\necho "panic: no space on this device"\nseq 40\nexit 3\n');
    await chmod(broken, 0o755);
    process.env.TRANSSHIP_BIN_ETCD = broken;
    const error = await startFleet({ shape: SMALL }).then(
      () => expect.unreachable('it started'),
      (reason: unknown) => reason as Error,
    );
    delete process.env.TRANSSHIP_BIN_ETCD;
    expect(error.message).toMatch(/^east\/etcd did not start: it ended with code 3 after/);
    expect(error.message).toContain('  | panic: no space on this device\n  | 29\n');
    const log = /^log: (.*)$/m.exec(error.message)?.[1] ?? '';
    expect(await readFile(log, 'utf8')).toContain('no space on this device');
    await rm(dirname(dirname(log)), { recursive: true });
  });

  it('is never reached when the shape is wrong', async () => {
    const shape = { idcs: { East: { azs: {} } }, environments: [] } as unknown as typeof SMALL;
    await expect(startFleet({ shape })).rejects.toThrow(/environments/);
  });
});

interface AuditEvent {
  user: { username: string };
  requestURI: string;
  verb: string;
}
