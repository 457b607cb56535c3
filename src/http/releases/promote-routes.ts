import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ApiContext } from '../context.ts';
import { promotionRequestSchema } from '../schemas/promotion.ts';
import { planned } from './planned.ts';
import { dryRunPromotion, promote } from './promote.ts';

export const promoteRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/promotions',
    {
      schema: {
        operationId: 'promote',
        summary: 'Release a version in one environment after the other',
        description:
          'In each environment it is a release of its own, accepted when its turn comes, with the same images by digest. Between two a gate: `rollout` opens it. Where one does not succeed the promotion waits: `resume` releases there again. An abort undoes the release that is under way; those before it stay. It is shown, watched and commanded as a release (`flavor: promote`).',
        ...planned,
        body: promotionRequestSchema,
      },
    },
    async (request, reply) => {
      const { body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunPromotion(context, body));
      const accepted = await promote(context, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  done();
};
