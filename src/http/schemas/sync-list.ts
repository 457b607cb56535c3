import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { SYNC_STATES, type Sync } from '../../domain/sync/progress.ts';
import { PRIORITIES } from '../../domain/sync/priority.ts';
import { SYNC_BUCKETS, SYNC_GOAL_SECONDS, SYNC_LATE_SECONDS, type SyncStats } from '../../domain/sync/stats.ts';
import { DIGEST, digestSchema, repositorySchema, tagSchema } from './image.ts';
import { deletedTagSchema } from './deleted-tag.ts';
import { troubleSchema } from './places.ts';

const reportSchema = z
  .object({
    startedAt: z.string(),
    ms: z.number().meta({ description: 'Until the image was there, from when a worker began' }),
    wasHere: z.boolean().meta({ description: 'It was there before' }),
    bytes: z.number().meta({ description: 'Sent there, those of attempts that failed included' }),
    sent: z.int().meta({ description: 'Blobs that were sent' }),
    mounted: z.int().meta({ description: 'Blobs that were taken from another repository there' }),
    skipped: z.int().meta({ description: 'Blobs that were there already' }),
    duplicates: z.int().meta({ description: 'Blobs that somebody else brought meanwhile' }),
    uploads: z.int().meta({ description: 'Uploads that were begun' }),
    attempts: z.int().meta({ description: 'Attempts of the whole copy' }),
  })
  .meta({ id: 'SyncReport' }) satisfies z.ZodType<NonNullable<Sync['report']>>;

/** What goes on for an open sync, as Temporal tells. */
const activitySchema = z
  .object({
    step: z.enum(['copy', 'tag']),
    since: z.string().meta({ description: 'When the attempt was due, ISO time' }),
    attempt: z.int(),
    worker: z.string().nullable().meta({ description: 'Who is at it; null: nobody at the moment' }),
    nextAttempt: z
      .string()
      .nullable()
      .meta({ description: 'ISO time of the next attempt; null: one goes on, or waits for a worker' }),
    last: z
      .object({ code: z.string(), message: z.string() })
      .nullable()
      .meta({ description: 'Why the attempt before failed' }),
    copied: z
      .object({
        blobs: z.int(),
        here: z.int().meta({ description: 'Blobs that are there, sent or not' }),
        bytes: z.number().meta({ description: 'Size of all blobs that are to be there, as far as they are known' }),
        hereBytes: z.number().meta({ description: 'Size of what is there, what was sent of other blobs included' }),
        sentBytes: z.number().meta({ description: 'Sent so far, over all attempts' }),
      })
      .nullable()
      .meta({ description: 'Null while no attempt has told' }),
  })
  .meta({ id: 'SyncActivity' });
export type SyncActivity = z.output<typeof activitySchema>;

const syncSchema = z
  .object({
    repository: z.string(),
    digest: z.string(),
    registry: z.string(),
    from: z.string(),
    state: z.enum(SYNC_STATES).meta({
      description:
        'queued; arrived: it is there, and its tags are not moved yet; done; failed: not without somebody who changes something, and asks again; cancelled: tags were brought back',
    }),
    tags: z
      .record(z.string(), z.enum(['moved', 'superseded']).nullable())
      .meta({ description: 'superseded: its source names another image by the tag meanwhile; null: not moved yet' }),
    priority: z.enum(PRIORITIES),
    wantedBy: z.array(z.string()),
    askedAt: z.string(),
    notBefore: z.string().nullable().meta({
      description: 'Before this it need not begin, as its rule has windows; null: it was due when it was asked for',
    }),
    endedAt: z.string().nullable(),
    report: reportSchema.nullable(),
    trouble: troubleSchema.nullable(),
    activity: activitySchema.nullable().meta({
      description: 'What goes on; null where it has ended, where it waits for its time, or where that is not known',
    }),
  })
  .meta({ id: 'Sync' });

export const syncListSchema = z
  .object({
    syncs: z.array(syncSchema),
    unseen: z
      .string()
      .nullable()
      .meta({ description: 'Why what goes on is not known of some that are open; null: of all it is' }),
    deleted: z.array(deletedTagSchema).meta({
      description:
        'Tags of the repository that was asked for that a sync rule has deleted, and nobody brought again since; empty without a repository',
    }),
  })
  .meta({
    id: 'SyncList',
    examples: [
      {
        syncs: [
          {
            ...{ repository: 'shop/web', digest: DIGEST, registry: 'south', from: 'north', state: 'queued' as const },
            ...{ tags: { v2: null }, priority: 'normal' as const, wantedBy: ['li by hand'] },
            ...{ askedAt: '2026-01-01T12:00:00.000Z', notBefore: null, endedAt: null, report: null, trouble: null },
            activity: {
              ...{ step: 'copy' as const, since: '2026-01-01T12:00:00.100Z', attempt: 2, worker: '4711@worker-south' },
              nextAttempt: null,
              last: { code: 'REGISTRY_UNREACHABLE', message: 'south: HEAD http://south:5000/v2/: connection refused' },
              copied: { blobs: 4, here: 2, bytes: 20_000_000, hereBytes: 12_400_000, sentBytes: 12_400_000 },
            },
          },
        ],
        unseen: null,
        deleted: [],
      },
    ],
  });
export type SyncList = z.output<typeof syncListSchema>;

export const syncQuerySchema = z.strictObject({
  repository: repositorySchema.optional(),
  digest: digestSchema.optional(),
  tag: tagSchema.optional().meta({ description: 'Those that move, or moved, this tag' }),
  registry: nameSchema.optional().meta({ description: 'Destination' }),
  state: z
    .enum(['open', ...SYNC_STATES])
    .optional()
    .meta({ description: 'open: those that have not ended, the oldest first. Else the latest first' }),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
export type SyncQuery = z.output<typeof syncQuerySchema>;

const statsSchema = z
  .object({
    registry: z.string(),
    done: z.int(),
    failed: z.int(),
    seconds: z.object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() }).nullable().meta({
      description:
        'From when they were due (asked for, or their window opened) to their end, of those that are done; null where there are none',
    }),
    histogram: z
      .array(z.object({ le: z.number().nullable(), count: z.int() }))
      .meta({ description: `How many took up to so many seconds: ${SYNC_BUCKETS.join(', ')}; null: longer` }),
    withinGoal: z
      .number()
      .nullable()
      .meta({
        description: `Share of those that have ended that is done within ${SYNC_GOAL_SECONDS} s, from 0 to 1`,
      }),
    open: z.int(),
    late: z.int().meta({
      description: `Open for longer than ${SYNC_LATE_SECONDS} s since they were due`,
    }),
    oldestSeconds: z
      .number()
      .nullable()
      .meta({ description: 'How long ago the oldest open one was due; 0: it waits for its window' }),
  })
  .meta({ id: 'SyncStats' }) satisfies z.ZodType<SyncStats>;

export const syncStatsSchema = z.object({ hours: z.number(), registries: z.array(statsSchema) }).meta({
  id: 'SyncStatsList',
  examples: [
    {
      hours: 24,
      registries: [
        {
          ...{ registry: 'south', done: 3490, failed: 10, seconds: { p50: 2.1, p95: 9.7, p99: 17.2, max: 41 } },
          histogram: [{ le: 1, count: 900 }],
          ...{ withinGoal: 0.996, open: 1, late: 0, oldestSeconds: 0.8 },
        },
      ],
    },
  ],
});
export type SyncStatsList = z.output<typeof syncStatsSchema>;
