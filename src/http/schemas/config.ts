import { z } from 'zod';
import { gatesSchema } from '../../domain/gates.ts';
import { batchPatternSchema } from '../../domain/pattern.ts';

/** Knobs of one release; what is left out comes from the fleet file's limits. */
const knobs = z.strictObject({
  batchPercent: z.int().min(1).max(50).optional().meta({ description: 'Size of a batch in percent of the group' }),
  batchPattern: batchPatternSchema.optional().meta({
    description:
      'Instead of batchPercent: `25%`, or the share of each batch after the bastion, `10%+20%+25%+25%+20%`. They sum to 100; none is over what may be out at once: 25 %, or the first share',
  }),
  pauseSeconds: z.number().min(0).max(1800).optional().meta({ description: 'Seconds between two batches' }),
  drainSeconds: z.number().min(0).max(600).optional().meta({
    description: 'Seconds to wait, after an address left the endpoints, for proxies and open connections',
  }),
  gateHours: z.number().positive().max(168).optional().meta({
    description:
      'Hours that a person has at a failure, a brake or a manual gate; then a failure or brake ends the release as FAILURE, a gate undoes it',
  }),
  remindHours: z.number().positive().max(168).optional().meta({ description: 'Hours between two reminders' }),
  startupSeconds: z.int().min(1).max(86_400).optional().meta({
    description: "Seconds that an instance has to ignite. Default: the health check's timeoutSeconds",
  }),
  ignoreIgnition: z.boolean().optional().meta({
    description: 'An instance that runs counts as ignited; its health page is not asked',
  }),
  gates: gatesSchema.optional().meta({
    description:
      "Where the release waits: `manual`, `automatic`, or how long it soaks (`10m`). Default: the environment's",
  }),
});

export const releaseConfigSchema = knobs.refine(
  ({ batchPercent, batchPattern }) => batchPercent === undefined || batchPattern === undefined,
  { message: 'batchPercent or batchPattern, not both', path: ['batchPattern'] },
);
export type ReleaseConfigRequest = z.output<typeof releaseConfigSchema>;
