import { z } from 'zod';
import { gateSchema } from '../../domain/gates.ts';
import { nameSchema } from '../../domain/name.ts';
import { releaseConfigSchema } from './config.ts';
import { versionSchema } from './names.ts';
import { joinedSchema } from './release.ts';
import { groupNamesSchema } from './takeover.ts';

export const promotionRequestSchema = z
  .strictObject({
    app: nameSchema,
    version: versionSchema,
    envs: z
      .array(nameSchema)
      .min(1)
      .refine((envs) => new Set(envs).size === envs.length, 'each environment once')
      .optional()
      .meta({
        description:
          'Environments in order. Default: all of the fleet file, in its order, in which the app has a group',
      }),
    groups: groupNamesSchema.meta({
      description: 'Groups to release, in each environment that has one of them. Default: all',
    }),
    promote: gateSchema.optional().meta({
      description:
        'What stands between two environments: `manual`, `automatic`, or how long it soaks (`10m`). Default: what the fleet file says of the environment that follows (`promote`), else `manual`',
    }),
    joined: joinedSchema,
    config: releaseConfigSchema.optional().meta({ description: 'Knobs of the release in each of them' }),
  })
  .meta({
    id: 'Promotion',
    examples: [{ app: 'shop', version: 'v2', envs: ['fat', 'uat', 'pro'], promote: 'manual' }],
  });
export type PromotionRequest = z.output<typeof promotionRequestSchema>;
