import { request } from 'undici';

/** A Mesos of the fleet in the hands of its operator: who leads it, and the Marathon on it, and which agents it has. */
export class MesosAdmin {
  readonly #url: string;

  /** @param url of the admin port */
  constructor(url: string) {
    this.#url = url;
  }

  /** The next master leads. @param recoverySeconds for how long it says 503 to all */
  async electMaster(recoverySeconds: number): Promise<void> {
    const masters = await this.#masters();
    const leading = masters.findIndex(({ state }) => state !== 'following');
    await this.#call('POST', '/leader', { master: (leading + 1) % masters.length, recoverySeconds });
  }

  /** No master leads. */
  async deposeMaster(): Promise<void> {
    await this.#call('POST', '/leader', { master: null });
  }

  /** No Marathon leads. */
  async deposeMarathon(): Promise<void> {
    await this.#call('POST', '/marathon/leader', { process: null });
  }

  /** The other of two Marathons leads. */
  async electMarathon(): Promise<void> {
    const { process } = (await this.#call('GET', '/marathon/leader')) as { process: number | null };
    await this.#call('POST', '/marathon/leader', { process: process === 0 ? 1 : 0 });
  }

  /** Host → id of each agent that is registered now. */
  async agents(): Promise<Map<string, string>> {
    const { get_agents } = (await this.#ask({ type: 'GET_AGENTS' })) as {
      get_agents: { agents?: { agent_info: { hostname: string; id: { value: string } } }[] };
    };
    return new Map((get_agents.agents ?? []).map(({ agent_info: { hostname, id } }) => [hostname, id.value]));
  }

  /** What runs there runs on; nothing is offered of it any more, or again. */
  async offer(agentId: string, on: boolean): Promise<void> {
    const agent = { agent_id: { value: agentId } };
    await this.#ask(
      on
        ? { type: 'REACTIVATE_AGENT', reactivate_agent: agent }
        : { type: 'DEACTIVATE_AGENT', deactivate_agent: agent },
    );
  }

  /** The agent is given up for good, and shut down should it show up. */
  async markGone(agentId: string): Promise<void> {
    await this.#ask({ type: 'MARK_AGENT_GONE', mark_agent_gone: { agent_id: { value: agentId } } });
  }

  async #masters(): Promise<{ url: string; state: string }[]> {
    return (await this.#call('GET', '/masters')) as { url: string; state: string }[];
  }

  /** A call of the operator API, to the master that leads. */
  async #ask(call: object): Promise<unknown> {
    const leading = (await this.#masters()).find(({ state }) => state === 'leading');
    if (leading === undefined) throw new Error('no master leads');
    return this.#call('POST', '/api/v1', call, leading.url);
  }

  async #call(method: 'GET' | 'POST', path: string, body?: object, url = this.#url): Promise<unknown> {
    const answer = await request(`${url}${path}`, {
      method,
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${String(answer.statusCode)} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
