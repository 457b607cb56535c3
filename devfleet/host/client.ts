import { request } from 'undici';
import type { FaultInput, InstanceView, JournalEntry } from './types.ts';

export type { FaultInput, InstanceView, JournalEntry } from './types.ts';

/** Client of the admin port of one IDC's sim hosts. */
export class SimHostsClient {
  readonly #url: string;

  /** @param url of the admin port, e.g. `http://127.0.0.1:2000` */
  constructor(url: string) {
    this.#url = url;
  }

  /** Journal entries numbered above `after`, in order. */
  async journal(after = 0): Promise<JournalEntry[]> {
    return (await this.#call('GET', `/journal?after=${after}`)) as JournalEntry[];
  }

  /** Every container of every pod on the hosts, as the machines see it now. */
  async instances(): Promise<InstanceView[]> {
    return (await this.#call('GET', '/instances')) as InstanceView[];
  }

  /** Sets a fault, or takes it back (`on: false`). @throws Error where the node or pod is not on these hosts */
  async fault(fault: FaultInput): Promise<void> {
    await this.#call('POST', '/faults', fault);
  }

  async #call(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    const response = await request(`${this.#url}${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.body.text();
    if (response.statusCode >= 300) throw new Error(`sim hosts: ${method} ${path}: ${response.statusCode} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
