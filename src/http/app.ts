import swagger from '@fastify/swagger';
import { fastify, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import { serializerCompiler } from 'fastify-type-provider-zod';
import { useAuthentication, type Authenticate } from './actor.ts';
import { appRoutes } from './apps/routes.ts';
import type { ApiContext } from './context.ts';
import { fleetRoutes } from './fleet-routes.ts';
import { healthRoutes } from './health-routes.ts';
import { hookRoutes } from './hooks/routes.ts';
import { refuseForeignPages } from './loopback.ts';
import { openApiOptions } from './openapi-document.ts';
import { useProblems } from './problem.ts';
import { recoverRoutes } from './releases/recover-routes.ts';
import { restartRoutes } from './releases/restart-routes.ts';
import { scaleRoutes } from './releases/scale-routes.ts';
import { promoteRoutes } from './releases/promote-routes.ts';
import { convertRoutes } from './releases/convert-routes.ts';
import { takeoverRoutes } from './releases/takeover-routes.ts';
import { releaseRoutes } from './releases/routes.ts';
import { comparisonRoutes } from './sync/comparison-routes.ts';
import { syncRuleRoutes } from './sync/routes.ts';
import { connectRoutes } from './sync/connect-routes.ts';
import { syncRoutes } from './sync/sync-routes.ts';
import { versionRoutes } from './versions/routes.ts';
import { whyRoutes } from './why/routes.ts';
import { validatorCompiler } from './validation.ts';

/** Bytes of a body at most; an app file of a hundred groups is a tenth of it. */
const BODY_LIMIT = 1_048_576;

export interface AppOptions {
  context: ApiContext;
  logger: FastifyBaseLogger;
  authenticate: Authenticate;
  /** Whether callers are authenticated; where not, pages of other sites are kept away. */
  authenticated: boolean;
}

/** The REST API, ready to listen or to inject requests into. */
export async function buildApp({ context, logger, authenticate, authenticated }: AppOptions): Promise<FastifyInstance> {
  const app = fastify({
    loggerInstance: logger,
    bodyLimit: BODY_LIMIT,
    requestIdHeader: 'x-request-id',
    // Idle keep-alive connections must not hold a shutdown up.
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 200 },
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  useProblems(app);
  app.addHook('onSend', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  if (!authenticated) app.addHook('onRequest', refuseForeignPages);
  useAuthentication(app, authenticate);

  await app.register(swagger, openApiOptions);
  app.get('/openapi.json', { schema: { hide: true } }, () => app.swagger());
  await app.register(healthRoutes, { context });
  await app.register(fleetRoutes, { context });
  await app.register(appRoutes, { context });
  await app.register(releaseRoutes, { context });
  await app.register(promoteRoutes, { context });
  await app.register(restartRoutes, { context });
  await app.register(scaleRoutes, { context });
  await app.register(takeoverRoutes, { context });
  await app.register(convertRoutes, { context });
  await app.register(recoverRoutes, { context });
  await app.register(syncRuleRoutes, { context });
  await app.register(comparisonRoutes, { context });
  await app.register(syncRoutes, { context });
  await app.register(connectRoutes, { context });
  await app.register(hookRoutes, { context });
  await app.register(versionRoutes, { context });
  await app.register(whyRoutes, { context });
  await app.ready();
  return app;
}
