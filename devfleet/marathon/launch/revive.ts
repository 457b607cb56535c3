import type { FrameworkDriver } from '../../mesos/framework.ts';

/**
 * Asks the master for offers while some app wants any, at most once an interval, and once more two intervals later in
 * case the first came to nothing; tells it to send none when none does (ReviveOffersStreamLogic.scala).
 */
export class Reviver {
  readonly #driver: FrameworkDriver;
  readonly #interval: number;
  #wanted = false;
  #last = 0;
  #next: NodeJS.Timeout | undefined;
  #repeat: NodeJS.Timeout | undefined;

  /** @param interval milliseconds */
  constructor(driver: FrameworkDriver, interval: number) {
    this.#driver = driver;
    this.#interval = interval;
  }

  /** @param more something new wants offers: what was refused before may fit it */
  want(wanted: boolean, more: boolean): void {
    const before = this.#wanted;
    this.#wanted = wanted;
    if (!wanted) {
      this.stop();
      if (before) this.#driver.suppress();
    } else if (more || !before) {
      this.#schedule();
    }
  }

  stop(): void {
    clearTimeout(this.#next);
    clearTimeout(this.#repeat);
    this.#next = undefined;
  }

  #schedule(): void {
    if (this.#next !== undefined) return;
    const wait = Math.max(0, this.#last + this.#interval - Date.now());
    this.#next = setTimeout(() => {
      this.#next = undefined;
      this.#revive();
      clearTimeout(this.#repeat);
      this.#repeat = setTimeout(() => this.#revive(), 2 * this.#interval);
    }, wait);
  }

  #revive(): void {
    this.#last = Date.now();
    this.#driver.revive();
  }
}
