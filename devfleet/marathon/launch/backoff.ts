import type { App } from '../app/types.ts';

interface Delay {
  from: number;
  milliseconds: number;
  max: number;
}

/**
 * How long an app whose tasks fail must wait for its next: doubles by `backoffFactor` with each failure, and is forgotten
 * after `maxLaunchDelaySeconds` without one (RateLimiter.scala). Counted per configuration, so scaling does not reset it.
 */
export class LaunchDelays {
  readonly #delays = new Map<string, Delay>();
  readonly #second: number;

  /** @param second length of a second of an app's definition, in milliseconds */
  constructor(second: number) {
    this.#second = second;
  }

  /** Milliseconds since 1970; null: at once. */
  deadline(app: App): number | null {
    const delay = this.#current(app);
    return delay === null ? null : delay.from + delay.milliseconds;
  }

  /** A task of the app failed. */
  add(app: App): void {
    const max = app.maxLaunchDelaySeconds * this.#second;
    const before = this.#current(app);
    const next = before === null ? app.backoffSeconds * this.#second : before.milliseconds * app.backoffFactor;
    this.#delays.set(keyOf(app), { from: Date.now(), milliseconds: Math.min(next, max), max });
  }

  /** A task of the app came further: the wait begins anew. */
  advance(app: App): void {
    const before = this.#current(app);
    if (before !== null) this.#delays.set(keyOf(app), { ...before, from: Date.now() });
  }

  reset(app: App): void {
    this.#delays.delete(keyOf(app));
  }

  #current(app: App): Delay | null {
    const key = keyOf(app);
    const delay = this.#delays.get(key);
    if (delay === undefined) return null;
    if (Date.now() <= delay.from + delay.max) return delay;
    this.#delays.delete(key);
    return null;
  }
}

function keyOf({ id, versionInfo }: App): string {
  return `${id} ${versionInfo.lastConfigChangeAt}`;
}
