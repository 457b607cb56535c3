import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { releaseConfigSchema } from './config.ts';

const size = z.int().min(0).max(5000);

/** Of the knobs of a release, those that mean something here. */
const config = z.strictObject({
  drainSeconds: releaseConfigSchema.shape.drainSeconds,
  startupSeconds: releaseConfigSchema.shape.startupSeconds,
  ignoreIgnition: releaseConfigSchema.shape.ignoreIgnition,
  gateHours: releaseConfigSchema.shape.gateHours,
  remindHours: releaseConfigSchema.shape.remindHours,
});

export const scaleRequestSchema = z
  .strictObject({
    app: nameSchema,
    env: nameSchema,
    group: nameSchema.optional().meta({ description: 'May be left out where the app has one group there' }),
    instances: size
      .min(1)
      .optional()
      .meta({ description: 'How many in all; shared out so that the AzSets become as even as they can' }),
    places: z
      .array(
        z.strictObject({
          cluster: nameSchema,
          az: nameSchema,
          instances: size.meta({ description: 'How many in this AzSet' }),
        }),
      )
      .min(1)
      .optional()
      .meta({ description: 'Instead of a total: single AzSets. Those that are not named keep their size' }),
    config: config.optional(),
  })
  .refine(({ instances, places }) => (instances === undefined) !== (places === undefined), {
    message: 'instances (a total) or places (single AzSets): one of them',
    path: ['instances'],
  })
  .refine(({ places = [] }) => new Set(places.map(({ cluster, az }) => `${cluster}/${az}`)).size === places.length, {
    message: 'each place once',
    path: ['places'],
  })
  .meta({ id: 'Scale', examples: [{ app: 'shop', env: 'pro', group: 'web', instances: 12 }] });
export type ScaleRequest = z.output<typeof scaleRequestSchema>;
