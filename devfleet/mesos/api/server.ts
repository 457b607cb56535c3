import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Cluster, MasterProcess } from '../cluster.ts';
import { Refusal } from '../master/refusal.ts';
import { authenticate, type Credential } from './access.ts';
import { sendNothing, sendText } from './answer.ts';
import { handleLegacy, LEGACY_ROUTES } from './legacy.ts';
import { handleV1 } from './v1.ts';

/** The HTTP side of one master process. Who does not lead sends callers on to the leader. */
export function masterListener(cluster: Cluster, self: MasterProcess, credentials: Credential[]): RequestListener {
  const secured = credentials.length > 0;
  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      if (error instanceof Refusal) sendText(response, error.status, error.message);
      else sendText(response, 500, String(error));
    });
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://master');
    // `/master/x` is `/x`: the name of the process in front.
    const path = url.pathname.replace(/^\/master(?=\/)/, '');
    if (path === '/health') return sendNothing(response);
    if (path === '/redirect') return redirect(request, response, path);
    // Prevents loops.
    if (path.startsWith('/redirect/')) return sendText(response, 404, '404 Not Found.');
    const route = Object.hasOwn(LEGACY_ROUTES, path) ? LEGACY_ROUTES[path] : undefined;
    if (route === undefined && path !== '/api/v1') return sendText(response, 404, '404 Not Found.');
    const caller = authenticate(request, response, credentials, route?.realm ?? 'mesos-master-readwrite');
    if (caller === null) return;
    if (cluster.leader !== self) return redirect(request, response, path);
    const { readOnly } = caller;
    if (route === undefined) return handleV1(request, response, { cluster, self }, { readOnly, secured });
    // Only /api/v1 says that it recovers. The older ones answer with what the master has: nothing yet.
    const master = cluster.master ?? (request.method === 'GET' ? cluster.blank() : null);
    if (master === null) return sendText(response, 503, 'Master has not finished recovery');
    const { searchParams: query } = url;
    await handleLegacy(route, { request, response, query, cluster, self, master, readOnly, secured });
  }

  /** 307 with a Location without scheme (src/master/http.cpp, Master::Http::redirect). */
  function redirect(request: IncomingMessage, response: ServerResponse, path: string): void {
    const { leader } = cluster;
    if (leader === null) return sendText(response, 503, 'No leader elected');
    const base = `//${leader.hostname}:${leader.port}`;
    const location = path === '/redirect' ? base : `${base}${request.url ?? ''}`;
    response.writeHead(307, { location, 'content-length': 0 }).end();
  }
}
