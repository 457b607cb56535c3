import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ApiContext } from '../context.ts';
import { adoptionRequestSchema, detachmentRequestSchema } from '../schemas/takeover.ts';
import { planned } from './planned.ts';
import { adopt, detach, dryRunAdoption, dryRunDetachment } from './takeover.ts';

export const takeoverRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/adoptions',
    {
      schema: {
        operationId: 'adopt',
        summary: 'Take over sets that somebody else made',
        description:
          'The StatefulSets that the app file names (`placement[].set`) become groups of the app, as they run: parked, labelled, and their Services select only instances that nobody took out. No instance ends. The plan says what the next release would change. An abort leaves the sets again. It is a release of its own (`flavor: adopt`).',
        ...planned,
        body: adoptionRequestSchema,
      },
    },
    async (request, reply) => {
      const { body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunAdoption(context, body));
      const accepted = await adopt(context, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  app.post(
    '/v1/detachments',
    {
      schema: {
        operationId: 'detach',
        summary: 'Leave the sets of groups to whoever has them then',
        description:
          'The sets are at rest, at partition 0 and without our name: `kubectl`, Helm or Argo CD manage them by themselves again. No instance ends, and traffic goes on. An abort takes them over again. It is a release of its own (`flavor: detach`).',
        ...planned,
        body: detachmentRequestSchema,
      },
    },
    async (request, reply) => {
      const { body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunDetachment(context, body));
      const accepted = await detach(context, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  done();
};
