import { condition } from '@temporalio/workflow';

/**
 * How many serving instances the undo may take out at once, over all IDCs: what serves beyond the floor. An instance
 * that is out anyhow needs no leave, and gives one when it is back.
 */
export class UndoBudget {
  #free: number;

  constructor(free: number) {
    this.#free = free;
  }

  /** None may be taken out just now. */
  get isSpent(): boolean {
    return this.#free <= 0;
  }

  async take(): Promise<void> {
    // Asked again after each wait: of several that wait, only the first finds it free.
    while (this.#free <= 0) await condition(() => this.#free > 0);
    this.#free--;
  }

  giveBack(): void {
    this.add(1);
  }

  /** So many more serve than was counted on. */
  add(count: number): void {
    this.#free += count;
  }
}
