import { z } from 'zod';
import type { AzSetRef, ImageRef, InstanceRef, Trouble } from '../../domain/types.ts';

// The nouns of the domain as REST shows them: unchanged.

export const azSetRefSchema = z
  .object({
    idc: z.string(),
    az: z.string(),
    cluster: z.string(),
    namespace: z.string(),
    name: z.string().meta({ description: 'On Kubernetes the name of the StatefulSet' }),
  })
  .meta({ id: 'AzSetRef' }) satisfies z.ZodType<AzSetRef>;

export const azSetSchema = azSetRefSchema.extend({ count: z.int() }).meta({ id: 'AzSet' });

export const instanceRefSchema = z
  .object({
    index: z.int().meta({ description: 'Number in the group, from 0; not the ordinal in the AzSet' }),
    name: z.string(),
    azSet: azSetRefSchema,
    member: z.string().meta({ description: 'Place in the AzSet: on Kubernetes the name of the pod' }),
  })
  .meta({ id: 'InstanceRef' }) satisfies z.ZodType<InstanceRef>;

export const imageRefSchema = z
  .object({ repository: z.string(), tag: z.string(), digest: z.string() })
  .meta({ id: 'ImageRef' }) satisfies z.ZodType<ImageRef>;

export const troubleSchema = z
  .object({
    verdict: z.enum(['failed', 'errored']),
    code: z.string().meta({ description: 'A code of the error table' }),
    message: z.string(),
  })
  .meta({ id: 'Trouble' }) satisfies z.ZodType<Trouble>;

export const actorSchema = z
  .object({ name: z.string(), channel: z.enum(['rest', 'cli', 'temporal-ui', 'schedule']) })
  .meta({ id: 'Actor' });
