import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refusal } from '../errors.ts';
import type { Leader } from '../leader.ts';
import type { Handle } from '../options.ts';
import { isAuthenticated, REALM } from './auth.ts';
import type { Answer } from './call.ts';
import { errorPage } from './error-page.ts';
import { serveEvents } from './events.ts';
import { forward } from './forward.ts';
import { dispatch, routes } from './routes.ts';
import type { Self } from './system.ts';

const LEADER_WAITS = 11;

/** One Marathon process as clients meet it: answers when it leads, else asks the leader for them. */
export class HttpProcess {
  readonly hostPort: string;
  readonly #server: Server;
  readonly #self: Self;
  readonly #table: ReturnType<typeof routes>;
  /** This process while it leads; null otherwise. */
  readonly #leading: () => Leader | null;

  private constructor(server: Server, self: Self, leading: () => Leader | null) {
    this.#server = server;
    this.#self = self;
    this.#leading = leading;
    this.hostPort = self.hostPort;
    this.#table = routes(self);
    const { around } = self.options;
    const handle: Handle = (request, response) => this.#handle(request, response);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      // Clients that went away are not told.
      response.on('error', () => undefined);
      const done = around ? around(request, response, handle) : handle(request, response);
      // A connection that breaks while it is read; nobody is there to be told.
      done.catch(() => response.destroy());
    });
  }

  static async start(port: number, self: Omit<Self, 'hostPort'>, leading: () => Leader | null): Promise<HttpProcess> {
    const server = createServer({ keepAliveTimeout: 65_000 });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    const hostPort = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    return new HttpProcess(server, { ...self, hostPort }, leading);
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const { options, clocks } = this.#self;
    if (!isAuthenticated(request, options.credentials)) {
      // The servlet container's answer, not Marathon's: no JSON (HttpModule.scala).
      errorPage(response, 401, 'Unauthorized', path, { 'WWW-Authenticate': `basic realm="${REALM}"` });
      return;
    }
    for (let waits = 0; waits <= LEADER_WAITS; waits += 1) {
      const leader = this.#leading();
      const other = this.#self.leaderHostPort();
      if (leader !== null) {
        await this.#lead(request, response, path, leader);
        return;
      }
      if (other !== null && other !== this.hostPort) {
        if (path.startsWith('/v2/events'))
          response.writeHead(302, { Location: `http://${other}${request.url ?? ''}` }).end();
        else await forward(request, response, other, this.hostPort);
        return;
      }
      if (waits < LEADER_WAITS) await sleep(clocks.leaderWait);
    }
    errorPage(response, 502, 'Could not determine the current leader', path);
  }

  async #lead(request: IncomingMessage, response: ServerResponse, path: string, leader: Leader): Promise<void> {
    response.setHeader('X-Marathon-Leader', `http://${this.hostPort}`);
    response.setHeader('X-Frame-Options', 'DENY');
    response.setHeader('X-XSS-Protection', '1; mode=block');
    response.setHeader('Cache-Control', 'no-cache, no-store, must-revalidate');
    response.setHeader('Pragma', 'no-cache');
    response.setHeader('Expires', '0');
    if (path === '/v2/events') {
      await serveEvents(request, response, leader, this.#self);
      return;
    }
    const body = await buffer(request);
    write(response, leader.ended.aborted ? TIMED_OUT : this.#answer(request, path, body, leader));
  }

  #answer(request: IncomingMessage, path: string, body: Buffer, leader: Leader): Answer {
    try {
      const { method = 'GET', headers, url: uri = '/' } = request;
      const type = headers['content-type'];
      if (body.length > 0 && type !== undefined && !type.startsWith('application/json')) {
        throw new Refusal(415, 'Unsupported Media Type');
      }
      return dispatch(this.#table, path, {
        leader,
        method,
        query: new URL(uri, 'http://marathon').searchParams,
        body,
        uri: path,
        host: headers.host ?? this.hostPort,
        remoteAddress: request.socket.remoteAddress ?? '',
        accept: headers.accept ?? '*/*',
      });
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: error.body };
      return { status: 500, body: { message: error instanceof Error ? error.message : String(error) } };
    }
  }
}

/** The leader went while the request was on its way: what it asked of the actors got no answer. */
const TIMED_OUT: Answer = { status: 503, body: { message: 'Futures timed out after [10000 milliseconds]' } };

function write(response: ServerResponse, { status, body, headers }: Answer): void {
  if (body === undefined) {
    response.writeHead(status, headers).end();
    return;
  }
  const text = Buffer.isBuffer(body) ? body : JSON.stringify(body);
  response.writeHead(status, { 'Content-Type': 'application/json', ...headers }).end(text);
}
