import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { releaseConfigSchema } from './config.ts';

export const restartRequestSchema = z
  .strictObject({
    app: nameSchema,
    env: nameSchema,
    subjects: z
      .array(nameSchema)
      .min(1)
      .refine((subjects) => new Set(subjects).size === subjects.length, 'each once')
      .optional()
      .meta({ description: 'Groups, or instances such as web-3. Default: all groups of the environment' }),
    config: releaseConfigSchema.optional(),
  })
  .meta({ id: 'Restart', examples: [{ app: 'shop', env: 'pro', subjects: ['web'] }] });
export type RestartRequest = z.output<typeof restartRequestSchema>;
