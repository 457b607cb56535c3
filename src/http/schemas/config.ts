import { z } from 'zod';
import { KNOB_RANGES } from '../../domain/config.ts';
import { gatesSchema } from '../../domain/gates.ts';
import { batchPatternSchema } from '../../domain/pattern.ts';
import { CLUSTER_LOSSES, NO_RETURN, WAVE_FAILURES, WAVES } from '../../domain/types.ts';

/** The bounds that a running release is held to as well. */
function within<N extends z.ZodNumber>(schema: N, knob: keyof typeof KNOB_RANGES): N {
  const [least, most] = KNOB_RANGES[knob];
  return schema.min(least).max(most);
}

/** Knobs of one release; what is left out comes from the fleet file's limits. */
const knobs = z.strictObject({
  batchPercent: within(z.int(), 'batchPercent')
    .optional()
    .meta({ description: 'Size of a batch in percent of the group' }),
  batchPattern: batchPatternSchema.optional().meta({
    description:
      'Instead of batchPercent: `25%`, or the share of each batch after the bastion, `10%+20%+25%+25%+20%`. They sum to 100; none is over what may be out at once: 25 %, or the first share',
  }),
  waves: z.enum(WAVES).optional().meta({
    description:
      'What a batch does not span: `idc`, all of one IDC before the next; `az`, all of one AZ; `none` (default), it is spread over all',
  }),
  onWaveFailure: z.enum(WAVE_FAILURES).optional().meta({
    description:
      'What becomes of the waves after one in which an instance failed: `stop` (default) asks a person first',
  }),
  onClusterLoss: z.enum(CLUSTER_LOSSES).optional().meta({
    description:
      'While a cluster does not answer: `hold` (default) waits for it; `requeue` brings on the others first, and that one when it answers again. Until then its instances count as not serving',
  }),
  pauseSeconds: within(z.number(), 'pauseSeconds').optional().meta({ description: 'Seconds between two batches' }),
  drainSeconds: within(z.number(), 'drainSeconds').optional().meta({
    description: 'Seconds to wait, after an address left the endpoints, for proxies and open connections',
  }),
  gateHours: z.number().positive().max(168).optional().meta({
    description:
      'Hours that a person has at a failure, a brake or a manual gate; then a failure or brake ends the release as FAILURE, a gate undoes it',
  }),
  remindHours: z.number().positive().max(168).optional().meta({ description: 'Hours between two reminders' }),
  startupSeconds: within(z.int(), 'startupSeconds').optional().meta({
    description: "Seconds that an instance has to ignite. Default: the health check's timeoutSeconds",
  }),
  ignoreIgnition: z.boolean().optional().meta({
    description: 'An instance that runs counts as ignited; its health page is not asked',
  }),
  pointOfNoReturn: z.enum(NO_RETURN).optional().meta({
    description:
      'Gate after which nothing is undone: abort, and a gate that nobody opens in time, then leave all as it stands and the group dirty',
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
