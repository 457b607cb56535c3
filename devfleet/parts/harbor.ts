import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { HarborClocks } from '../harbor/config.ts';
import { withFreshPorts } from '../ports.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';
import { startProgram } from './programs.ts';

const HARBOR = fileURLToPath(new URL('../harbor/main.ts', import.meta.url));

export interface HarborPart {
  part: Part;
  port: number;
  adminPort: number;
  /** Of the user `admin`. */
  password: string;
}

/** A Harbor before the registry of one IDC. What it knows outlives a restart, as what the registry holds does. */
export async function startHarbor(
  supervisor: Supervisor,
  { idc, ...config }: { idc: string; registryUrl: string; hostname: string; clocks: Partial<HarborClocks> },
  nextPort: () => Promise<number>,
): Promise<HarborPart> {
  return withFreshPorts(async () => {
    const ports = { port: await nextPort(), adminPort: await nextPort() };
    const folder = join(supervisor.folder, idc);
    await mkdir(folder, { recursive: true });
    const password = 'Harbor12345';
    const written = { ...config, ...ports, adminPassword: password, stateFile: join(folder, 'harbor.jsonl') };
    const part = await startProgram(supervisor, `${idc}/harbor`, HARBOR, join(folder, 'harbor.json'), written);
    return { part, ...ports, password };
  });
}
