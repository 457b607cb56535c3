import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { TransshipError } from '../../domain/errors.ts';
import { registriesOf } from '../../domain/registries.ts';
import { statsOf, SYNC_LATE_SECONDS } from '../../domain/sync/stats.ts';
import { parseImage } from '../../registry/reference.ts';
import type { ApiContext } from '../context.ts';
import { flagSchema, keyHeaderSchema } from '../schemas/names.ts';
import { compareQuerySchema, comparisonSchema } from '../schemas/image-diff.ts';
import {
  acceptedSyncSchema,
  cancelledSyncSchema,
  cancelSyncSchema,
  syncPlanSchema,
  syncRequestSchema,
} from '../schemas/sync.ts';
import { syncListSchema, syncQuerySchema, syncStatsSchema } from '../schemas/sync-list.ts';
import { cancelSync } from '../temporal/syncs.ts';
import { compareImages } from './compare.ts';
import { listSyncs } from './list.ts';
import { planImage } from './plan.ts';
import { startSync, syncLinks } from './start.ts';

const tags = ['images'];

/** Routes of syncs: images that are brought from one registry to others. */
export const syncRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/syncs',
    {
      schema: {
        operationId: 'startSync',
        summary: 'Bring an image to registries',
        description:
          'Looks what the tag names at the source and in each destination, and asks for that image: 202, and it goes on by itself, together with what others want of it. Where from and where to is what sync rules say, unless the request does. With `dryRun=true` it only looks. With an `Idempotency-Key` the same request sent again counts once.',
        tags,
        querystring: z.strictObject({
          dryRun: flagSchema.default(false).meta({ type: 'boolean', description: 'Only plan' }),
        }),
        headers: keyHeaderSchema,
        body: syncRequestSchema,
        response: {
          200: syncPlanSchema.describe('The plan, with dryRun=true'),
          202: acceptedSyncSchema.describe('Accepted; links.status says where its destinations are'),
        },
      },
    },
    async (request, reply) => {
      if (request.query.dryRun) return reply.code(200).send(await planImage(context, request.body));
      const key = request.headers['idempotency-key'];
      const accepted = await startSync(context, request.body, request.actor, key);
      return reply.code(202).header('location', accepted.links.status).send(accepted);
    },
  );

  app.get(
    '/v1/syncs',
    {
      schema: {
        operationId: 'listSyncs',
        summary: 'List syncs: how far which image is in which registry',
        description:
          'The last sync of each image and registry. Of those that are open also what goes on: bytes, blobs, the attempt, why the one before failed, and whether a worker is at it; where Temporal does not answer, the list comes without that and says so.',
        tags,
        querystring: syncQuerySchema,
        response: { 200: syncListSchema },
      },
    },
    async ({ query }) => listSyncs(context, query),
  );

  app.get(
    '/v1/syncs/stats',
    {
      schema: {
        operationId: 'getSyncStats',
        summary: 'Show how long syncs take, by registry',
        description:
          'Of those that were asked for in the last hours: done and failed, percentiles and a histogram of the seconds from when they were due, which is when they were asked for or their window opened, to their end; and what is open now.',
        tags,
        querystring: z.strictObject({
          hours: z.coerce.number().positive().max(720).default(24).meta({ description: 'How far to look back' }),
        }),
        response: { 200: syncStatsSchema },
      },
    },
    async ({ query: { hours } }) => {
      const { syncs } = context.catalogue;
      const [ended, open] = await Promise.all([syncs.took(hours), syncs.open(SYNC_LATE_SECONDS)]);
      const names = registriesOf(context.fleet).map(({ name }) => name);
      return { hours, registries: statsOf(names, ended, open) };
    },
  );

  app.post(
    '/v1/syncs/cancel',
    {
      schema: {
        operationId: 'cancelSync',
        summary: 'Cancel the sync of an image',
        description:
          'Whoever wanted it: nothing more of it is brought, and tags that it moved go back to what they named before, unless somebody else has moved them since. 202: it does so now.',
        tags,
        body: cancelSyncSchema,
        response: { 202: cancelledSyncSchema },
      },
    },
    async ({ body: { image }, actor }, reply) => {
      const { repository, digest } = parseImage(image) ?? {};
      if (repository === undefined || typeof digest !== 'string') throw new Error(`${image} has passed its schema`);
      if (!(await cancelSync(context.temporal, repository, digest))) {
        throw new TransshipError('SYNC_UNKNOWN', `no sync of ${image} runs`);
      }
      context.log.info({ image, by: actor.name }, 'sync cancelled');
      return reply.code(202).send({ repository, digest, links: syncLinks(context, repository, digest) });
    },
  );

  app.get(
    '/v1/images/diff',
    {
      schema: {
        operationId: 'compareImages',
        summary: 'Compare the tags of a repository over registries',
        description:
          'What each tag names in each registry, looked at now, by the workers of their IDCs. A registry that does not answer is told so.',
        tags,
        querystring: compareQuerySchema,
        response: { 200: comparisonSchema },
      },
    },
    async ({ query }) => compareImages(context, query),
  );

  done();
};
