import { condition, patched } from '@temporalio/workflow';
import { undoCountPauseMs } from '../../temporal/policies.ts';

/** Operations that began before this counted once, at the beginning of an undo, what serves. */
const COUNTED_AGAIN = 'undo-counted-again';

/** Counts again where an undo has waited for leave. */
export interface Recount {
  /** Names of the instances that serve now; null where no cluster tells. */
  serving(): Promise<string[] | null>;
  /** Told once in each wait that a count did not end. */
  short(serving: number | null, floor: number): Promise<void>;
}

/**
 * How many serving instances the undo may take out at once, over all IDCs: what serves beyond the floor. An instance
 * that is out anyhow needs no leave, and gives one when it is back.
 *
 * Others may have been out of service for a while when it was counted, and be back since. So where there is no leave for
 * long, it is counted again.
 */
export class UndoBudget {
  readonly #floor: number;
  readonly #recount: Recount;
  /** Those in hand: counted as out, whatever a look says of them. */
  readonly #inHand = new Set<string>();
  #free: number;
  #counting: Promise<void> | null = null;

  /**
   * @param serving so many serve
   * @param floor and so many must go on serving
   */
  constructor(serving: number, floor: number, recount: Recount) {
    this.#free = serving - floor;
    this.#floor = floor;
    this.#recount = recount;
  }

  /** None may be taken out just now. */
  get isSpent(): boolean {
    return this.#free <= 0;
  }

  /** Leave to take out one that serves. */
  async take(name: string): Promise<void> {
    // Asked again after each wait: of several that wait, only the first finds it free. The count ends with that; the
    // others begin another one.
    while (this.#free <= 0) {
      const counts = patched(COUNTED_AGAIN);
      if (counts) this.#counting ??= this.#countUntilFree();
      await condition(() => this.#free > 0 || (counts && this.#counting === null));
    }
    this.#free--;
    this.#inHand.add(name);
  }

  /** One that is out anyhow is in hand from now on. */
  join(name: string): void {
    this.#inHand.add(name);
  }

  giveBack(name: string): void {
    this.#inHand.delete(name);
    this.#free++;
  }

  /** So many more serve than was counted on. */
  add(count: number): void {
    this.#free += count;
  }

  async #countUntilFree(): Promise<void> {
    for (let turn = 0; ; turn++) {
      if (await condition(() => this.#free > 0, undoCountPauseMs(turn))) break;
      const serving = await this.#recount.serving();
      const others = serving?.filter((name) => !this.#inHand.has(name)).length ?? 0;
      // Leave that was given back during the look stays.
      this.#free = Math.max(this.#free, others - this.#floor);
      if (this.#free <= 0 && turn === 0) await this.#recount.short(serving?.length ?? null, this.#floor);
    }
    this.#counting = null;
  }
}
