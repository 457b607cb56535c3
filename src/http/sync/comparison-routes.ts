import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import type { ApiContext } from '../context.ts';
import {
  acceptedComparisonSchema,
  comparisonIdSchema,
  comparisonStatusSchema,
  compareRequestSchema,
} from '../schemas/comparison.ts';
import { beginComparison, showComparison } from './comparisons.ts';

const tags = ['images'];

/** Routes of comparisons of registries that somebody asks for. */
export const comparisonRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/sync-rules/:name/comparisons',
    {
      schema: {
        operationId: 'startComparison',
        summary: 'Compare registries by a sync rule now',
        description:
          'As its schedule does every so often: asks for what is missing, and deletes tags that the source has no more where the rule says so. With `dryRun` nothing is changed, and it says what would be. `mostDeletions` and `deleteRepositories` let go what is held back, this once.',
        tags,
        params: z.strictObject({ name: nameSchema }),
        body: compareRequestSchema,
        response: { 202: acceptedComparisonSchema.describe('Begun; links.status says how far it is') },
      },
    },
    async ({ params: { name }, body, actor }, reply) => {
      const accepted = await beginComparison(context, name, body, actor);
      return reply.code(202).header('location', accepted.links.status).send(accepted);
    },
  );

  app.get(
    '/v1/sync-rules/:name/comparisons/:id',
    {
      schema: {
        operationId: 'getComparison',
        summary: 'Show how far a comparison is',
        description: 'What goes on in it, as its workers tell; how it ended, for as long as Temporal keeps that.',
        tags,
        params: z.strictObject({ name: nameSchema, id: comparisonIdSchema }),
        response: { 200: comparisonStatusSchema },
      },
    },
    async ({ params: { name, id } }) => showComparison(context, name, id),
  );

  done();
};
