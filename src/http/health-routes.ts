import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { ApiContext } from './context.ts';
import { healthSchema } from './schemas/fleet.ts';
import { callTemporal } from './temporal/link.ts';

/** For supervisors and load balancers. */
export const healthRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.get(
    '/healthz',
    {
      schema: {
        operationId: 'isAlive',
        summary: 'Is the API alive?',
        description: 'Always 200 while the process answers; looks at nothing else.',
        tags: ['health'],
        response: { 200: healthSchema },
      },
    },
    () => ({ ok: true, checks: [] }),
  );

  app.get(
    '/readyz',
    {
      schema: {
        operationId: 'isReady',
        summary: 'Can the API do its work?',
        description: '200 when the catalogue and Temporal answer, else 503 with the one that does not.',
        tags: ['health'],
        response: { 200: healthSchema, 503: healthSchema },
      },
    },
    async (_request, reply) => {
      const checks = await Promise.all([
        check('catalogue', async () => context.catalogue.apps.list()),
        check('temporal', async () => callTemporal(context.temporal, 2, async () => namespaceAnswers(context))),
      ]);
      const ok = checks.every((one) => one.ok);
      return reply.code(ok ? 200 : 503).send({ ok, checks });
    },
  );
  done();
};

async function namespaceAnswers({ temporal: { client, namespace } }: ApiContext): Promise<unknown> {
  return client.workflowService.describeNamespace({ namespace });
}

async function check(
  name: string,
  ask: () => Promise<unknown>,
): Promise<{ name: string; ok: boolean; detail: string }> {
  try {
    await ask();
    return { name, ok: true, detail: '' };
  } catch (error) {
    return { name, ok: false, detail: error instanceof Error ? error.message : String(error) };
  }
}
