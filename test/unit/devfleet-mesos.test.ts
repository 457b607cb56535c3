import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { writeFleetFile } from '../../devfleet/fleet-file.ts';
import { readHostsConfig } from '../../devfleet/host/config.ts';
import { parseMesosConfig, readMesosConfig } from '../../devfleet/mesos/config.ts';
import { startMesos } from '../../devfleet/mesos/start.ts';
import { readShape } from '../../devfleet/shape.ts';
import { parseFleet } from '../../src/domain/fleet.ts';
import { soon } from '../support/mesos-world.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'transship-mesos-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function written(config: object): string {
  const file = join(folder, 'config.json');
  writeFileSync(file, JSON.stringify(config));
  return file;
}

describe('configuration', () => {
  const hosts = {
    idc: 'north',
    kubeconfig: '/x',
    registryHosts: {},
    azs: { 'az-1': { hosts: 1 } },
    octet: 7,
    adminPort: 1,
    proxyPort: 2,
  };

  test('AZs run Kubernetes unless they say otherwise; who runs Mesos needs to know where it is', () => {
    expect(readHostsConfig(written(hosts))).toMatchObject({ azs: { 'az-1': { runs: 'kubernetes' } } });
    const without = { ...hosts, kubeconfig: undefined };
    expect(() => readHostsConfig(written(without))).toThrow('AZs that run kubelets need `kubeconfig`');
    const onMesos = { ...without, azs: { 'az-1': { hosts: 1, runs: 'mesos' } }, mesos: { masterPort: 3 } };
    expect(readHostsConfig(written(onMesos)).kubeconfig).toBeUndefined();
    const both = { ...hosts, azs: { 'az-1': { hosts: 1, runs: 'both' } } };
    expect(() => readHostsConfig(written(both))).toThrow('AZs that run Mesos agents need `mesos`');
    expect(readHostsConfig(written({ ...both, mesos: { masterPort: 3 } })).mesos).toEqual({
      masterPort: 3,
      resources: { cpus: 32, mem: 131_072, disk: 524_288, gpus: 0, ports: [[31_000, 32_000]] },
      updateRetrySeconds: 10,
      reconnectSeconds: 0.5,
    });
  });

  test('a shape says what the hosts of an AZ run', () => {
    const shape = (runs: string) => ({
      idcs: { north: { azs: { 'az-1': { hosts: 1, runs } } } },
      environments: ['pro'],
    });
    for (const runs of ['kubernetes', 'mesos', 'both'])
      expect(readShape(shape(runs) as Parameters<typeof readShape>[0])).toEqual(shape(runs));
    expect(() => readShape(shape('nomad') as Parameters<typeof readShape>[0])).toThrow('runs');
  });

  test('the clocks of a master are those of Mesos', () => {
    const config = { cluster: 'north', masterPorts: [0], agentPort: 0, adminPort: 0 };
    expect(readMesosConfig(written(config))).toMatchObject({
      credentials: [],
      clocks: { agentPing: 15, maxAgentPings: 5, agentReregister: 600, allocation: 1, heartbeat: 15 },
    });
    expect(() => readMesosConfig(written({ ...config, masterPorts: [] }))).toThrow('masterPorts');
    expect(readMesosConfig(written(config)).marathon).toBeUndefined();
    const marathon = { ports: [0], clocks: { second: 20 } };
    expect(readMesosConfig(written({ ...config, marathon })).marathon).toEqual(marathon);
    expect(() => readMesosConfig(written({ ...config, marathon: { ports: [0], clocks: { minute: 1 } } }))).toThrow();
  });
});

