import { z } from 'zod';
import { HOLDS, type Comparison } from '../../domain/sync/drift.ts';
import { troubleSchema } from './places.ts';

const idcSchema = z
  .object({
    checked: z.int().meta({ description: 'Tags that the rule brings, as the source has them' }),
    missing: z.int().meta({ description: 'Of them those that a registry has not, or that name another image there' }),
    extra: z
      .int()
      .meta({ description: 'Tags that were brought, and that the source has no more; with deletions only' }),
    deleted: z.int(),
    held: z.int().meta({ description: 'Extra tags that stay' }),
    isCut: z.boolean().meta({ description: 'There is more than was counted: it is found when this much is done' }),
    trouble: troubleSchema.nullable().meta({ description: 'Why it could not be compared; null: it was' }),
  })
  .meta({ id: 'IdcDrift' });

const exampleSchema = z
  .object({
    what: z.enum(['missing', 'deleted', 'held']),
    image: z.string(),
    registries: z.array(z.string()),
    why: z.enum(HOLDS).nullable().meta({
      description:
        'Why it stays. many: more than `deletions.most` within an hour; repository: the source has no tag of the repository any more; rule: another rule brings it there; unsupported: the registry deletes no tags; failed: it refused, or did not answer',
    }),
    detail: z.string().meta({ description: 'The other rule, what the registry said, or how many there are' }),
  })
  .meta({ id: 'DriftExample' });

const fields = {
  revision: z.int().meta({ description: 'Of the rule' }),
  by: z.string().meta({ description: 'Who asked for it: schedule, or a person' }),
  startedAt: z.string(),
  seconds: z
    .number()
    .meta({ description: 'Until all was compared and deleted; what is missing takes longer to be brought' }),
  idcs: z.record(z.string(), idcSchema),
  examples: z.array(exampleSchema).meta({ description: 'The first of those that differed' }),
  unsupported: z.array(z.string()).meta({
    description: 'Registries that delete no tags: they are tried again when the rule changes, or a person compares',
  }),
  asked: z.int().meta({ description: 'Images that were missing somewhere, and were asked for' }),
  late: z
    .int()
    .nullable()
    .meta({ description: 'Of them those that had not got there ten minutes later; null: that is not known yet' }),
};

const example = {
  ...{ revision: 2, by: 'schedule', startedAt: '2026-01-01T12:00:00.000Z', seconds: 4.2 },
  idcs: { south: { checked: 812, missing: 1, extra: 2, deleted: 1, held: 1, isCut: false, trouble: null } },
  examples: [
    { what: 'missing' as const, image: 'shop/web:v7', registries: ['south'], why: null, detail: '' },
    { what: 'deleted' as const, image: 'shop/web:v1', registries: ['south'], why: null, detail: '' },
    { what: 'held' as const, image: 'shop/old:v1', registries: ['south'], why: 'repository' as const, detail: '' },
  ],
  ...{ unsupported: [], asked: 1, late: 0 },
} satisfies Comparison;

export const comparisonSchema = z
  .object(fields)
  .meta({ id: 'Comparison', examples: [example] }) satisfies z.ZodType<Comparison>;

export const lastComparisonSchema = z
  .object({
    ...fields,
    endedAt: z.string(),
    driftSince: z.string().nullable().meta({
      description: 'Since when each comparison has left something as it should not be; null: the last one did not',
    }),
  })
  .meta({
    id: 'LastComparison',
    examples: [{ ...example, endedAt: '2026-01-01T12:00:05.000Z', driftSince: '2026-01-01T09:10:00.000Z' }],
  });

export const compareRequestSchema = z
  .strictObject({
    dryRun: z.boolean().default(false).meta({ description: 'Nothing is brought or deleted; it says what would be' }),
    mostDeletions: z
      .int()
      .min(1)
      .max(10_000)
      .exactOptional()
      .meta({ description: 'This once in the place of `deletions.most` of the rule' }),
    deleteRepositories: z
      .boolean()
      .exactOptional()
      .meta({ description: 'This once in the place of `deletions.repositories` of the rule' }),
  })
  .meta({ id: 'CompareRequest', examples: [{ dryRun: false, mostDeletions: 200 }] });
export type CompareRequest = z.output<typeof compareRequestSchema>;

/** Id of a comparison that somebody asked for. */
export const comparisonIdSchema = z
  .string()
  .regex(/^cmp-[a-z2-7]{10}$/, 'cmp- and 10 characters, as POST …/comparisons answered')
  .meta({ description: 'Id of the comparison', examples: ['cmp-c3xq2m7k4a'] });

export const acceptedComparisonSchema = z
  .object({
    id: z.string(),
    rule: z.string(),
    links: z.object({ status: z.string(), temporalUi: z.string().nullable() }),
  })
  .meta({
    id: 'AcceptedComparison',
    examples: [
      {
        id: 'cmp-c3xq2m7k4a',
        rule: 'shop',
        links: { status: '/v1/sync-rules/shop/comparisons/cmp-c3xq2m7k4a', temporalUi: null },
      },
    ],
  });
export type AcceptedComparison = z.output<typeof acceptedComparisonSchema>;

export const comparisonStatusSchema = z
  .object({
    id: z.string(),
    rule: z.string(),
    state: z.enum(['running', 'done', 'failed']),
    doing: z.array(z.string()).meta({ description: 'What goes on now, a line for each step' }),
    comparison: comparisonSchema.nullable().meta({
      description: 'How it ended; null while it runs, where it failed, and where the rule was gone when it began',
    }),
  })
  .meta({
    id: 'ComparisonStatus',
    examples: [
      {
        ...{ id: 'cmp-c3xq2m7k4a', rule: 'shop', state: 'running' as const, comparison: null },
        doing: ['idc-south: compares shop/web: 1200 tags so far, 3 missing'],
      },
    ],
  });
export type ComparisonStatus = z.output<typeof comparisonStatusSchema>;
