import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFreshPorts } from '../ports.ts';
import type { FleetShape } from '../shape.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

const HOST = fileURLToPath(new URL('../host/main.ts', import.meta.url));
const MESOS = fileURLToPath(new URL('../mesos/main.ts', import.meta.url));
const FRONT_DOOR = fileURLToPath(new URL('../frontdoor/main.ts', import.meta.url));

export interface SimHosts {
  part: Part;
  adminPort: number;
  proxyPort: number;
}

/** All sim hosts of one IDC, in one process. Serves once its Nodes are Ready. */
export async function startSimHosts(
  supervisor: Supervisor,
  config: {
    idc: string;
    kubeconfig: string;
    registryHosts: Record<string, string>;
    azs: FleetShape['idcs'][string]['azs'];
    octet: number;
    mesos?: { masterPort: number };
  },
  nextPort: () => Promise<number>,
): Promise<SimHosts> {
  return withFreshPorts(async () => {
    const ports = { adminPort: await nextPort(), proxyPort: await nextPort() };
    const file = join(supervisor.folder, config.idc, 'hosts.json');
    const part = await startProgram(supervisor, `${config.idc}/hosts`, HOST, file, { ...config, ...ports });
    return { part, ...ports };
  });
}

export interface Mesos {
  part: Part;
  masterPorts: number[];
  agentPort: number;
  adminPort: number;
}

/** As many as a small production cluster has: a quorum of two. */
const MASTERS = 3;

/** The Mesos masters of one IDC, in one process; its registry is kept over a restart. */
export async function startMesos(
  supervisor: Supervisor,
  cluster: string,
  nextPort: () => Promise<number>,
): Promise<Mesos> {
  return withFreshPorts(async () => {
    const masterPorts: number[] = [];
    while (masterPorts.length < MASTERS) masterPorts.push(await nextPort());
    const ports = { masterPorts, agentPort: await nextPort(), adminPort: await nextPort() };
    const folder = join(supervisor.folder, cluster);
    await mkdir(folder, { recursive: true });
    const config = { cluster, registryFile: join(folder, 'mesos-registry.json'), ...ports };
    const part = await startProgram(supervisor, `${cluster}/mesos`, MESOS, join(folder, 'mesos.json'), config);
    return { part, ...ports };
  });
}

export interface FrontDoor {
  part: Part;
  port: number;
  adminPort: number;
}

/** The front door: kube-proxy in small, over the clusters of all IDCs. */
export async function startFrontDoor(
  supervisor: Supervisor,
  config: { kubeconfigs: Record<string, string>; octets: Record<string, number> },
  nextPort: () => Promise<number>,
): Promise<FrontDoor> {
  return withFreshPorts(async () => {
    const ports = { port: await nextPort(), adminPort: await nextPort() };
    const part = await startProgram(supervisor, 'frontdoor', FRONT_DOOR, join(supervisor.folder, 'frontdoor.json'), {
      ...config,
      ...ports,
    });
    return { part, ...ports };
  });
}

async function startProgram(
  supervisor: Supervisor,
  name: string,
  program: string,
  file: string,
  config: object,
): Promise<Part> {
  await writeFile(file, JSON.stringify(config, null, 2));
  return supervisor.start({
    name,
    command: process.execPath,
    args: ['--disable-warning=ExperimentalWarning', program, file],
    ready: async (newLog) => /^ready$/m.test(newLog()),
  });
}
