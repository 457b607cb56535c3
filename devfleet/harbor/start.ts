import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Mishaps } from '../mesos/mishaps.ts';
import { serveToken } from './access/token-service.ts';
import { createAdmin } from './admin.ts';
import { addProject } from './api/projects.ts';
import { serveApi } from './api/serve.ts';
import type { HarborConfig } from './config.ts';
import { Quotas } from './content/quotas.ts';
import type { Harbor } from './harbor.ts';
import { Refusal, sendRefusal } from './refusal.ts';
import { Store } from './store/store.ts';
import { Backend } from './v2/backend.ts';
import { Accepted } from './v2/blobs.ts';
import { serveRegistry } from './v2/serve.ts';
import { Webhooks } from './webhooks/webhooks.ts';

/** Starts a Harbor on 127.0.0.1 before a registry that runs; returns when it listens. A new one has the project `library`, public. */
export async function startHarbor(config: HarborConfig): Promise<{ close(): Promise<void> }> {
  const store = new Store(config.stateFile);
  const harbor: Harbor = {
    config,
    store,
    backend: new Backend(config.registryUrl),
    quotas: new Quotas(store),
    webhooks: new Webhooks(store, config.clocks),
    readOnly: false,
  };
  if (store.projects.all().length === 0) {
    const time = new Date().toISOString();
    addProject(
      harbor,
      { name: 'library', metadata: { public: 'true' }, registryId: 0, created: time, updated: time },
      -1,
    );
  }
  const mishaps = new Mishaps();
  const server = createServer(mishaps.around(listener(harbor)));
  // Uploads take as long as they take.
  server.requestTimeout = 0;
  server.listen({ host: '127.0.0.1', port: config.port });
  await once(server, 'listening');
  const admin = createAdmin(harbor, mishaps);
  await admin.listen({ host: '127.0.0.1', port: config.adminPort });
  return {
    close: async () => {
      server.close();
      server.closeAllConnections();
      await Promise.all([harbor.webhooks.close(), harbor.backend.close(), admin.close()]);
    },
  };
}

function listener(harbor: Harbor): (request: IncomingMessage, response: ServerResponse) => void {
  const accepted = new Accepted();
  return (request, response) => {
    response.setHeader('x-request-id', request.headers['x-request-id'] ?? randomUUID());
    serve(harbor, accepted, request, response).catch((error: unknown) => {
      // In the middle of an answer nothing can be said any more.
      if (response.headersSent) response.destroy();
      else sendRefusal(response, error);
    });
  };
}

async function serve(
  harbor: Harbor,
  accepted: Accepted,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://harbor');
  if (pathname.startsWith('/v2/')) await serveRegistry(harbor, accepted, request, response);
  else if (pathname.startsWith('/api/v2.0/')) await serveApi(harbor, request, response);
  else if (pathname === '/service/token' && request.method === 'GET')
    sendToken(harbor, searchParams, request, response);
  else throw new Refusal('NOT_FOUND', `path ${pathname} was not found`);
}

/** Its errors are plain text, unlike all others. */
function sendToken(
  harbor: Harbor,
  query: URLSearchParams,
  { headers }: IncomingMessage,
  response: ServerResponse,
): void {
  try {
    const body = JSON.stringify(serveToken(harbor, query, headers), null, 2);
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(body);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    response.writeHead(error.status, { 'content-type': 'text/plain; charset=utf-8' }).end(error.message);
  }
}
