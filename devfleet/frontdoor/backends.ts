import { Agent, request } from 'node:http';
import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import { listeningAddress } from './routes.ts';
import type { Endpoint } from './types.ts';

interface Exchange {
  request: ClientRequest;
  answer: Promise<IncomingMessage>;
}

type EndpointPlace = Pick<Endpoint, 'address' | 'port'>;

/** Keep-alive connections to endpoints, one pool each, as a load balancer has them. */
export class Backends {
  readonly #pools = new Map<string, Agent>();

  /**
   * Sends a request and gives the answer's head. `body` null: nothing follows the headers.
   * A kept connection that the endpoint was closing just as it was used is not the endpoint's failure: a GET is then sent
   * once more, on a new connection to the same endpoint.
   * @param sent called with what goes out, so that the caller can destroy it
   * @throws the socket's error: ECONNREFUSED, ECONNRESET, …
   */
  async send(
    endpoint: EndpointPlace,
    options: Pick<RequestOptions, 'method' | 'path' | 'headers'>,
    body: IncomingMessage | null,
    sent: (request: ClientRequest) => void,
  ): Promise<IncomingMessage> {
    const target = { ...options, host: listeningAddress(endpoint.address), port: endpoint.port };
    const first = exchange({ ...target, agent: this.#pool(endpoint) }, body);
    sent(first.request);
    try {
      return await first.answer;
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? '';
      const stale = first.request.reusedSocket && ['ECONNRESET', 'EPIPE'].includes(code);
      if (!stale || options.method !== 'GET' || body !== null) throw error;
      const second = exchange({ ...target, agent: false }, null);
      sent(second.request);
      return second.answer;
    }
  }

  /** Closes the pools of endpoints that nothing routes to any more; requests on their way end first. */
  retain(isRouted: (address: string, port: number) => boolean): void {
    for (const [key, pool] of this.#pools) {
      const [address = '', port] = key.split(':');
      if (isRouted(address, Number(port))) continue;
      this.#pools.delete(key);
      // Not destroy(): that would also cut the connections in use. They close when their request is done.
      pool.maxFreeSockets = 0;
      for (const socket of Object.values(pool.freeSockets).flat()) socket?.destroy();
    }
  }

  #pool({ address, port }: EndpointPlace): Agent {
    const key = `${address}:${port}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Agent({ keepAlive: true });
      this.#pools.set(key, pool);
    }
    return pool;
  }
}

function exchange(options: RequestOptions, body: IncomingMessage | null): Exchange {
  const sent = request(options);
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    sent.on('response', resolve);
    sent.on('error', reject);
  });
  if (body === null) sent.end();
  else body.pipe(sent);
  return { request: sent, answer };
}
