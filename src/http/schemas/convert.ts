import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { groupNamesSchema } from './takeover.ts';

export const conversionRequestSchema = z
  .strictObject({
    app: nameSchema,
    env: nameSchema,
    groups: groupNamesSchema.meta({ description: 'Default: all groups of the environment that have been released' }),
    to: z.enum(['parallel', 'ordered']).default('parallel').meta({
      description:
        'parallel: instances of a batch at the same time; ordered: one only while all before it are well (OrderedReady)',
    }),
  })
  .meta({ id: 'Conversion', examples: [{ app: 'shop', env: 'pro', groups: ['web'], to: 'parallel' }] });
export type ConversionRequest = z.output<typeof conversionRequestSchema>;
