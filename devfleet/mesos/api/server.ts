import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import type { Cluster, MasterProcess } from '../cluster.ts';
import { Refusal } from '../master/refusal.ts';
import { authenticate, type Credential } from './access.ts';
import { notFound, sendNothing, sendRefusal } from './answer.ts';
import { handleLegacy, LEGACY_ROUTES } from './legacy.ts';
import { handleV1 } from './v1.ts';

/** The HTTP side of one master process. Who does not lead sends callers on to the leader. */
export function masterListener(cluster: Cluster, self: MasterProcess, credentials: Credential[]): RequestListener {
  const secured = credentials.length > 0;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://master');
    // `/master/x` is `/x`: the name of the process in front.
    const path = url.pathname.replace(/^\/master(?=\/)/, '');
    if (path === '/health') {
      sendNothing(response);
      return;
    }
    const route = Object.hasOwn(LEGACY_ROUTES, path) ? LEGACY_ROUTES[path] : undefined;
    if (route === undefined && path !== '/api/v1' && path !== '/redirect') throw notFound();
    const realm = route?.realm ?? 'mesos-master-readwrite';
    const { readOnly } = path === '/redirect' ? { readOnly: true } : authenticate(request, credentials, realm);
    if (path === '/redirect' || cluster.leader !== self) {
      response.writeHead(307, { location: locationOf(path, request.url ?? ''), 'content-length': 0 }).end();
      return;
    }
    if (route === undefined) {
      await handleV1(request, response, { cluster, self }, { readOnly, secured });
      return;
    }
    // Only /api/v1 says that it recovers. The older ones answer with what the master has: nothing yet.
    const master = cluster.master ?? (request.method === 'GET' ? cluster.blank() : null);
    if (master === null) throw new Refusal(503, 'Master has not finished recovery');
    const { searchParams: query } = url;
    await handleLegacy(route, { request, response, query, cluster, self, master, readOnly, secured });
  }

  /** Without a scheme (src/master/http.cpp, Master::Http::redirect); of `/redirect` the leader itself. */
  function locationOf(path: string, asked: string): string {
    const { leader } = cluster;
    if (leader === null) throw new Refusal(503, 'No leader elected');
    const base = `//${leader.hostname}:${leader.port}`;
    return path === '/redirect' ? base : `${base}${asked}`;
  }

  return (request, response) => {
    handle(request, response).catch((error: unknown) => {
      sendRefusal(response, error instanceof Refusal ? error : new Refusal(500, String(error)));
    });
  };
}
