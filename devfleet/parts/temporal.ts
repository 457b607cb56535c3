import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { withFreshPorts } from '../ports.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';

const COMPOSE_FILE = new URL('../../temporal-dev.yml', import.meta.url);
const composeSchema = z.object({
  services: z.object({ temporal: z.object({ image: z.string(), command: z.array(z.string()).min(1) }) }),
});
const searchAttributesSchema = z.object({ customAttributes: z.record(z.string(), z.string()) });

/** Flags of the compose file that depend on the machine. Everything else devfleet takes as it stands. */
const REPLACED = new Set(['--ip', '--port', '--ui-port']);

/** The dev server's command in temporal-dev.yml, without the program's name: `['server', 'start-dev', '--ip=…', …]`. */
export function composeCommand(): string[] {
  return composeSchema.parse(parse(readFileSync(COMPOSE_FILE, 'utf8'))).services.temporal.command;
}

/** Where a fleet's server listens and keeps its state. */
interface TemporalPlace {
  port: number;
  uiPort: number;
  httpPort: number;
  /** The state is in a file so that a restart keeps it. Measured: as fast as in memory. */
  file: string;
  headless: boolean;
}

/** The same server for a fleet: other ports, loopback, a file. */
export function temporalArguments(at: TemporalPlace): string[] {
  const kept = composeCommand().filter((argument) => !REPLACED.has(argument.split('=')[0] ?? ''));
  return [
    ...kept,
    '--ip=127.0.0.1',
    `--port=${at.port}`,
    `--http-port=${at.httpPort}`,
    ...(at.headless ? ['--headless'] : [`--ui-port=${at.uiPort}`]),
    `--db-filename=${at.file}`,
    '--sqlite-pragma=journal_mode=WAL',
    '--sqlite-pragma=synchronous=OFF',
    '--log-level=warn',
  ];
}

export interface Temporal {
  part: Part;
  port: number;
  /** Null when headless. */
  uiPort: number | null;
}

export async function startTemporal(
  supervisor: Supervisor,
  binary: string,
  nextPort: () => Promise<number>,
  headless: boolean,
): Promise<Temporal> {
  return withFreshPorts(async () => {
    const ports = { port: await nextPort(), uiPort: await nextPort(), httpPort: await nextPort() };
    const file = join(supervisor.folder, 'temporal.db');
    const part = await supervisor.start({
      name: 'temporal',
      command: binary,
      args: temporalArguments({ ...ports, file, headless }),
      ready: async () => hasSearchAttributes(ports.httpPort),
    });
    return { part, port: ports.port, uiPort: headless ? null : ports.uiPort };
  });
}

/** The search attributes are what it makes last: it serves when they are there. */
async function hasSearchAttributes(httpPort: number): Promise<boolean> {
  const valueOf = (flag: string) =>
    composeCommand()
      .filter((one) => one.startsWith(`${flag}=`))
      .map((one) => one.split('=')[1] ?? '');
  const [namespace] = valueOf('--namespace');
  const url = `http://127.0.0.1:${httpPort}/cluster/namespaces/${namespace ?? ''}/search-attributes`;
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  const { customAttributes } = searchAttributesSchema.parse(await response.json());
  return valueOf('--search-attribute').every((name) => name in customAttributes);
}
