import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { marathonConfigSchema } from '../marathon/config.ts';
import { clocksSchema } from './clocks.ts';

/** What `node devfleet/mesos/main.ts CONFIG.json` reads: one Mesos cluster. */
const mesosConfigSchema = z.strictObject({
  /** Its name, and the region of its masters' fault domain. */
  cluster: z.string().regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  /** One master for each; the first leads at the start. 0: any free port. */
  masterPorts: z.array(z.int()).min(1),
  /** Where agents come to; a protocol of the double's own. */
  agentPort: z.int(),
  adminPort: z.int(),
  /** File that keeps what survives a change of the leader over a restart of this process. Default: memory only. */
  registryFile: z.string().optional(),
  /** Who may use the HTTP API, by Basic. Default: everybody. */
  credentials: z
    .array(z.strictObject({ user: z.string(), password: z.string(), readOnly: z.boolean().default(false) }))
    .default([]),
  clocks: clocksSchema.prefault({}),
  /** The Marathon on it. Default: none. */
  marathon: marathonConfigSchema.optional(),
});

export type MesosConfig = z.output<typeof mesosConfigSchema>;
export type MesosConfigInput = z.input<typeof mesosConfigSchema>;

/** Checks a config. @throws ZodError */
export function parseMesosConfig(input: MesosConfigInput): MesosConfig {
  return mesosConfigSchema.parse(input);
}

/** Reads and checks a config file. @throws with every path that is wrong */
export function readMesosConfig(file: string): MesosConfig {
  const parsed = mesosConfigSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
