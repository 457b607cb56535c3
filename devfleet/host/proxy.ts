import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { loopbackOf } from './addresses.ts';

/**
 * Forward HTTP proxy into the pod network of one IDC: absolute-form requests and CONNECT to 10.<octet>.y.z:p go to
 * 127.<octet>.y.z:p. Other destinations are refused with 403; a destination that does not answer is a 502.
 */
export function createProxy(octet: number): Server {
  const real = (host: string): string | null =>
    new RegExp(`^10\\.${octet}\\.\\d{1,3}\\.\\d{1,3}$`).test(host) ? loopbackOf(host) : null;
  const server = createServer((incoming, response) => forward(incoming, response, real));
  server.on('connect', (incoming: IncomingMessage, client: Duplex, head: Buffer) =>
    tunnel(incoming, client, head, real),
  );
  return server;
}

type Resolve = (host: string) => string | null;

function forward(incoming: IncomingMessage, response: ServerResponse, real: Resolve): void {
  const url = URL.canParse(incoming.url ?? '') ? new URL(incoming.url ?? '') : null;
  const host = url?.protocol === 'http:' ? real(url.hostname) : null;
  if (url === null || host === null) {
    response.writeHead(403).end(`${incoming.url ?? ''}: not an address of this IDC\n`);
    return;
  }
  const headers = { ...incoming.headers };
  delete headers['proxy-connection'];
  // No kept connection to instances: they come and go, and a reused one that just died would look like a failure.
  const outgoing = request(
    {
      host,
      port: url.port || 80,
      method: incoming.method ?? 'GET',
      path: `${url.pathname}${url.search}`,
      headers,
      agent: false,
    },
    (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    },
  );
  outgoing.on('error', (error) => {
    if (response.headersSent) response.destroy();
    else response.writeHead(502).end(`${url.host}: ${error.message}\n`);
  });
  response.on('close', () => outgoing.destroy());
  incoming.pipe(outgoing);
}

function tunnel(incoming: IncomingMessage, client: Duplex, head: Buffer, real: Resolve): void {
  const [, name = '', port = ''] = /^(.*):(\d+)$/.exec(incoming.url ?? '') ?? [];
  const host = real(name);
  client.on('error', () => client.destroy());
  if (host === null) {
    client.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n');
    return;
  }
  let connected = false;
  const upstream = connect({ host, port: Number(port) }, () => {
    connected = true;
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    upstream.write(head);
    upstream.pipe(client);
    client.pipe(upstream);
  });
  upstream.on('error', () => {
    if (connected) client.destroy();
    else client.end('HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\n');
  });
  client.on('close', () => upstream.destroy());
}
