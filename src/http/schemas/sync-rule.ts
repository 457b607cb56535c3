import { z } from 'zod';
import { syncRuleSchema, type SyncRule } from '../../domain/sync/rule.ts';
import { lastComparisonSchema } from './comparison.ts';

const exampleFile = {
  name: 'shop',
  from: 'north',
  to: ['south'],
  images: [{ repository: 'shop/**', tags: ['v*', '!*-dev'] }],
} satisfies z.input<typeof syncRuleSchema>;

/** Body of PUT /v1/sync-rules/{name}: for the OpenAPI document; the body itself is read by parseRule. */
export const syncRuleBodySchema = syncRuleSchema.meta({ id: 'SyncRuleFile', examples: [exampleFile] });

const exampleRule = {
  ...exampleFile,
  referrers: true,
  onPush: true,
  every: '10m',
  priority: 'normal',
  parallel: 4,
  createProject: false,
  deletions: { tags: false, keep: [], most: 20, repositories: false },
} satisfies SyncRule;

const ruleSchema = z
  .object(syncRuleSchema.shape)
  .meta({ id: 'SyncRule', description: 'The rule with every default filled in', examples: [exampleRule] });

const revision = z
  .int()
  .meta({ description: 'Raised by every change; no number comes back, also not after a rule was deleted' });

export const syncRuleAnswerSchema = z
  .object({
    name: z.string(),
    revision: revision.meta({ description: 'Of the rule that is in force now; 0 where there is none' }),
    applied: z.boolean().meta({ description: 'false for a dry run, and where nothing differs' }),
    rule: ruleSchema,
    changes: z
      .array(z.object({ path: z.string(), before: z.unknown(), after: z.unknown() }))
      .meta({ description: 'What differs from the rule before; a new rule is one change without path' }),
    overlaps: z
      .array(
        z.object({
          rule: z.string(),
          how: z.enum(['same', 'before', 'after']).meta({
            description:
              'same: it brings images of this rule to the same registry, from the same source; before: to the source of this rule; after: on from where this rule brings them',
          }),
          registries: z.array(z.string()).meta({ description: 'Where the two rules meet' }),
          example: z.string().meta({ description: 'An image that both bring' }),
        }),
      )
      .meta({ description: 'Other rules that bring images of this one, too' }),
  })
  .meta({
    id: 'SyncRuleAnswer',
    examples: [
      {
        name: 'shop',
        revision: 2,
        applied: true,
        rule: exampleRule,
        changes: [{ path: 'images["shop/**"].tags', before: ['v*'], after: ['v*', '!*-dev'] }],
        overlaps: [{ rule: 'all', how: 'same', registries: ['south'], example: 'shop/a:v' }],
      },
    ],
  });
export type SyncRuleAnswer = z.output<typeof syncRuleAnswerSchema>;

const exampleView = {
  revision: 2,
  changedAt: '2026-01-01T12:00:00.000Z',
  changedBy: 'li',
  rule: exampleRule,
  missing: [],
  comparison: null,
};

export const syncRuleViewSchema = z
  .object({
    revision,
    changedAt: z.string(),
    changedBy: z.string(),
    rule: ruleSchema,
    missing: z
      .array(z.string())
      .meta({ description: 'Registries that the rule names and the fleet file has not: nothing is brought there' }),
    comparison: lastComparisonSchema
      .nullable()
      .meta({ description: 'How the last comparison by the rule ended; null: there was none yet' }),
  })
  .meta({
    id: 'SyncRuleView',
    examples: [exampleView],
  });
export type SyncRuleView = z.output<typeof syncRuleViewSchema>;

export const syncRuleListSchema = z.object({ rules: z.array(syncRuleViewSchema) }).meta({
  id: 'SyncRuleList',
  examples: [{ rules: [exampleView] }],
});

export const syncRuleHistorySchema = z
  .object({
    changes: z
      .array(
        z.object({
          revision,
          changedAt: z.string(),
          changedBy: z.string(),
          before: ruleSchema.nullable().meta({ description: 'null: there was no such rule' }),
          after: ruleSchema.nullable().meta({ description: 'null: it was deleted' }),
        }),
      )
      .meta({ description: 'The latest first' }),
  })
  .meta({
    id: 'SyncRuleHistory',
    examples: [
      {
        changes: [
          { revision: 1, changedAt: '2026-01-01T12:00:00.000Z', changedBy: 'li', before: null, after: exampleRule },
        ],
      },
    ],
  });
