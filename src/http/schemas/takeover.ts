import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { versionSchema } from './names.ts';

/** Names of groups. */
export const groupNamesSchema = z
  .array(nameSchema)
  .min(1)
  .refine((names) => new Set(names).size === names.length, 'each once')
  .optional();

export const adoptionRequestSchema = z
  .strictObject({
    app: nameSchema,
    env: nameSchema,
    version: versionSchema.meta({ description: 'What the sets are said to run: what a rollback comes back to' }),
    groups: groupNamesSchema.meta({ description: 'Default: all groups of the environment' }),
  })
  .meta({ id: 'Adoption', examples: [{ app: 'shop', env: 'pro', version: 'v1', groups: ['web'] }] });
export type AdoptionRequest = z.output<typeof adoptionRequestSchema>;

export const detachmentRequestSchema = z
  .strictObject({
    app: nameSchema,
    env: nameSchema,
    groups: groupNamesSchema.meta({ description: 'Default: all groups of the environment that have been released' }),
  })
  .meta({ id: 'Detachment', examples: [{ app: 'shop', env: 'pro', groups: ['web'] }] });
export type DetachmentRequest = z.output<typeof detachmentRequestSchema>;
