import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import { nameSchema } from '../../domain/name.ts';
import { flagSchema, releaseIdSchema } from '../schemas/names.ts';
import { commandAnswerSchema, commandRequestSchema } from '../schemas/command.ts';
import { eventListSchema } from '../schemas/event.ts';
import { releaseListSchema, releaseRequestSchema, releaseSchema } from '../schemas/release.ts';
import { acceptRelease, dryRunRelease } from './accept.ts';
import { commandRelease } from './commands.ts';
import { getRelease } from './find.ts';
import { listReleases } from './list.ts';
import { OpenStreams } from './open-streams.ts';
import { planned } from './planned.ts';
import { stagesOf } from './stage-view.ts';
import { toEvent } from './stream.ts';
import { toRelease } from './view.ts';

const byId = z.strictObject({ id: releaseIdSchema });
const tags = ['releases'];

/** Routes of releases. */
export const releaseRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  const streams = new OpenStreams();
  app.addHook('preClose', async () => streams.end());

  app.post(
    '/v1/releases',
    {
      schema: {
        operationId: 'startRelease',
        summary: 'Release a version of an app in one environment',
        description:
          'Plans the release on what runs now, then accepts it: 202, and the release goes on by itself. With `dryRun=true` only the plan is made and nothing is written: named instances per batch and the arithmetic of the brake. ' +
          'With an `Idempotency-Key` the same request sent again finds the same release, whatever died in between.',
        ...planned,
        body: releaseRequestSchema,
      },
    },
    async (request, reply) => {
      if (request.query.dryRun) return reply.code(200).send(await dryRunRelease(context, request.body));
      const key = request.headers['idempotency-key'];
      const accepted = await acceptRelease(context, request.body, request.actor, key);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  app.get(
    '/v1/releases',
    {
      schema: {
        operationId: 'listReleases',
        summary: 'List releases, latest first',
        description: 'Releases of one app, environment or all; `live=true` gives those that have not ended.',
        tags,
        querystring: z.strictObject({
          app: nameSchema.optional(),
          env: nameSchema.optional(),
          live: flagSchema.optional().meta({ type: 'boolean', description: 'true: not ended; false: ended' }),
          limit: z.coerce.number().int().min(1).max(500).default(20),
        }),
        response: { 200: releaseListSchema },
      },
    },
    async ({ query }) => ({ releases: await listReleases(context, query) }),
  );

  app.get(
    '/v1/releases/:id',
    {
      schema: {
        operationId: 'getRelease',
        summary: 'Show a release',
        description:
          'Its state and, per group, what is waited for, what went wrong, the batches with their instances, and the commands that are legal now.',
        tags,
        params: byId,
        response: { 200: releaseSchema },
      },
    },
    async ({ params }) => {
      const { row, children } = await getRelease(context, params.id);
      return toRelease(context, row, children, await stagesOf(context, row));
    },
  );

  app.get(
    '/v1/releases/:id/events',
    {
      // A HEAD would wait for a stream that it never sees.
      exposeHeadRoute: false,
      schema: {
        operationId: 'listEvents',
        summary: 'Follow what happens in a release',
        description:
          'Progress and audit in one, in order. As JSON a page; with `Accept: text/event-stream` server-sent events whose id is `seq`: they go on where `Last-Event-ID` says, and end after the last event of a release that has ended (204 where nothing is left to send).',
        tags,
        params: byId,
        querystring: z.strictObject({
          after: z.coerce.number().int().min(0).default(0).meta({ description: 'seq of the last event already seen' }),
          limit: z.coerce.number().int().min(1).max(1000).default(200),
        }),
        headers: z.looseObject({
          'last-event-id': z
            .string()
            .regex(/^\d{1,15}$/, 'the seq of an event')
            .optional(),
        }),
        response: { 200: eventListSchema },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const { row } = await getRelease(context, id);
      const { after, limit } = request.query;
      if (request.headers.accept?.includes('text/event-stream') === true) {
        const last = request.headers['last-event-id'];
        return streams.answer(context, row, last === undefined ? after : Number(last), request, reply);
      }
      return { events: (await context.catalogue.events.list(id, after, limit)).map(toEvent) };
    },
  );

  app.post(
    '/v1/releases/:id/commands',
    {
      schema: {
        operationId: 'commandRelease',
        summary: 'Command a release',
        description:
          '`smoke`, `bake`, `rollout` and `finish` open a gate; `brake` stops before the next step; `resume` lets a braked or failed phase look again; `configure` changes knobs of what is still to come; `abort` undoes what was done; `rollback` does so and disables the version. 200: a worker took it; 202: it was sent and no worker has answered within 2 s: it runs when one does, within a minute; 409: it is not legal now, and the legal ones are named.',
        tags,
        params: byId,
        body: commandRequestSchema,
        response: {
          200: commandAnswerSchema.describe('Accepted'),
          202: commandAnswerSchema.describe('Sent, not answered yet'),
        },
      },
    },
    async (request, reply) => {
      const answer = await commandRelease(context, request.params.id, request.body, request.actor);
      return reply.code(answer.state === 'pending' ? 202 : 200).send(answer);
    },
  );

  done();
};
