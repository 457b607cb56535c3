import { Agent, request } from 'undici';

/** Opens a client, hands it over, closes it. */
export async function withApi<T>(
  at: { port: number; ca: string; token: string },
  use: (api: KubernetesApi) => Promise<T>,
): Promise<T> {
  const api = new KubernetesApi(at);
  return use(api).finally(() => api.close());
}

/** The few calls that devfleet itself makes to the servers of a control plane. */
export class KubernetesApi {
  readonly #agent: Agent;
  readonly #url: string;
  readonly #token: string;

  constructor(at: { port: number; ca: string; token: string }) {
    this.#agent = new Agent({ connect: { ca: at.ca } });
    this.#url = `https://127.0.0.1:${at.port}`;
    this.#token = at.token;
  }

  /** Is a GET of `/readyz` or `/healthz` answered 200? */
  async isWell(path: '/readyz' | '/healthz'): Promise<boolean> {
    return (await this.#call('GET', path)).status === 200;
  }

  /** Creates an object by POST to its collection. @throws when the answer is not 201 */
  async create(collection: string, object: object): Promise<void> {
    const { status, text } = await this.#call('POST', collection, object);
    if (status !== 201) throw new Error(`POST ${collection} was answered ${status}: ${text}`);
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object): Promise<{ status: number; text: string }> {
    const response = await request(`${this.#url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/json' },
      body: body === undefined ? null : JSON.stringify(body),
    });
    return { status: response.statusCode, text: await response.body.text() };
  }
}
