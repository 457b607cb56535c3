import type { Faults } from '../faults.ts';
import type { Api, ApiRequest } from './api.ts';

/** The API server as one node reaches it: not at all while partitioned, later while frozen. */
export class NodeApi {
  readonly #api: Api;
  readonly #faults: Faults;
  readonly #node: string;

  constructor(api: Api, faults: Faults, node: string) {
    this.#api = api;
    this.#faults = faults;
    this.#node = node;
  }

  /** @throws ApiError, Unreachable, or undici's own errors when there is no answer */
  async request<T>(request: ApiRequest): Promise<T> {
    await this.#faults.awake(this.#node);
    if (this.#faults.isPartitioned(this.#node)) throw new Unreachable(this.#node);
    return this.#api.request<T>(request);
  }
}

class Unreachable extends Error {
  constructor(node: string) {
    super(`${node} cannot reach the API server`);
  }
}
