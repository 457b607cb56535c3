import { condition } from '@temporalio/workflow';
import type { ReplaceTarget } from '../../drivers/azset/index.ts';

/**
 * A set of which instances are made anew. It is open from the first that is to be ended until the last that is under way
 * has been made: what ends in it meanwhile comes back on the target, out of traffic. They go on together once it is closed.
 */
export class Opening {
  readonly #open: (target: ReplaceTarget) => Promise<void>;
  readonly #close: () => Promise<void>;
  /** Instances that are on their way in, or inside. */
  #expected = 0;
  #opened: Promise<void> | null = null;
  /** Counts how often it was closed; who waits for the next time keeps the number of this one. */
  #round = 0;
  #failures = new Map<number, Error>();

  constructor(open: (target: ReplaceTarget) => Promise<void>, close: () => Promise<void>) {
    this.#open = open;
    this.#close = close;
  }

  /** One more is going to enter: the set stays open until it has left. */
  expect(): void {
    this.#expected++;
  }

  /** The set is open for the target. */
  async enter(target: ReplaceTarget): Promise<void> {
    this.#opened ??= this.#open(target);
    await this.#opened;
  }

  /** The instance was made anew, or it failed. Returns when the set is closed. */
  async leave(): Promise<void> {
    const round = this.#round;
    this.#expected--;
    if (this.#expected > 0) await condition(() => this.#round > round);
    else await this.#end(round);
    const failure = this.#failures.get(round);
    if (failure !== undefined) throw failure;
  }

  /** It does not come in after all, or not now: nobody waits for it. */
  async giveUp(): Promise<void> {
    this.#expected--;
    if (this.#expected === 0) await this.#end(this.#round);
  }

  async #end(round: number): Promise<void> {
    const opened = this.#opened;
    if (opened !== null) {
      try {
        // Where opening failed there may be something to close all the same.
        await opened.catch(() => undefined);
        await this.#close();
      } catch (error) {
        if (!(error instanceof Error)) throw error;
        this.#failures.set(round, error);
      }
    }
    this.#opened = null;
    this.#round = round + 1;
  }
}
