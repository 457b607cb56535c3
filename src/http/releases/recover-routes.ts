import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { ApiContext } from '../context.ts';
import { keyHeaderSchema, releaseIdSchema } from '../schemas/names.ts';
import { repairRequestSchema, rollbackRequestSchema } from '../schemas/recover.ts';
import { retryRelease } from './accept.ts';
import { planned } from './planned.ts';
import { dryRunRepair, repairGroup } from './repair.ts';
import { dryRunRollback, rollbackRelease } from './rollback.ts';
import { yieldRelease } from './yield.ts';

/** Routes that put right what a release did, or left. */
export const recoverRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.post(
    '/v1/releases/:id/rollback',
    {
      schema: {
        operationId: 'rollbackRelease',
        summary: 'Roll back a release that has ended',
        description:
          'Brings its groups back to what they ran before it, in batches of 50 %, without bastion or pause, by looking at what runs; and disables its version. It is a release of its own (`flavor: rollback`) that cannot be aborted or rolled back. A release that still runs takes the command `rollback` instead.',
        ...planned,
        params: z.strictObject({ id: releaseIdSchema }),
        body: rollbackRequestSchema,
      },
    },
    async (request, reply) => {
      const { params, body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunRollback(context, params.id, body));
      const accepted = await rollbackRelease(context, params.id, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  app.post(
    '/v1/releases/:id/retry',
    {
      schema: {
        operationId: 'retryRelease',
        summary: 'Release again what a release did not bring',
        description:
          'A new release of the same version, with the same knobs, to the groups that did not end in SUCCESS. What is still held is resumed instead; what was left half done is repaired first.',
        tags: planned.tags,
        params: z.strictObject({ id: releaseIdSchema }),
        headers: keyHeaderSchema,
        response: { 202: planned.response[202] },
      },
    },
    async (request, reply) => {
      const { params, actor, headers } = request;
      const accepted = await retryRelease(context, params.id, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  app.post(
    '/v1/releases/:id/yield',
    {
      schema: {
        operationId: 'yieldRelease',
        summary: 'Let those that wait go first',
        description:
          'For a release that holds its groups (at a gate, at a brake) while others wait for them: it joins the queue behind them as a new release, which is the answer, with the same version and knobs; then it is aborted, and what it did is undone.',
        tags: planned.tags,
        params: z.strictObject({ id: releaseIdSchema }),
        headers: keyHeaderSchema,
        response: { 202: planned.response[202] },
      },
    },
    async (request, reply) => {
      const { params, actor, headers } = request;
      const accepted = await yieldRelease(context, params.id, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  app.post(
    '/v1/repairs',
    {
      schema: {
        operationId: 'repairGroup',
        summary: 'Repair a group that was left half done, or changed by others',
        description:
          'For a dirty group: its last operation neither finished nor undid; and for one whose sets somebody else changed: what they wrote is named in the plan, and written over. Looks at what runs and brings every instance to one version; Temporal’s history is not needed. It is a release of its own (`flavor: repair`).',
        ...planned,
        body: repairRequestSchema,
      },
    },
    async (request, reply) => {
      const { body, query, actor, headers } = request;
      if (query.dryRun) return reply.code(200).send(await dryRunRepair(context, body));
      const accepted = await repairGroup(context, body, actor, headers['idempotency-key']);
      return reply.code(202).header('location', accepted.links.self).send(accepted);
    },
  );

  done();
};
