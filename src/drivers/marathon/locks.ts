/** Runs acts of one name one after the other, within this process. */
export class Locks {
  readonly #tails = new Map<string, Promise<unknown>>();

  async hold<T>(name: string, act: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const own = before.then(act, act);
    const tail = own.catch(() => undefined);
    this.#tails.set(name, tail);
    try {
      return await own;
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    }
  }
}
