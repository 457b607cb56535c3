import { createServer } from 'node:http';
import type { ClientRequest, IncomingHttpHeaders, IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Backends } from './backends.ts';
import type { RoutingTable } from './table.ts';

// Of one connection, not of the message (RFC 9110, 7.6.1).
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'host']);

/**
 * The door itself: `/<namespace>/<service>/<path…>` goes to `/<path…>` of an endpoint of the Service. Like kube-proxy it
 * checks no health and tries no second endpoint: refused or reset is 502, no endpoint is 503. Answers name the endpoint
 * in `x-endpoint`.
 */
export function createProxy(table: RoutingTable, backends: Backends): Server {
  const server = createServer((request, response) => void forward(request, response, table, backends));
  // Longer than clients keep idle connections, so that the client, who knows what it will send next, closes first.
  server.keepAliveTimeout = 65_000;
  return server;
}

async function forward(
  request: IncomingMessage,
  response: ServerResponse,
  table: RoutingTable,
  backends: Backends,
): Promise<void> {
  const [, namespace = '', name = '', rest = ''] = /^\/([^/?]+)\/([^/?]+)(.*)$/.exec(request.url ?? '') ?? [];
  if (name === '') {
    answer(response, 404, 'ask for /<namespace>/<service>/<path>');
    return;
  }

  const service = `${namespace}/${name}`;
  const endpoint = table.pick(service);
  if (endpoint === null) {
    answer(response, 503, `${service} has no endpoint`);
    return;
  }
  response.setHeader('x-endpoint', endpoint.address);

  let outgoing: ClientRequest | undefined;
  response.on('close', () => {
    if (!response.writableFinished) outgoing?.destroy();
  });
  try {
    const upstream = await backends.send(
      endpoint,
      {
        method: request.method ?? 'GET',
        path: rest.startsWith('/') ? rest : `/${rest}`,
        headers: endToEnd(request.headers),
      },
      hasBody(request) ? request : null,
      (sent) => {
        outgoing = sent;
        // The client may have left before a second try.
        if (response.destroyed) sent.destroy();
      },
    );
    response.writeHead(upstream.statusCode ?? 502, endToEnd(upstream.headers));
    // Headers are sent: a broken body can only be shown by breaking the client's connection too.
    upstream.on('error', () => response.destroy());
    upstream.pipe(response);
  } catch (error) {
    answer(response, 502, `${endpoint.address}:${endpoint.port} ${error instanceof Error ? error.message : ''}`);
  }
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent || response.destroyed) return;
  response.writeHead(status, { 'content-type': 'text/plain' });
  response.end(`${text}\n`);
}

function hasBody(request: IncomingMessage): boolean {
  return 'transfer-encoding' in request.headers || Number(request.headers['content-length'] ?? 0) > 0;
}

function endToEnd(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept: IncomingHttpHeaders = {};
  for (const name in headers) if (!HOP_BY_HOP.has(name)) kept[name] = headers[name];
  return kept;
}
