import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ApiContext } from '../context.ts';
import { conversionRequestSchema } from '../schemas/convert.ts';
import { convert, dryRunConversion } from './convert.ts';
import { planned } from './planned.ts';

export const convertRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/conversions',
    {
      schema: {
        operationId: 'convert',
        summary: 'Make OrderedReady sets Parallel, or the other way round',
        description:
          'Each set is saved, deleted with its pods left as they are, and created again with the same template and the other `podManagementPolicy`, which cannot be changed otherwise. No instance ends, and traffic goes on; in the moments between nothing brings back one that ends by itself. An abort makes the sets what they were. It is a release of its own (`flavor: convert`).',
        ...planned,
        body: conversionRequestSchema,
      },
    },
    async (request, reply) => {
      const { body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunConversion(context, body));
      const accepted = await convert(context, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  done();
};
