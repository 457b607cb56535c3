import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What a request was. */
export interface Asked {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** `[status, body, headers]`; what is no text is sent as JSON. `drop`: the connection is closed without an answer. */
export type Reply = [status: number, body?: unknown, headers?: Record<string, string>] | 'drop' | 'silence';

export interface SmallServer {
  url: string;
  asked: Asked[];
  /** `METHOD /path?query` of all that was asked. */
  calls(): string[];
  stop(): Promise<void>;
}

/** A server on a free port of this machine that answers as it is told, or writes an answer that does not end. */
export async function startSmallServer(
  answer: (asked: Asked, response: ServerResponse) => Reply | undefined | Promise<Reply | undefined>,
): Promise<SmallServer> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => void handle(request, response));
  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const one: Asked = {
      method: request.method ?? '',
      url: request.url ?? '',
      headers: request.headers,
      body: Buffer.concat(chunks).toString('utf8'),
    };
    asked.push(one);
    const reply = await answer(one, response);
    if (reply === undefined || reply === 'silence') return;
    if (reply === 'drop') {
      request.socket.destroy();
      return;
    }
    const [status, body = '', headers = {}] = reply;
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    asked,
    calls: () => asked.map(({ method, url }) => `${method} ${url}`),
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
