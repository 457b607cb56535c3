import { RegistryError } from './errors.ts';

/** So long nobody tries again, in ms. */
const AWAY_MS = 1_000;

/**
 * Remembers that a registry did not answer, however often it was asked, for everybody who asks it: for a second they are told so
 * at once, and after that while one of them tries. Otherwise each of many copies that wait for it would try for itself, and
 * keep copies to others from beginning meanwhile.
 */
export class Away {
  #error: RegistryError | null = null;
  #until = 0;
  #isTried = false;

  /**
   * @param isOnce `ask` tries once only: a connection that failed then may be an accident, and says nothing
   * @throws what made the last try fail, where it is not to be tried now; what `ask` throws
   */
  async unless<T>(ask: () => Promise<T>, isOnce = false): Promise<T> {
    if (this.#error === null) return this.#told(ask, isOnce);
    if (this.#isTried || Date.now() < this.#until) throw this.#error;
    // An upload goes on for minutes: nobody waits for it to be told whether the registry is back.
    if (isOnce) return this.#told(ask, isOnce);
    this.#isTried = true;
    try {
      return await this.#told(ask, isOnce);
    } finally {
      this.#isTried = false;
    }
  }

  async #told<T>(ask: () => Promise<T>, isOnce: boolean): Promise<T> {
    try {
      const answer = await ask();
      this.#error = null;
      return answer;
    } catch (error) {
      if (error instanceof RegistryError) this.#note(error, isOnce);
      throw error;
    }
  }

  #note(error: RegistryError, isOnce: boolean): void {
    if (error.status !== null) this.#error = null;
    // Known to be away, it is so still: one try is enough to say that.
    else if (error.code === 'REGISTRY_UNREACHABLE' && (!isOnce || this.#error !== null)) {
      this.#error = error;
      this.#until = Date.now() + AWAY_MS;
    }
  }
}
