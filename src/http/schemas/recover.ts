import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';

const reasonSchema = z.string().trim().min(1).max(200).optional().meta({ description: 'Why, for the audit' });

export const rollbackRequestSchema = z
  .strictObject({
    groups: z.array(nameSchema).min(1).optional().meta({ description: 'Only these groups. Default: all that can be' }),
    reason: reasonSchema,
  })
  .meta({ id: 'Rollback', examples: [{ reason: 'orders fail' }] });
export type RollbackRequest = z.output<typeof rollbackRequestSchema>;

export const repairRequestSchema = z
  .strictObject({
    app: nameSchema,
    env: nameSchema,
    group: nameSchema,
    to: z.enum(['before', 'wanted']).optional().meta({
      description:
        'before: what was released before the operation that left it; wanted: what that operation was to bring. Default: before; wanted after a rollback or repair, and past a point of no return',
    }),
    reason: reasonSchema,
  })
  .meta({ id: 'Repair', examples: [{ app: 'shop', env: 'pro', group: 'web' }] });
export type RepairRequest = z.output<typeof repairRequestSchema>;

const disabledVersionSchema = z
  .object({
    app: z.string(),
    version: z.string(),
    operation: z.string(),
    reason: z.string(),
    actor: z.object({ name: z.string(), channel: z.string() }),
    disabledAt: z.string(),
  })
  .meta({ id: 'DisabledVersion' });

export const disabledVersionListSchema = z.object({ versions: z.array(disabledVersionSchema) }).meta({
  id: 'DisabledVersionList',
  examples: [
    {
      versions: [
        {
          app: 'shop',
          version: 'v2',
          operation: 'rel-c3xq2m7k4a.web',
          reason: 'rolled back by li: orders fail',
          actor: { name: 'li', channel: 'cli' },
          disabledAt: '2026-01-01T12:00:00.000Z',
        },
      ],
    },
  ],
});
