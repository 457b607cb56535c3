import { request } from 'undici';

/** Who leads a Mesos of the fleet, and the Marathon on it, in the hands of a test. */
export class MesosAdmin {
  readonly #url: string;

  /** @param url of the admin port */
  constructor(url: string) {
    this.#url = url;
  }

  /** The next master leads. @param recoverySeconds for how long it says 503 to all */
  async electMaster(recoverySeconds: number): Promise<void> {
    const masters = (await this.#call('GET', '/masters')) as { state: string }[];
    const leading = masters.findIndex(({ state }) => state !== 'following');
    await this.#call('POST', '/leader', { master: (leading + 1) % masters.length, recoverySeconds });
  }

  /** The other of two Marathons leads. */
  async electMarathon(): Promise<void> {
    const { process } = (await this.#call('GET', '/marathon/leader')) as { process: number | null };
    await this.#call('POST', '/marathon/leader', { process: process === 0 ? 1 : 0 });
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
    const answer = await request(`${this.#url}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${String(answer.statusCode)} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
