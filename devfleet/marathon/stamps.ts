/**
 * Versions, in milliseconds since 1970: the clock's time, but never the same twice, because Marathon tells the old and
 * the new of an app apart by its version, and a double may be asked for two changes in one millisecond.
 */
export class Stamps {
  #last = 0;

  next(): number {
    this.#last = Math.max(Date.now(), this.#last + 1);
    return this.#last;
  }
}

/** As Marathon prints times. */
export function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
