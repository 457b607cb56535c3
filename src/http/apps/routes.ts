import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import type { ApiContext } from '../context.ts';
import { appBodySchema, appListSchema, appViewSchema, applyAnswerSchema } from '../schemas/app.ts';
import { takeFiles, validateAllButBody } from '../file-body.ts';
import { flagSchema, seenHeaderSchema, seenRevision } from '../schemas/names.ts';
import { applyApp } from './apply.ts';
import { viewApp } from './view.ts';

const tags = ['apps'];
const params = z.strictObject({ app: nameSchema });

/** Routes of apps. */
export const appRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  takeFiles(app);

  app.put(
    '/v1/apps/:app',
    {
      // The body is read by parseApp, which words every error with its line.
      validatorCompiler: validateAllButBody,
      schema: {
        operationId: 'applyApp',
        summary: 'Apply an app file',
        description:
          'Plans what the file changes and puts it in force; clusters are not touched, the next release of each group does that. With `dryRun=true` only the plan is given. Send it as JSON or as the YAML file itself.',
        tags,
        params,
        querystring: z.strictObject({
          dryRun: flagSchema.default(false).meta({ type: 'boolean', description: 'Only plan' }),
        }),
        headers: seenHeaderSchema,
        body: appBodySchema,
        response: { 200: applyAnswerSchema },
      },
    },
    async (request, reply) => {
      const answer = await applyApp(
        context,
        {
          app: request.params.app,
          text: request.body as unknown as string,
          dryRun: request.query.dryRun,
          seen: seenRevision(request.headers),
        },
        request.actor,
      );
      return reply.header('etag', `"${answer.revision}"`).send(answer);
    },
  );

  app.get(
    '/v1/apps',
    {
      schema: {
        operationId: 'listApps',
        summary: 'List apps',
        description: 'Every app that has been applied, by name.',
        tags,
        response: { 200: appListSchema },
      },
    },
    async () => ({ apps: await context.catalogue.apps.list() }),
  );

  app.get(
    '/v1/apps/:app',
    {
      schema: {
        operationId: 'getApp',
        summary: 'Show an app',
        description:
          'Its definition and, per group, what it runs at rest, who holds it, its AzSets and its instances as last seen.',
        tags,
        params,
        response: { 200: appViewSchema },
      },
    },
    async ({ params: { app: name } }, reply) => {
      const view = await viewApp(context, name);
      return reply.header('etag', `"${view.revision}"`).send(view);
    },
  );

  done();
};
