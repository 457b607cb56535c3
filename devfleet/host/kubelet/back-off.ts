import type { BackOffLimits } from '../types.ts';

/** Doubling delays by the kubelet's rules: no delay before the first retry, then start, 2·start, … up to max. */
export class BackOff {
  readonly #limits: () => BackOffLimits;
  #delayMs = 0;
  #updated = 0;

  /** @param limits asked each time, for they may be switched */
  constructor(limits: () => BackOffLimits) {
    this.#limits = limits;
  }

  /** Notes a retry at `now`, ms: the delay after the next trouble grows. */
  next(now: number): void {
    const { startSeconds, maxSeconds } = this.#limits();
    this.#delayMs = this.#expired(now) ? startSeconds * 1000 : Math.min(this.#delayMs * 2, maxSeconds * 1000);
    this.#updated = now;
  }

  /** Milliseconds to wait at `now` after a trouble at `since` (default: the last retry). */
  left(now: number, since = this.#updated): number {
    return this.#expired(since) ? 0 : Math.max(0, since + this.#delayMs - now);
  }

  /** The present delay, ms. */
  get delayMs(): number {
    return this.#delayMs;
  }

  /** The same in words: 10s, 1m20s. */
  get delay(): string {
    const seconds = this.#delayMs / 1000;
    return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`;
  }

  reset(): void {
    this.#delayMs = 0;
  }

  /** Twice the maximum without trouble, and the count begins anew. */
  #expired(at: number): boolean {
    return this.#delayMs === 0 || at - this.#updated > 2000 * this.#limits().maxSeconds;
  }
}
