import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, request as plainRequest, type IncomingMessage, type RequestListener } from 'node:http';
import { request as tlsRequest, type RequestOptions } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';

/** One request that reached the API server, or was to. */
export interface ApiCall {
  method: string;
  path: string;
  query: URLSearchParams;
  /** Changes something: neither a read nor a dry run. */
  mutates: boolean;
}

/**
 * What becomes of a request. `loseAnswer`: the server gets it, the client never gets the answer. `repeat`: the server gets
 * it twice, one after the other, and the client the second answer.
 */
export type Mishap = 'loseAnswer' | 'repeat';

/** What happens to the next request that matches, once. */
interface Trap {
  matches: (call: ApiCall) => boolean;
  /** Runs before the request is forwarded. */
  before: () => Promise<void>;
  mishap: Mishap | null;
}

/** The way to an API server, in the hands of a test: counts, holds up, loses answers, and can be cut. */
export interface ApiLink {
  /** Path of a kubeconfig that goes through it. */
  kubeconfig: string;
  /** Since the start or the last reset; watches included. */
  calls: ApiCall[];
  befall(mishap: Mishap, matches: (call: ApiCall) => boolean): void;
  before(matches: (call: ApiCall) => boolean, act: () => Promise<void>): void;
  /** Neither calls nor what was to become of them. */
  forget(): void;
  cut(): void;
  mend(): void;
  close(): Promise<void>;
}

/** @param file where the kubeconfig that goes through the link is written */
export async function openApiLink(kubeconfig: string, file: string): Promise<ApiLink> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const upstream = new URL(config.getCurrentCluster()?.server ?? '');
  const send = upstream.protocol === 'https:' ? tlsRequest : plainRequest;
  const calls: ApiCall[] = [];
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
    await config.applyToHTTPSOptions(options);
    const outgoing = send(options);
    if (body === null) incoming.pipe(outgoing);
    else outgoing.end(body);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    return answer;
  };
  const handle: RequestListener = (incoming, reply) => {
    const call = describe(incoming);
    calls.push(call);
    const trap = traps.find(({ matches }) => matches(call));
    traps = traps.filter((one) => one !== trap);
    const run = async (): Promise<void> => {
      await trap?.before();
      let body: Buffer | null = null;
      if (trap?.mishap === 'repeat') {
        body = Buffer.concat(await incoming.toArray());
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
  await writeFile(file, through(port));

  return {
    kubeconfig: file,
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

function describe({ method = 'GET', url = '/' }: IncomingMessage): ApiCall {
  const { pathname: path, searchParams: query } = new URL(url, 'http://api');
  return { method, path, query, mutates: method !== 'GET' && !query.has('dryRun') };
}

/** The link itself signs in upstream; what comes to it needs no credential. */
function through(port: number): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  });
}