describe('the Marathon on it', () => {
  test('is another framework of the masters; its leader and its mishaps are in the hands of the admin port', async () => {
    const mesos = await startMesos(
      parseMesosConfig({
        cluster: 'north',
        masterPorts: [0],
        agentPort: 0,
        adminPort: 0,
        marathon: { ports: [0, 0], clocks: { leaderWait: 2 } },
      }),
    );
    const [first = '', second = ''] = mesos.marathon?.urls ?? [];
    const admin = (path: string, body: object) =>
      request(`${mesos.admin}/marathon${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
    const info = async (url: string) => (await request(`${url}/v2/info`)).body.json();
    expect(await info(first)).toMatchObject({ elected: true, frameworkId: expect.any(String) as string });
    expect([...(mesos.cluster.master?.state.frameworks.values() ?? [])].map(({ name }) => name)).toEqual(['marathon']);

    expect((await admin('/mishaps', { path: '^/v2/info', mishap: { kind: 'refuse', status: 503 } })).statusCode).toBe(
      201,
    );
    expect((await request(`${first}/v2/info`)).statusCode).toBe(503);
    expect((await request(`${first}/v2/info`)).statusCode).toBe(200);

    expect((await admin('/leader', { process: 1 })).statusCode).toBe(204);
    expect((await request(`${second}/v2/leader`)).headers['x-marathon-leader']).toBe(second);
    expect(await (await request(`${mesos.admin}/marathon/leader`)).body.json()).toEqual({ process: 1 });
    expect((await admin('/leader', { process: 2 })).statusCode).toBe(404);
    await mesos.close();
  });

  test('stays away for longer than the masters wait for it: it comes back as another framework', async () => {
    const mesos = await startMesos(
      parseMesosConfig({
        cluster: 'north',
        masterPorts: [0],
        agentPort: 0,
        adminPort: 0,
        clocks: { frameworkFailover: 0.02 },
        marathon: { ports: [0], clocks: { election: 5 } },
      }),
    );
    const frameworks = () => [...(mesos.cluster.master?.state.frameworks.keys() ?? [])];
    const [before] = frameworks();
    mesos.marathon?.elect(null);
    await soon(() => expect(frameworks()).toEqual([]));
    mesos.marathon?.elect(0);
    await soon(() => expect(mesos.marathon?.leader()).toBe(0));
    expect(frameworks()).toHaveLength(1);
    expect(frameworks()).not.toContain(before);
    await mesos.close();
  });

  test('the fleet file names it for the AZs that run Mesos', async () => {
    const idc = (runs: Record<string, 'kubernetes' | 'mesos'>) => ({
      name: 'north',
      azs: Object.keys(runs),
      azsOf: (system: string) => Object.keys(runs).filter((az) => runs[az] === system),
      registry: { url: 'http://127.0.0.1:5000', directUrl: '', host: 'registry.north.internal' },
      probeProxy: 'http://127.0.0.1:2000',
      kubeconfig: '/k',
      mesos: {
        masters: ['http://127.0.0.1:5050'],
        marathon: ['http://127.0.0.1:8080'],
        admin: '',
        network: 'overlay',
      },
    });
    const fleet = { environments: ['pro'], catalogue: 'postgres://x@y/z', temporalUi: '', apiPort: 8081 };
    const file = join(folder, 'fleet.yml');
    const clusters = async (runs: Record<string, 'kubernetes' | 'mesos'>) => {
      await writeFleetFile(file, { ...fleet, idcs: [idc(runs)] });
      return parseFleet(readFileSync(file, 'utf8'), {}, file).idcs[0]?.clusters;
    };
    expect(await clusters({ 'az-1': 'kubernetes', 'az-2': 'mesos' })).toMatchObject([
      { name: 'north-k8s', kind: 'kubernetes', azs: ['az-1'] },
      {
        name: 'north-marathon',
        kind: 'marathon',
        urls: ['http://127.0.0.1:8080'],
        mesos: { urls: ['http://127.0.0.1:5050'] },
        network: 'overlay',
        azs: ['az-2'],
      },
    ]);
    expect(await clusters({ 'az-1': 'mesos' })).toMatchObject([{ name: 'north-marathon', azs: ['az-1'] }]);
  });
});

test('the registry is there again after a restart of the process', async () => {
  const config = {
    cluster: 'north',
    masterPorts: [0],
    agentPort: 0,
    adminPort: 0,
    registryFile: join(folder, 'registry.json'),
  };
  const schedule = { windows: [{ machine_ids: [{ hostname: 'a' }], unavailability: { start: { nanoseconds: 1 } } }] };
  const first = await startMesos(parseMesosConfig(config));
  first.cluster.master?.maintenance.replace(schedule);
  await first.close();
  const second = await startMesos(parseMesosConfig(config));
  expect(second.cluster.master?.maintenance).toMatchObject({ schedule, draining: [{ id: { hostname: 'a' } }] });
  await second.close();
});
