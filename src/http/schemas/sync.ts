import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import { NOW } from '../../domain/sync/by-hand.ts';
import { PRIORITIES } from '../../domain/sync/priority.ts';
import { syncRuleSchema } from '../../domain/sync/rule.ts';
import { DIGEST, imageSchema, OTHER, registriesSchema, tagSchema } from './image.ts';
import { troubleSchema } from './places.ts';

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
    createProject: z.boolean().meta({ description: 'A project that a Harbor lacks is made' }),
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
      ...{ rules: ['shop'], referrers: true, createProject: false },
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
