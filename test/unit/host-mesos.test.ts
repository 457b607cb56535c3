import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readHostsConfig } from '../../devfleet/host/config.ts';
import { SimHosts } from '../../devfleet/host/hosts.ts';
import { parseMesosConfig } from '../../devfleet/mesos/config.ts';
import { startMesos, type RunningMesos } from '../../devfleet/mesos/start.ts';
import type { MesosOffer, MesosTaskStatus } from '../../devfleet/mesos/types.ts';
import { soon } from '../support/mesos-world.ts';

let folder: string;
let apiServer: Server;
let mesos: RunningMesos;
let hosts: SimHosts;
let nodes: string[];

/** An API server without pods that takes what kubelets tell it. */
async function startApiServer(): Promise<Server> {
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    response.setHeader('content-type', 'application/json');
    if (url === '/api/v1/pods') response.end('{"metadata":{"resourceVersion":"1"},"items":[]}');
    else if (url.startsWith('/api/v1/pods?')) response.flushHeaders();
    else if (url === '/api/v1/nodes') {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        nodes.push((JSON.parse(body) as { metadata: { name: string } }).metadata.name);
        response.end(body);
      });
    } else response.end('{}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'transship-hosts-'));
  nodes = [];
  apiServer = await startApiServer();
  const server = `http://127.0.0.1:${(apiServer.address() as AddressInfo).port}`;
  const kubeconfig = join(folder, 'kubeconfig');
  writeFileSync(
    kubeconfig,
    JSON.stringify({
      'current-context': 'x',
      contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
      clusters: [{ name: 'x', cluster: { server } }],
      users: [{ name: 'x', user: {} }],
    }),
  );
  mesos = await startMesos(
    parseMesosConfig({
      cluster: 'north',
      masterPorts: [0],
      agentPort: 0,
      adminPort: 0,
      clocks: { allocation: 0.02 },
    }),
  );
  const file = join(folder, 'hosts.json');
  const config = {
    idc: 'north',
    kubeconfig,
    registryHosts: {},
    azs: { k8s: { hosts: 1 }, mixed: { hosts: 1, runs: 'both' }, mesos: { hosts: 2, runs: 'mesos' } },
    octet: 100 + Math.floor(Math.random() * 150),
    adminPort: 0,
    proxyPort: 0,
    mesos: { masterPort: mesos.agentPort },
  };
  writeFileSync(file, JSON.stringify(config));
  hosts = new SimHosts(readHostsConfig(file), pino({ level: 'silent' }));
  await hosts.start();
});
afterEach(async () => {
  await hosts.close();
  await mesos.close();
  apiServer.close();
  apiServer.closeAllConnections();
  rmSync(folder, { recursive: true });
});

test('each AZ runs what it is to: kubelets, agents, or both; tasks are seen and struck as pods are', async () => {
  expect(nodes.sort()).toEqual(['north-k8s-1', 'north-mixed-1']);
  const agents = [...(mesos.cluster.master?.state.agents.values() ?? [])].map(({ info }) => [
    info.hostname,
    info.domain?.zone,
    info.resources.cpus,
  ]);
  expect(agents.sort()).toEqual([
    ['north-mesos-1', 'mesos', 32],
    ['north-mesos-2', 'mesos', 32],
    ['north-mixed-1', 'mixed', 32],
  ]);

  const offers: MesosOffer[] = [];
  const updates: MesosTaskStatus[] = [];
  const driver = mesos.cluster.register(
    { id: null, name: 'marathon', role: 'web' },
    {
      offers: (more) => void offers.push(...more),
      rescinded: () => undefined,
      connected: () => undefined,
      update: (status) => {
        updates.push(status);
        driver.acknowledge(status);
      },
    },
  );
  const offer = await soon(() => {
    const found = offers.find(({ hostname }) => hostname === 'north-mixed-1');
    if (found === undefined) throw new Error('no offer');
    return found;
  });
  // A command without an image: there is no registry here.
  const task = {
    taskId: 'web.1',
    name: 'web',
    agentId: offer.agentId,
    resources: { cpus: 1, mem: 32, disk: 0, gpus: 0, ports: [] },
    image: null,
    command: 'sleep 1000',
    environment: {},
    labels: {},
    ports: [{ container: 8080, host: null, name: null }],
    network: 'overlay',
    networkLabels: {},
    killGraceSeconds: 0.05,
  };
  driver.accept([offer.id], [task]);
  const states = () => updates.map(({ state }) => state);
  await soon(() => expect(states()).toContain('TASK_RUNNING'));
  expect(hosts.instances()).toMatchObject([
    { namespace: 'mesos', instance: 'web.1', node: 'north-mixed-1', state: 'running', podReady: true, ports: [8080] },
  ]);
  expect(hosts.journal.after(0)).toContainEqual(
    expect.objectContaining({ kind: 'container-started', namespace: 'mesos', instance: 'web.1', restartCount: 0 }),
  );

  hosts.setFault({ kind: 'never-stop', namespace: 'mesos', pod: 'web.1', on: true });
  driver.kill('web.1', null);
  await soon(() => expect(states()).toContain('TASK_KILLING'));
  expect(hosts.instances()).toMatchObject([{ state: 'running' }]);
  hosts.setFault({ kind: 'never-stop', namespace: 'mesos', pod: 'web.1', on: false });
  await soon(() => expect(states()).toContain('TASK_KILLED'));

  const again = await soon(() => {
    const found = offers.findLast(({ hostname }) => hostname === 'north-mesos-2');
    if (found === undefined) throw new Error('no offer');
    return found;
  });
  driver.accept([again.id], [{ ...task, taskId: 'web.2', agentId: again.agentId }]);
  await soon(() => expect(hosts.instances()).toMatchObject([{ instance: 'web.2', state: 'running' }]));
  hosts.setFault({ kind: 'crash', namespace: 'mesos', pod: 'web.2', exitCode: 9 });
  await soon(() => expect(updates.at(-1)).toMatchObject({ taskId: 'web.2', state: 'TASK_FAILED' }));

  const crash = { kind: 'crash', namespace: 'mesos', pod: 'nobody', exitCode: 1 } as const;
  expect(() => hosts.setFault(crash)).toThrow('no Mesos task nobody on these hosts');
  hosts.setFault({ kind: 'partition', node: 'north-mesos-1', on: true });
  hosts.setFault({ kind: 'partition', node: 'north-mesos-1', on: false });
  expect(() => hosts.setFault({ kind: 'freeze', node: 'north-mesos-3', on: true })).toThrow('no node north-mesos-3');
});
