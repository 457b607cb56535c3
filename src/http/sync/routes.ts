import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { nameSchema } from '../../domain/name.ts';
import type { ApiContext } from '../context.ts';
import { takeFiles, validateAllButBody } from '../file-body.ts';
import { flagSchema, seenHeaderSchema, seenRevision } from '../schemas/names.ts';
import {
  syncRuleAnswerSchema,
  syncRuleBodySchema,
  syncRuleHistorySchema,
  syncRuleListSchema,
  syncRuleViewSchema,
} from '../schemas/sync-rule.ts';
import { applyRule } from './apply.ts';
import { unknownRule, viewRule } from './view.ts';

const tags = ['images'];
const params = z.strictObject({ name: nameSchema });

/** Routes of sync rules: which images go to which registries. */
export const syncRuleRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  takeFiles(app);

  app.put(
    '/v1/sync-rules/:name',
    {
      // The body is read by parseRule, which words every error with its line.
      validatorCompiler: validateAllButBody,
      schema: {
        operationId: 'putSyncRule',
        summary: 'Apply a sync rule',
        description:
          'Checks the rule against the fleet and against the rules in force, says what it changes and which rules bring the same images, and puts it in force. With `dryRun=true` nothing is changed. Send it as JSON or as the YAML file itself.',
        tags,
        params,
        querystring: z.strictObject({
          dryRun: flagSchema.default(false).meta({ type: 'boolean', description: 'Only check and plan' }),
        }),
        headers: seenHeaderSchema,
        body: syncRuleBodySchema,
        response: { 200: syncRuleAnswerSchema },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const { dryRun } = request.query;
      const seen = seenRevision(request.headers);
      const text = request.body as unknown as string;
      const answer = await applyRule(context, { name, text, dryRun, seen }, request.actor);
      return reply.header('etag', `"${answer.revision}"`).send(answer);
    },
  );

  app.get(
    '/v1/sync-rules',
    {
      schema: {
        operationId: 'listSyncRules',
        summary: 'List sync rules',
        description:
          'Every rule in force, by name, with the registries that it names and the fleet has not, and how the last comparison by it ended.',
        tags,
        response: { 200: syncRuleListSchema },
      },
    },
    async () => {
      const { syncRules, comparisons } = context.catalogue;
      const [rows, lasts] = await Promise.all([syncRules.list(), comparisons.list()]);
      const lastOf = (name: string) => lasts.find(({ rule }) => rule === name) ?? null;
      return { rules: rows.map((row) => viewRule(context, row, lastOf(row.rule.name))) };
    },
  );

  app.get(
    '/v1/sync-rules/:name',
    {
      schema: {
        operationId: 'getSyncRule',
        summary: 'Show a sync rule',
        description:
          'The rule with every default filled in, who changed it last and when, and how the last comparison by it ended.',
        tags,
        params,
        response: { 200: syncRuleViewSchema },
      },
    },
    async ({ params: { name } }, reply) => {
      const { syncRules, comparisons } = context.catalogue;
      const [row, last] = await Promise.all([syncRules.get(name), comparisons.get(name)]);
      if (row === null) throw await unknownRule(context, name);
      return reply.header('etag', `"${row.revision}"`).send(viewRule(context, row, last));
    },
  );

  app.delete(
    '/v1/sync-rules/:name',
    {
      schema: {
        operationId: 'deleteSyncRule',
        summary: 'Delete a sync rule',
        description:
          'It brings nothing any more. Copies that run go on, and what it has brought stays where it is. Its history stays, too.',
        tags,
        params,
        headers: seenHeaderSchema,
        response: { 204: z.null().describe('Deleted') },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const seen = seenRevision(request.headers);
      if (!(await context.catalogue.syncRules.delete(name, request.actor, { seen }))) {
        throw await unknownRule(context, name);
      }
      return reply.code(204).send(null);
    },
  );

  app.get(
    '/v1/sync-rules/:name/history',
    {
      schema: {
        operationId: 'listSyncRuleChanges',
        summary: 'Show the history of a sync rule',
        description: 'Every change of it: who, when, and the rule before and after. Also of a rule that was deleted.',
        tags,
        params,
        response: { 200: syncRuleHistorySchema },
      },
    },
    async ({ params: { name } }) => {
      const changes = await context.catalogue.syncRules.history(name);
      if (changes.length === 0) throw await unknownRule(context, name);
      return { changes: changes.map((change) => ({ ...change, changedBy: change.changedBy.name })) };
    },
  );

  done();
};
