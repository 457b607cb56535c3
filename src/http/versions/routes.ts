import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { TransshipError } from '../../domain/errors.ts';
import { nameSchema } from '../../domain/name.ts';
import type { ApiContext } from '../context.ts';
import { versionSchema } from '../schemas/names.ts';
import { disabledVersionListSchema } from '../schemas/recover.ts';

const tags = ['versions'];

/** Routes of versions that are held back. */
export const versionRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.get(
    '/v1/apps/:app/disabled-versions',
    {
      schema: {
        operationId: 'listDisabledVersions',
        summary: 'List the versions that are held back',
        description: 'Versions of the app that were rolled back: not released again before somebody enables them.',
        tags,
        params: z.strictObject({ app: nameSchema }),
        response: { 200: disabledVersionListSchema },
      },
    },
    async ({ params }) => ({ versions: await context.catalogue.versions.ofApp(params.app) }),
  );

  app.delete(
    '/v1/apps/:app/disabled-versions/:version',
    {
      schema: {
        operationId: 'enableVersion',
        summary: 'Enable a version again',
        description: 'It may be released again. Releases that run are not touched.',
        tags,
        params: z.strictObject({ app: nameSchema, version: versionSchema }),
        response: { 204: z.null().describe('Enabled') },
      },
    },
    async (request, reply) => {
      const { app: name, version } = request.params;
      if (!(await context.catalogue.versions.enable(name, version))) {
        throw new TransshipError('NOT_FOUND', `${name} ${version} is not disabled`);
      }
      request.log.info({ app: name, version, by: request.actor }, 'version enabled');
      return reply.code(204).send(null);
    },
  );

  done();
};
