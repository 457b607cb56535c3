import { z } from 'zod';
import { flagSchema, keyHeaderSchema } from '../schemas/names.ts';
import { releasePlanSchema } from '../schemas/plan.ts';
import { acceptedSchema } from '../schemas/release.ts';

/** What all routes share that accept an operation, or with dryRun=true only say what it would do. */
export const planned = {
  tags: ['releases'],
  querystring: z.strictObject({
    dryRun: flagSchema.default(false).meta({ type: 'boolean', description: 'Only plan' }),
  }),
  headers: keyHeaderSchema,
  response: {
    200: releasePlanSchema.describe('The plan, with dryRun=true'),
    202: acceptedSchema.describe('Accepted; Location says where its state is'),
  },
};
