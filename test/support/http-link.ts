import { once } from 'node:events';
import { createServer, request as plainRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { request as tlsRequest, type RequestOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** One request that reached the system, or was to. */
export interface HttpCall {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Changes something: neither a read nor a dry run. */
  mutates: boolean;
}

/**
 * What becomes of a request. `loseAnswer`: the server gets it, the client never gets the answer. `repeat`: the server gets
 * it twice, one after the other, and the client the second answer. `late`: the server gets it at once, the client its answer
 * after its deadline. `refuse`: the server does not get it, the client a 503.
 */
export type Mishap = 'loseAnswer' | 'repeat' | 'late' | 'refuse';

/** Longer than any of our clients waits for one call. */
const LATE_MS = 12_000;

/** What happens to the next request that matches, once. */
interface Trap {
  matches: (call: HttpCall) => boolean;
  /** Runs before the request is forwarded. */
  before: () => Promise<void>;
  mishap: Mishap | null;
}

/** The way to a system with an HTTP API, in the hands of a test: counts, holds up, loses answers, and can be cut. */
export interface HttpLink {
  /** Port on 127.0.0.1. */
  port: number;
  /** Since the start or the last reset; watches included. */
  calls: HttpCall[];
  befall(mishap: Mishap, matches: (call: HttpCall) => boolean): void;
  before(matches: (call: HttpCall) => boolean, act: () => Promise<void>): void;
  /** Neither calls nor what was to become of them. */
  forget(): void;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/**
 * @param options.mutates what is a change of the system
 * @param options.prepare signs requests in. Default: they are sent as they come
 */
export async function openHttpLink(
  upstream: URL,
  {
    mutates,
    prepare,
  }: { mutates: (call: Omit<HttpCall, 'mutates'>) => boolean; prepare?: (options: RequestOptions) => Promise<void> },
): Promise<HttpLink> {
  const send = upstream.protocol === 'https:' ? tlsRequest : plainRequest;
  const calls: HttpCall[] = [];
  const sockets = new Set<Socket>();
  let traps: Trap[] = [];
  let isCut = false;

  /** @param body null: as it comes */
  const forward = async (incoming: IncomingMessage, body: Buffer | null): Promise<IncomingMessage> => {
    const options: RequestOptions = {
      host: upstream.hostname,
      port: upstream.port,
      method: incoming.method,
      path: incoming.url,
      headers: { ...incoming.headers, host: upstream.host },
    };
    await prepare?.(options);
    const outgoing = send(options);
    if (body === null) incoming.pipe(outgoing);
    else outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  };
  const handle: RequestListener = (incoming, reply) => {
    const call = describe(incoming, mutates);
    calls.push(call);
    const trap = traps.find(({ matches }) => matches(call));
    traps = traps.filter((one) => one !== trap);
    const run = async (): Promise<void> => {
      // All of it is under way before something else happens: it arrives even where its sender has given up by then.
      const body = trap === undefined ? null : Buffer.concat(await incoming.toArray());
      await trap?.before();
      if (trap?.mishap === 'refuse') {
        reply.writeHead(503).end();
        return;
      }
      if (trap?.mishap === 'repeat') {
        const first = await forward(incoming, body);
        await first.resume().toArray();
      }
      const answer = await forward(incoming, body);
      reply.once('close', () => answer.destroy());
      if (trap?.mishap === 'loseAnswer') {
        answer.resume();
        await once(answer, 'end');
        incoming.socket.destroy();
        return;
      }
      if (trap?.mishap === 'late') await sleep(LATE_MS);
      reply.writeHead(answer.statusCode ?? 500, answer.headers);
      reply.flushHeaders();
      answer.pipe(reply);
    };
    run().catch(() => incoming.socket.destroy());
  };
  const server = createServer(handle);
  server.on('connection', (socket: Socket) => {
    if (isCut) socket.destroy();
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;

  return {
    port,
    calls,
    befall: (mishap, matches) => traps.push({ matches, before: () => Promise.resolve(), mishap }),
    before: (matches, act) => traps.push({ matches, before: act, mishap: null }),
    forget: () => {
      traps = [];
      calls.splice(0);
    },
    cut: () => {
      isCut = true;
      for (const socket of sockets) socket.destroy();
    },
    mend: () => {
      isCut = false;
    },
    close: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

function describe(
  { method = 'GET', url = '/' }: IncomingMessage,
  mutates: (call: Omit<HttpCall, 'mutates'>) => boolean,
): HttpCall {
  const { pathname: path, searchParams: query } = new URL(url, 'http://api');
  const call = { method, path, query };
  return { ...call, mutates: mutates(call) };
}
