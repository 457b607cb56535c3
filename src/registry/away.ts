import { RegistryError } from './errors.ts';

/** So long nobody tries again, in ms. */
const AWAY_MS = 1_000;

/** Codes of Node and undici: there was no connection, so nothing was asked. */
const UNCONNECTED = [
  ...['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'],
  ...['ENOTFOUND', 'EAI_AGAIN'],
];

/**
 * Remembers that no connection to a registry could be made, for everybody who asks it: for a second they are told so at once, and
 * after that while one of them tries. Otherwise each of many copies that wait for it would wait for its own connections, and
 * keep copies to others from beginning.
 */
export class Away {
  #error: RegistryError | null = null;
  #until = 0;
  #isTried = false;

  /** @throws what made the last try fail, where it is not to be tried now; what `ask` throws */
  async unless<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#error === null) return this.#told(ask);
    if (this.#isTried || Date.now() < this.#until) throw this.#error;
    this.#isTried = true;
    try {
      return await this.#told(ask);
    } finally {
      this.#isTried = false;
    }
  }

  async #told<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.#error = null;
      return answer;
    } catch (error) {
      if (error instanceof RegistryError) this.#note(error);
      throw error;
    }
  }

  #note(error: RegistryError): void {
    const { code } = (error.cause ?? {}) as { code?: unknown };
    if (error.status !== null) this.#error = null;
    else if (typeof code === 'string' && UNCONNECTED.includes(code)) {
      this.#error = error;
      this.#until = Date.now() + AWAY_MS;
    }
  }
}
