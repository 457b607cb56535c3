import type { RegistryClient } from './client.ts';
import { RegistryError } from './errors.ts';
import { COMMIT_FACTOR } from './session.ts';

/**
 * Ends an upload whose receiver takes nothing any more. Only while it has something to take: a body that waits for its own
 * source is somebody else's matter.
 */
export class Watch {
  readonly signal: AbortSignal;
  readonly #client: RegistryClient;
  readonly #abort = new AbortController();
  #timer: NodeJS.Timeout | undefined;

  constructor(client: RegistryClient, signal?: AbortSignal) {
    this.#client = client;
    this.signal = signal === undefined ? this.#abort.signal : AbortSignal.any([signal, this.#abort.signal]);
  }

  /** Passes a body on, and watches how it is taken, to the end and until the answer. */
  async *over(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    const { stallMs, answerMs, url } = this.#client;
    for await (const chunk of body) {
      this.#within(stallMs, `${url.host} took nothing of a blob for ${stallMs / 1000} s`);
      yield chunk;
      clearTimeout(this.#timer);
    }
    const commitMs = answerMs * COMMIT_FACTOR;
    this.#within(commitMs, `${url.host} did not say within ${commitMs / 1000} s that it has a blob`);
  }

  end(): void {
    clearTimeout(this.#timer);
  }

  #within(ms: number, otherwise: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#abort.abort(new RegistryError('REGISTRY_UNREACHABLE', otherwise)), ms);
  }
}
