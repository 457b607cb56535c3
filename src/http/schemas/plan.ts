import { z } from 'zod';
import type { BatchPlan, BudgetSum } from '../../domain/plan.ts';
import type { GroupPlan, ReleasePlan } from '../../temporal/messages.ts';
import { imageRefSchema, instanceRefSchema } from './places.ts';

export const budgetSumSchema = z
  .object({
    desired: z.int(),
    percent: z.number().meta({ description: 'Largest share that may be out: max(25, batchPercent)' }),
    floor: z.int().meta({ description: 'Instances that must keep serving' }),
    serving: z.int(),
    taken: z.int().meta({ description: 'Members of the batch that serve now' }),
    pass: z.boolean(),
  })
  .meta({ id: 'BudgetSum', description: "The brake's arithmetic for one batch" }) satisfies z.ZodType<BudgetSum>;

export const batchPlanSchema = z
  .object({
    batches: z.array(
      z.object({
        index: z.int().meta({ description: '0 is the bastion' }),
        members: z.array(instanceRefSchema),
        wave: z
          .string()
          .exactOptional()
          .meta({ description: 'IDC or AZ that it belongs to, where a release goes in waves' }),
      }),
    ),
    rounding: z.string().meta({ description: 'How the batch size came about', examples: ['25 % of 12 = 3'] }),
    budget: z.array(budgetSumSchema).meta({
      description: 'One sum per batch, as if every earlier batch had come back into service',
    }),
  })
  .meta({ id: 'BatchPlan' }) satisfies z.ZodType<BatchPlan>;

export const groupPlanSchema = z
  .object({
    ref: z.object({ env: z.string(), app: z.string(), group: z.string() }),
    mode: z
      .enum(['create', 'in-place', 'recreate', 'mixed', 'restart', 'scale', 'adopt', 'detach', 'convert', 'none'])
      .meta({
        description:
          'create: its sets do not exist yet; in-place: images change; recreate: more does, so there will be new instances; mixed: that is so in some of its sets only; restart: the same again, in new pods; scale: batch 1 comes, batch 2 goes; adopt, detach: its sets are taken over, or left, as they run; convert: its sets are made anew under their instances, which stay; none: it is like that already',
      }),
    images: z.record(z.string(), imageRefSchema),
    missing: z
      .array(
        z.object({
          repository: z.string(),
          tag: z.string(),
          digest: z.string(),
          idc: z.string().meta({ description: 'IDC whose registry lacks it' }),
          from: z.object({ name: z.string(), idc: z.string() }).meta({ description: 'Registry that has it' }),
          platforms: z.array(z.string()).exactOptional(),
          referrers: z.boolean(),
          createProject: z
            .boolean()
            .exactOptional()
            .meta({ description: 'A project that a Harbor lacks is made. Default: false' }),
        }),
      )
      .exactOptional()
      .meta({
        description:
          'Images that sync rules bring to an IDC before its first batch, while earlier batches go; absent where all are there',
      }),
    running: z.array(z.string()).meta({ description: 'Image strings that run now, most frequent first' }),
    plan: batchPlanSchema,
    warnings: z.array(z.string()),
  })
  .meta({ id: 'GroupPlan' }) satisfies z.ZodType<GroupPlan>;

const example: ReleasePlan = {
  env: 'fat',
  app: 'shop',
  version: 'v2',
  groups: [
    {
      ref: { env: 'fat', app: 'shop', group: 'web' },
      mode: 'in-place',
      images: { web: { repository: 'shop/web', tag: 'v2', digest: `sha256:${'0'.repeat(64)}` } },
      running: ['registry.north:5000/shop/web:v1'],
      plan: {
        batches: [
          {
            index: 0,
            members: [
              {
                index: 0,
                name: 'web-0',
                azSet: { idc: 'north', az: 'az-1', cluster: 'north-1', namespace: 'fat', name: 'shop-web-az-1' },
                member: 'shop-web-az-1-0',
              },
            ],
          },
        ],
        rounding: '25 % of 1 = 0.25, at least 1',
        budget: [{ desired: 1, percent: 25, floor: 0, serving: 1, taken: 1, pass: true }],
      },
      warnings: [],
    },
  ],
};

export const releasePlanSchema = z
  .object({ env: z.string(), app: z.string(), version: z.string(), groups: z.array(groupPlanSchema) })
  .meta({ id: 'ReleasePlan', examples: [example] }) satisfies z.ZodType<ReleasePlan>;
