import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import { connectionsSchema, connectSchema } from '../schemas/connection.ts';
import { flagSchema } from '../schemas/names.ts';
import { connect } from './connect.ts';

/** Whether registries are as sync rules need them. */
export const connectRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/registries/connect',
    {
      schema: {
        operationId: 'connectRegistries',
        summary: 'Connect registries',
        description:
          'Has the workers look whether each registry answers, what its credential may do in the projects that sync rules have to do with, whether it tells of pushes, and whether a replication rule of a Harbor copies the same images. Webhook policies that are missing, or differ, are made and mended; with `dryRun=true` nothing is changed. Asked again there is nothing to do.',
        tags: ['images'],
        querystring: z.strictObject({
          dryRun: flagSchema.default(false).meta({ type: 'boolean', description: 'Only look' }),
        }),
        body: connectSchema,
        response: { 200: connectionsSchema },
      },
    },
    async ({ body, query: { dryRun }, actor }) => {
      const connections = await connect(context, body, !dryRun);
      if (!dryRun)
        context.log.info({ registries: connections.registries.length, by: actor.name }, 'registries connected');
      return connections;
    },
  );

  done();
};
