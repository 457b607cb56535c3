import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import type { ApiContext } from '../context.ts';
import { whyListSchema } from '../schemas/why.ts';
import { explain } from './why.ts';

export const whyRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.get(
    '/v1/apps/:app/why',
    {
      schema: {
        operationId: 'explain',
        summary: 'Why does it stand as it does?',
        description:
          'For each group of an app, or one, or an instance: its state, what is waited for, since and until when, who can unblock it, what to type. From the catalogue and Temporal; clusters are not asked.',
        tags: ['apps'],
        params: z.strictObject({ app: nameSchema }),
        querystring: z.strictObject({
          env: nameSchema.optional(),
          subject: z.string().min(1).max(80).optional().meta({ description: 'A group, or an instance such as web-3' }),
        }),
        response: { 200: whyListSchema },
      },
    },
    async ({ params, query }) => ({ answers: await explain(context, { app: params.app, ...query }) }),
  );
  done();
};
