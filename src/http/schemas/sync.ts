import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { NOW } from '../../domain/sync/by-hand.ts';
import { SYNC_STATES, type Sync } from '../../domain/sync/progress.ts';
import { PRIORITIES, syncRuleSchema } from '../../domain/sync/rule.ts';
import { SYNC_BUCKETS, SYNC_GOAL_SECONDS, SYNC_LATE_SECONDS, type SyncStats } from '../../domain/sync/stats.ts';
import { isDigest } from '../../registry/digest.ts';
import { isRepository, isTag, parseImage } from '../../registry/reference.ts';
import { troubleSchema } from './places.ts';

const DIGEST = `sha256:${'4f53cda1'.repeat(8)}`;
const OTHER = `sha256:${'9c21b0e7'.repeat(8)}`;

const repositorySchema = z
  .string()
  .refine(isRepository, 'must be a repository, without the host of a registry')
  .meta({ examples: ['shop/web'] });
const tagSchema = z
  .string()
  .refine(isTag, 'must be a tag: letters, digits, ".", "_" and "-", at most 128')
  .meta({ examples: ['v2'] });
const digestSchema = z
  .string()
  .refine(isDigest, 'must be a digest: sha256: and 64 hexadecimal digits')
  .meta({ examples: [DIGEST] });

/** `shop/web:v2` or `shop/web@sha256:…`. */
const imageSchema = z
  .string()
  .refine((text) => {
    const image = parseImage(text);
    return image !== null && (image.tag !== null || image.digest !== null);
  }, 'must be REPOSITORY:TAG or REPOSITORY@DIGEST, without the host of a registry')
  .meta({ examples: ['shop/web:v2'] });

const registriesSchema = z
  .array(nameSchema)
  .min(1)
  .max(100)
  .refine((names) => new Set(names).size === names.length, 'each registry once');

export const syncRequestSchema = z
  .strictObject({
    image: imageSchema.meta({ description: 'By its tag or by its digest, without the host of a registry' }),
    from: nameSchema
      .exactOptional()
      .meta({ description: 'Registry that has it. Default: the one from which sync rules bring it' }),
    to: registriesSchema
      .exactOptional()
      .meta({ description: 'Registries that are to get it. Default: those to which sync rules bring it' }),
    tag: tagSchema.exactOptional().meta({
      description:
        'Tag that is to name it there; the source must name it by that tag, too. Default: the tag of `image`; with a digest none is moved',
    }),
    priority: z
      .enum(PRIORITIES)
      .exactOptional()
      .meta({ description: 'Which copies go first where a worker has more than it can do. Default: normal' }),
    platforms: syncRuleSchema.shape.platforms.unwrap().exactOptional().meta({
      description: 'Of an image for several platforms only these. Default: what the sync rules say, else all',
    }),
    referrers: z.boolean().exactOptional().meta({
      description:
        'Signatures, attestations and whatever else refers to the image come with it. Default: what the sync rules say, else true',
    }),
  })
  .meta({ id: 'StartSync', examples: [{ image: 'shop/web:v2', from: 'north', to: ['south'], priority: 'high' }] });
export type StartSync = z.output<typeof syncRequestSchema>;

const plannedSchema = z
  .object({
    registry: z.string(),
    idc: z.string(),
    now: z.enum(NOW).meta({
      description:
        'same: it is there, and only what is missing of it is brought; other: the tag names another image, and moves; absent: it is brought; unreachable: it is tried until the registry answers, for a day',
    }),
    digest: z.string().nullable().meta({ description: 'What the tag, or the digest, names there now' }),
    trouble: troubleSchema.nullable(),
    rules: z.array(z.string()).meta({ description: 'Sync rules that bring it there' }),
    platforms: z.array(z.string()).exactOptional(),
    referrers: z.boolean(),
  })
  .meta({ id: 'PlannedSync' });

const wayShape = {
  repository: z.string(),
  digest: z.string(),
  tag: z.string().nullable().meta({ description: 'Tag that is moved; null: none is' }),
  from: z.string(),
  to: z.array(plannedSchema),
  missing: z
    .array(z.string())
    .meta({ description: 'Registries that sync rules name and the fleet file has not: nothing is brought there' }),
};

const exampleWay = {
  repository: 'shop/web',
  digest: DIGEST,
  tag: 'v2',
  from: 'north',
  to: [
    {
      ...{ registry: 'south', idc: 'south', now: 'other' as const, digest: OTHER, trouble: null },
      ...{ rules: ['shop'], referrers: true },
    },
  ],
  missing: [],
};

export const syncPlanSchema = z.object(wayShape).meta({ id: 'SyncPlan', examples: [exampleWay] });
export type SyncPlan = z.output<typeof syncPlanSchema>;

const linksSchema = z.object({
  status: z.string().meta({ description: 'Where its destinations are shown' }),
  temporalUi: z.string().nullable().meta({ description: 'Null where the fleet file names no Temporal UI' }),
});
const exampleLinks = {
  status: `/v1/syncs?repository=shop%2Fweb&digest=${encodeURIComponent(DIGEST)}`,
  temporalUi: `http://127.0.0.1:8233/namespaces/transship/workflows/${encodeURIComponent(`sync/shop/web@${DIGEST}`)}`,
};

export const acceptedSyncSchema = z
  .object({ id: z.string().meta({ description: 'Of the request' }), ...wayShape, links: linksSchema })
  .meta({ id: 'AcceptedSync', examples: [{ id: 'syn-c3xq2m7k4a', ...exampleWay, links: exampleLinks }] });
export type AcceptedSync = z.output<typeof acceptedSyncSchema>;

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
  })
  .meta({
    id: 'SyncList',
    examples: [
      {
        syncs: [
          {
            ...{ repository: 'shop/web', digest: DIGEST, registry: 'south', from: 'north', state: 'queued' as const },
            ...{ tags: { v2: null }, priority: 'normal' as const, wantedBy: ['li by hand'] },
            ...{ askedAt: '2026-01-01T12:00:00.000Z', endedAt: null, report: null, trouble: null },
            activity: {
              ...{ step: 'copy' as const, since: '2026-01-01T12:00:00.100Z', attempt: 2, worker: '4711@worker-south' },
              nextAttempt: null,
              last: { code: 'REGISTRY_UNREACHABLE', message: 'south: HEAD http://south:5000/v2/: connection refused' },
              copied: { blobs: 4, here: 2, bytes: 20_000_000, hereBytes: 12_400_000, sentBytes: 12_400_000 },
            },
          },
        ],
        unseen: null,
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
    seconds: z
      .object({ p50: z.number(), p95: z.number(), p99: z.number(), max: z.number() })
      .nullable()
      .meta({ description: 'From request to end, of those that are done; null where there are none' }),
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
      description: `Open for longer than ${SYNC_LATE_SECONDS} s; those of low priority may wait for their time`,
    }),
    oldestSeconds: z.number().nullable().meta({ description: 'How long the oldest open one has waited' }),
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

export const cancelSyncSchema = z
  .strictObject({
    image: imageSchema
      .refine((text) => text.includes('@'), 'must name the image by its digest: transship image status shows it')
      .meta({ description: 'REPOSITORY@DIGEST' }),
  })
  .meta({ id: 'CancelSync', examples: [{ image: `shop/web@${DIGEST}` }] });

export const cancelledSyncSchema = z
  .object({ repository: z.string(), digest: z.string(), links: linksSchema })
  .meta({ id: 'CancelledSync', examples: [{ repository: 'shop/web', digest: DIGEST, links: exampleLinks }] });

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
      },
    ],
  });
export type Comparison = z.output<typeof comparisonSchema>;
