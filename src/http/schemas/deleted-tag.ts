import { z } from 'zod';
import { DIGEST } from './image.ts';

/** A tag that a sync rule has deleted. */
export const deletedTagSchema = z
  .object({
    repository: z.string(),
    tag: z.string(),
    registry: z.string(),
    digest: z.string().meta({ description: 'What it named; the image stays until the registry collects it' }),
    from: z.string().meta({ description: 'Registry that it had come from, and that had it no more' }),
    rule: z.string(),
    at: z.string(),
  })
  .meta({
    id: 'DeletedTag',
    examples: [
      {
        ...{ repository: 'shop/web', tag: 'v1', registry: 'south', digest: DIGEST, from: 'north', rule: 'shop' },
        at: '2026-01-01T12:00:00.000Z',
      },
    ],
  });
export type DeletedTag = z.output<typeof deletedTagSchema>;
