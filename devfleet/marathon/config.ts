import { z } from 'zod';
import { DEFAULT_CLOCKS, type Clocks } from './options.ts';

const names = Object.keys(DEFAULT_CLOCKS) as (keyof Clocks)[];

/** The Marathon of a Mesos cluster, as a config file has it. */
export const marathonConfigSchema = z.strictObject({
  /** One process for each; the first leads at the start. 0: any free port. */
  ports: z.array(z.int()).min(1),
  /** Milliseconds; what is not here is as in Marathon. */
  clocks: z.partialRecord(z.enum(names), z.number().positive()).default({}),
  /** HTTP Basic, of every process. Default: none is asked for. */
  credentials: z.strictObject({ user: z.string(), password: z.string() }).exactOptional(),
});
