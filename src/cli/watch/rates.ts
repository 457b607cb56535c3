/** Over so long a rate is taken, in ms. */
const SPAN_MS = 5_000;

/** How fast something grows, of several by name. */
export class Rates {
  readonly #seen = new Map<string, { at: number; bytes: number }[]>();

  /**
   * @param bytes so far; null: nothing is known
   * @param now milliseconds
   * @returns a second, over the last five; null: it cannot be told yet
   */
  of(name: string, bytes: number | null, now: number): number | null {
    if (bytes === null) {
      this.#seen.delete(name);
      return null;
    }
    const seen = [...(this.#seen.get(name) ?? []), { at: now, bytes }].filter(({ at }) => now - at <= SPAN_MS);
    this.#seen.set(name, seen);
    const [first] = seen;
    if (first === undefined || now === first.at) return null;
    return Math.max(0, ((bytes - first.bytes) * 1_000) / (now - first.at));
  }
}
