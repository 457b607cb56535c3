import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readHostsConfig } from '../../devfleet/host/config.ts';
import { parseMesosConfig, readMesosConfig } from '../../devfleet/mesos/config.ts';
import { startMesos } from '../../devfleet/mesos/start.ts';
import { readShape } from '../../devfleet/shape.ts';

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
