import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFreshPorts } from '../ports.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

const HOST = fileURLToPath(new URL('../host/main.ts', import.meta.url));
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
    azs: Record<string, { hosts: number }>;
    octet: number;
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
