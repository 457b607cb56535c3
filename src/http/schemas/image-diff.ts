import { z } from 'zod';
import { deletedTagSchema } from './deleted-tag.ts';
import { DIGEST, registriesSchema, repositorySchema, tagSchema } from './image.ts';
import { troubleSchema } from './places.ts';

export const compareQuerySchema = z.strictObject({
  repository: repositorySchema,
  tag: tagSchema.optional().meta({ description: 'Only this one. Default: all' }),
  registries: z
    .string()
    .transform((text) => text.split(','))
    .pipe(registriesSchema)
    .optional()
    .meta({
      type: 'string',
      description: 'Names, with commas between. Default: all of the fleet',
      examples: ['north,south'],
    }),
});
export type CompareQuery = z.output<typeof compareQuerySchema>;

export const comparisonSchema = z
  .object({
    repository: z.string(),
    registries: z.array(
      z.object({
        registry: z.string(),
        trouble: troubleSchema.nullable().meta({ description: 'Why it cannot be told what it has' }),
        isCut: z.boolean().meta({ description: 'It has more tags than were looked at' }),
      }),
    ),
    tags: z.array(
      z.object({
        tag: z.string(),
        agrees: z.boolean().meta({ description: 'Every registry that answers has the same' }),
        digests: z.record(z.string(), z.string().nullable()).meta({
          description:
            'Registry → what the tag names there; null: nothing. Registries of which it is not known are left out',
        }),
      }),
    ),
    deleted: z
      .array(deletedTagSchema)
      .meta({ description: 'Tags that a sync rule has deleted in these registries, and nobody brought again since' }),
  })
  .meta({
    id: 'ImageComparison',
    examples: [
      {
        repository: 'shop/web',
        registries: [
          { registry: 'north', trouble: null, isCut: false },
          { registry: 'south', trouble: null, isCut: false },
        ],
        tags: [{ tag: 'v2', agrees: false, digests: { north: DIGEST, south: null } }],
        deleted: [],
      },
    ],
  });
export type Comparison = z.output<typeof comparisonSchema>;
