import { setTimeout as delay } from 'node:timers/promises';

/** How much may go at once after a pause, in seconds of the rate. */
const BURST_SECONDS = 0.25;

/**
 * A rate that everybody who is given it shares: bytes of a WAN link, requests to a host. Whoever takes waits until what was
 * taken so far is due, less a burst; nothing is too large to be taken.
 */
export class Pacer {
  #perSecond: number;
  /** When all that was taken so far will have been due, in milliseconds of `performance.now()`. */
  #due = 0;

  /** @param perSecond units a second; Infinity: no limit */
  constructor(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** Holds for what is taken from now on: a link may have more room at night. */
  set perSecond(perSecond: number) {
    this.#perSecond = perSecond;
  }

  /** @throws the reason of the signal */
  async take(units: number, signal?: AbortSignal): Promise<void> {
    if (this.#perSecond === Infinity) return;
    const now = performance.now();
    this.#due = Math.max(this.#due, now - BURST_SECONDS * 1000);
    this.#due += (units / this.#perSecond) * 1000;
    if (this.#due > now) await sleep(this.#due - now, signal);
  }
}

/** @throws the reason of the signal */
export async function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, signal === undefined ? {} : { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
