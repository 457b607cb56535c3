import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import type { ApiContext } from '../context.ts';
import { appBodySchema, appListSchema, appViewSchema, applyAnswerSchema } from '../schemas/app.ts';
import { flagSchema } from '../schemas/names.ts';
import { validatorCompiler } from '../validation.ts';
import { applyApp } from './apply.ts';
import { viewApp } from './view.ts';

const tags = ['apps'];
const params = z.strictObject({ app: nameSchema });

/** Types under which an app file may be sent. It is read as text, so that errors have lines. */
const APP_TYPES = ['application/json', 'application/yaml', 'application/x-yaml', 'text/yaml', 'text/x-yaml'];

/** Routes of apps. */
export const appRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(APP_TYPES, { parseAs: 'string' }, (_request, body, parsed) => parsed(null, body));

  app.put(
    '/v1/apps/:app',
    {
      // The body is read by parseApp, which words every error with its line.
      validatorCompiler: ({ schema, ...part }) =>
        part.httpPart === 'body'
          ? (data: unknown) => ({ value: data })
          : validatorCompiler({ ...part, schema: schema as unknown as z.ZodType }),
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
        headers: z.looseObject({
          'if-match': z
            .string()
            .regex(/^"\d{1,9}"$/, 'the revision in quotes, e.g. "3"')
            .optional()
            .meta({
              description: 'Revision that the plan was made on, in quotes; refused with 409 when another is in force',
            }),
        }),
        body: appBodySchema,
        response: { 200: applyAnswerSchema },
      },
    },
    async (request, reply) => {
      const seen = request.headers['if-match'];
      const answer = await applyApp(
        context,
        {
          app: request.params.app,
          text: request.body as unknown as string,
          dryRun: request.query.dryRun,
          seen: seen === undefined ? undefined : Number(seen.slice(1, -1)),
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
