import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ApiContext } from '../context.ts';
import { restartRequestSchema } from '../schemas/restart.ts';
import { planned } from './planned.ts';
import { dryRunRestart, restart } from './restart.ts';

export const restartRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/restarts',
    {
      schema: {
        operationId: 'restart',
        summary: 'Restart instances on what they run',
        description:
          'Makes instances anew, on the version and template that are released: taken out of traffic, evicted, ignited, put in again; a bastion first, then batch by batch, under the brake and the gates of a release. It is a release of its own (`flavor: restart`): all commands but `rollback` are for it, too. An abort stops it; what was made anew stays.',
        ...planned,
        body: restartRequestSchema,
      },
    },
    async (request, reply) => {
      const { body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunRestart(context, body));
      const accepted = await restart(context, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  done();
};
