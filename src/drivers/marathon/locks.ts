/** Runs acts of one name one after the other, within this process. */
export class Locks {
  readonly #tails = new Map<string, Promise<unknown>>();
  readonly #waiting = new Map<string, unknown[]>();

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

  /**
   * Runs an act for all things that wait for their turn under the name: the first whose turn comes has it do the others,
   * too. All who use a name so must give things of one type.
   */
  async holdTogether<T>(name: string, thing: T, act: (all: readonly T[]) => Promise<void>): Promise<void> {
    const waiting = (this.#waiting.get(name) ?? []) as T[];
    this.#waiting.set(name, [...waiting, thing]);
    await this.hold(name, async () => {
      const all = (this.#waiting.get(name) ?? []) as T[];
      if (!all.includes(thing)) return;
      this.#waiting.delete(name);
      await act(all);
    });
  }
}
