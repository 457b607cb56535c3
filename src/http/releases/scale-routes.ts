import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ApiContext } from '../context.ts';
import { scaleRequestSchema } from '../schemas/scale.ts';
import { planned } from './planned.ts';
import { dryRunScale, scale } from './scale.ts';

export const scaleRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/scales',
    {
      schema: {
        operationId: 'scale',
        summary: 'Change how many instances a group has',
        description:
          'New instances come first, out of traffic until they are ignited; those that go, the last of each AzSet, are taken out of traffic before they end, as far as the brake lets them. What else runs is left alone. It is a release of its own (`flavor: scale`): all commands but `rollback` are for it, too; an abort brings the sizes back. Refused where an autoscaler sets the size.',
        ...planned,
        body: scaleRequestSchema,
      },
    },
    async (request, reply) => {
      const { body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunScale(context, body));
      const accepted = await scale(context, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  done();
};
