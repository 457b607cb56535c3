import { readFileSync } from 'node:fs';
import { z } from 'zod';

const seconds = z.number().positive();

/** Clocks of a Harbor, in seconds. The defaults are those of an installation as it comes (make/harbor.yml.tmpl). */
const clocksSchema = z.strictObject({
  /** Life of a token of `/service/token`. */
  token: seconds.default(1800),
  /** A token that has expired is taken for so long (src/common/const.go, JwtLeeway). */
  tokenLeeway: z.number().min(0).default(60),
  /** A webhook's receiver has so long to answer. */
  webhookTimeout: seconds.default(3),
  /** Wait before each further try of a webhook. Default: as the job service computes it, see webhooks/back-off.ts. */
  webhookRetries: z.array(z.number().min(0)).optional(),
});

/** What `node devfleet/harbor/main.ts CONFIG.json` reads. */
const harborConfigSchema = z.strictObject({
  port: z.int(),
  adminPort: z.int(),
  /** The distribution registry behind, which is nobody else's. */
  registryUrl: z.url(),
  /** `hostname` of harbor.yml, as it stands in image names. */
  hostname: z.string(),
  /** File that keeps the state over a restart of this process; made where there is none. */
  stateFile: z.string(),
  /** Of the user `admin`. */
  adminPassword: z.string(),
  clocks: clocksSchema.prefault({}),
});

export type HarborConfig = z.output<typeof harborConfigSchema>;
export type HarborClocks = HarborConfig['clocks'];

/** Reads and checks a config file. @throws with every path that is wrong */
export function readHarborConfig(file: string): HarborConfig {
  const parsed = harborConfigSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`);
  return parsed.data;
}
