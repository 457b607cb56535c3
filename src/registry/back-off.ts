import { isTransient } from './errors.ts';
import { sleep } from './pacer.ts';

export interface BackOff {
  /** How often something is tried in all. Default: 5. */
  attempts?: number;
  /** Wait before the second attempt, in milliseconds; it doubles from one to the next. Default: 200. */
  baseMs?: number;
  /** No wait is longer, in milliseconds. A registry that asks for a longer one is not called again here. Default: 10,000. */
  capMs?: number;
}

/** Waits between attempts: exponential, with jitter, so that callers who failed together do not come back together. */
export class Attempts {
  readonly #max: number;
  readonly #baseMs: number;
  readonly #capMs: number;
  #failed = 0;

  constructor({ attempts = 5, baseMs = 200, capMs = 10_000 }: BackOff = {}) {
    this.#max = attempts;
    this.#baseMs = baseMs;
    this.#capMs = capMs;
  }

  /** Something came of the last attempt: it counts no more. */
  reset(): void {
    this.#failed = 0;
  }

  /**
   * Waits until the next attempt is due.
   * @throws what made the last attempt fail, where another one makes no sense or there were enough; the signal's reason
   */
  async next(error: unknown, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (!isTransient(error) || ++this.#failed >= this.#max) throw error;
    const asked = error.retryAfterMs;
    if (asked !== null && asked > this.#capMs) throw error;
    const own = Math.min(this.#capMs, this.#baseMs * 2 ** (this.#failed - 1)) * (0.5 + Math.random() / 2);
    await sleep(Math.max(asked ?? 0, own), signal);
  }
}
