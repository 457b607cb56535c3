import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clocks as MarathonClocks } from '../marathon/index.ts';
import type { Clocks } from '../mesos/clocks.ts';
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
    /** Default: none, where no AZ runs Kubernetes. */
    kubeconfig?: string;
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
  marathonPorts: number[];
  agentPort: number;
  adminPort: number;
}

/** As many as a small production cluster has: a quorum of two. */
const MASTERS = 3;
const MARATHONS = 2;

/** Of a Mesos and its Marathon, where they are not to be as in production. */
export interface MesosClocks {
  /** devfleet/mesos/clocks.ts; seconds. */
  master?: Partial<Clocks>;
  /** devfleet/marathon/options.ts; milliseconds. */
  marathon?: Partial<MarathonClocks>;
}

/** So that no test waits for offers, nor for what is only looked at now and then. Seconds of apps are seconds. */
export const QUICK_MESOS: MesosClocks = {
  master: { allocation: 0.1 },
  marathon: { reviveInterval: 100, declineDuration: 500, deploySyncDelay: 100, deploySync: 500 },
};

/** The Mesos masters of one IDC and the Marathon on them, in one process; the masters' registry is kept over a restart. */
export async function startMesos(
  supervisor: Supervisor,
  cluster: string,
  nextPort: () => Promise<number>,
  clocks: MesosClocks = {},
): Promise<Mesos> {
  return withFreshPorts(async () => {
    const masterPorts = await portsFor(MASTERS, nextPort);
    const marathonPorts = await portsFor(MARATHONS, nextPort);
    const ports = { masterPorts, agentPort: await nextPort(), adminPort: await nextPort() };
    const folder = join(supervisor.folder, cluster);
    await mkdir(folder, { recursive: true });
    const config = {
      cluster,
      registryFile: join(folder, 'mesos-registry.json'),
      ...ports,
      clocks: clocks.master,
      marathon: { ports: marathonPorts, clocks: clocks.marathon },
    };
    const part = await startProgram(supervisor, `${cluster}/mesos`, MESOS, join(folder, 'mesos.json'), config);
    return { part, ...ports, marathonPorts };
  });
}

async function portsFor(processes: number, nextPort: () => Promise<number>): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < processes) ports.push(await nextPort());
  return ports;
}

export interface FrontDoor {
  part: Part;
  port: number;
  adminPort: number;
}

/** The front door: kube-proxy in small, over the clusters of all IDCs; on Marathon a balancer that reads records. */
export async function startFrontDoor(
  supervisor: Supervisor,
  config: { kubeconfigs: Record<string, string>; marathons: Record<string, string[]> },
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

/** Starts a program of devfleet's own with a config file. It is up when it prints "ready". */
export async function startProgram(
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
