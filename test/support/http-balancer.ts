import { once } from 'node:events';
import { createServer, request as ask, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';

/** What its API may do wrong, for the next call of a kind. */
type Fault =
  /** Does it, and answers after so long. */
  | { kind: 'slow'; ms: number }
  /** Does it, and closes the connection without an answer. */
  | { kind: 'no-answer' }
  /** Does it, and sends a second answer, which says the contrary, on the same connection. */
  | { kind: 'two-answers' }
  /** Does nothing, and says this. */
  | { kind: 'status'; status: number; text: string };

type Kind = 'pullOut' | 'pullIn' | 'status';

/**
 * A load balancer in small, with an API of its own as companies have: a reverse proxy that routes by group, and for
 * each server a flag of the release system. What the API is told the proxy follows after `lagMs`; what it answers is
 * what the proxy does.
 */
export interface HttpBalancer {
  /** Of the API; `/op/pullOut`, `/op/pullIn` with {"group","server"}, `/groups/GROUP/servers/SERVER`. */
  api: string;
  /** Of the proxy: `GET /GROUP/path`. */
  url: string;
  token: string;
  lagMs: number;
  /** Calls of the API that it understood: `pullOut shop-web/web-0`. */
  calls: string[];
  /** One that is known already keeps its flag, wherever it moves. */
  add(group: string, server: string, port: number, host?: string): void;
  remove(group: string, server: string): void;
  isIn(group: string, server: string): boolean;
  /** The next `times` calls of this kind go wrong. */
  fail(kind: Kind, fault: Fault, times?: number): void;
  stop(): Promise<void>;
}

interface Entry {
  host: string;
  port: number;
  wanted: 'in' | 'out';
  routed: 'in' | 'out';
}

export async function startHttpBalancer(): Promise<HttpBalancer> {
  const groups = new Map<string, Map<string, Entry>>();
  const faults: { kind: Kind; fault: Fault }[] = [];
  let turn = 0;

  const entryOf = (group: string, server: string): Entry | undefined => groups.get(group)?.get(server);
  const follow = (entry: Entry): void => {
    setTimeout(() => (entry.routed = entry.wanted), balancer.lagMs).unref();
  };

  const route = (request: IncomingMessage, answer: ServerResponse): void => {
    const [, group = ''] = (request.url ?? '').split('/');
    const servers = [...(groups.get(group)?.values() ?? [])].filter(({ routed }) => routed === 'in');
    const server = servers[turn++ % servers.length];
    if (server === undefined) return void answer.writeHead(503).end(`${group} has no server`);
    const { host, port } = server;
    const onward = ask({ host, port, path: request.url, method: request.method, agent: false }, (reply) => {
      answer.writeHead(reply.statusCode ?? 502);
      reply.pipe(answer);
    });
    onward.on('error', (error) => answer.writeHead(502).end(error.message));
    request.pipe(onward);
  };

  const serveApi = async (request: IncomingMessage, answer: ServerResponse): Promise<void> => {
    if (request.headers.authorization !== `Bearer ${balancer.token}`)
      return void answer.writeHead(401).end('bad token');
    const { pathname } = new URL(request.url ?? '/', 'http://any');
    const op = /^\/op\/(pullOut|pullIn)$/.exec(pathname)?.[1] as Kind | undefined;
    const [, statusGroup, statusServer] = /^\/groups\/([^/]+)\/servers\/([^/]+)$/.exec(pathname) ?? [];
    const kind: Kind = op ?? 'status';
    const { group, server } =
      op === undefined
        ? { group: statusGroup ?? '', server: statusServer ?? '' }
        : ((await json(request)) as { group: string; server: string });
    const entry = entryOf(group, server);
    const index = faults.findIndex((fault) => fault.kind === kind);
    const [{ fault } = { fault: null }] = index < 0 ? [] : faults.splice(index, 1);
    if (fault?.kind === 'status') return void answer.writeHead(fault.status).end(fault.text);
    balancer.calls.push(`${kind} ${group}/${server}`);
    if (entry !== undefined && op !== undefined) {
      entry.wanted = op === 'pullOut' ? 'out' : 'in';
      follow(entry);
    }
    if (fault?.kind === 'no-answer') return void request.socket.destroy();
    if (fault?.kind === 'slow') await sleep(fault.ms);
    const status = entry === undefined ? 404 : op !== undefined ? 200 : entry.routed === 'out' ? 200 : 409;
    const text = entry === undefined ? `no server ${server} in ${group}` : entry.routed;
    if (fault?.kind === 'two-answers') {
      const contrary = status === 200 ? 409 : 200;
      const raw = (code: number): string => `HTTP/1.1 ${code} Any\r\nContent-Length: 2\r\n\r\nok`;
      return void request.socket.end(raw(status) + raw(contrary));
    }
    answer.writeHead(status).end(text);
  };

  const servers: Server[] = [];
  const listen = async (server: Server): Promise<string> => {
    servers.push(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const balancer: HttpBalancer = {
    api: await listen(createServer((request, answer) => void serveApi(request, answer))),
    url: await listen(createServer(route)),
    token: 'secret-of-the-release-system',
    lagMs: 20,
    calls: [],
    add: (group, server, port, host = '127.0.0.1') => {
      const known = groups.get(group) ?? new Map<string, Entry>();
      const flags = known.get(server) ?? { wanted: 'in', routed: 'in' };
      groups.set(group, known.set(server, Object.assign(flags, { host, port })));
    },
    remove: (group, server) => void groups.get(group)?.delete(server),
    isIn: (group, server) => entryOf(group, server)?.routed === 'in',
    fail: (kind, fault, times = 1) => {
      for (let n = 0; n < times; n++) faults.push({ kind, fault });
    },
    stop: async () => {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
  return balancer;
}

/** How the fleet file describes it. */
export function balancerSettings({ api, token }: Pick<HttpBalancer, 'api' | 'token'>) {
  const change = (op: string) => ({
    method: 'POST' as const,
    path: `/op/${op}`,
    body: { group: '{app}-{group}', server: '{member}' },
  });
  return {
    name: 'slb',
    kind: 'http' as const,
    url: api,
    headers: { authorization: `Bearer ${token}` },
    timeoutSeconds: 1,
    drain: change('pullOut'),
    undrain: change('pullIn'),
    isDrained: {
      method: 'GET' as const,
      path: '/groups/{app}-{group}/servers/{member}',
      drained: [200],
      serving: [409],
    },
  };
}
