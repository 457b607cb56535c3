import { CancellationScope } from '@temporalio/workflow';

export interface UndoFailure {
  name: string;
  error: unknown;
}

/**
 * Undo steps of an operation, last in first out. A step's undo is registered *before* the step acts, because a step
 * that failed may still have had its effect; so every undo must look at what is and succeed when the step never happened.
 */
export class Saga {
  readonly #undo: { name: string; run: () => Promise<void> }[] = [];

  /** Registers the undo, then acts. */
  async step<T>(name: string, act: () => Promise<T>, undo: () => Promise<void>): Promise<T> {
    this.register(name, undo);
    return act();
  }

  register(name: string, run: () => Promise<void>): void {
    this.#undo.push({ name, run });
  }

  /** There is nothing to undo. */
  get isEmpty(): boolean {
    return this.#undo.length === 0;
  }

  /** The point of no return: what was done so far stays. */
  pivot(): void {
    this.#undo.length = 0;
  }

  /** Runs every undo, newest first, each in its own try, in a scope that a cancel does not reach. */
  async compensate(): Promise<UndoFailure[]> {
    return CancellationScope.nonCancellable(async () => {
      const failures: UndoFailure[] = [];
      for (let entry = this.#undo.pop(); entry !== undefined; entry = this.#undo.pop()) {
        try {
          await entry.run();
        } catch (error) {
          failures.push({ name: entry.name, error });
        }
      }
      return failures;
    });
  }
}

/** One undo stack per part (an IDC, a group), compensated at the same time: a part that is away holds up only itself. */
export class Sagas {
  readonly #parts = new Map<string, Saga>();

  of(part: string): Saga {
    let saga = this.#parts.get(part);
    if (saga === undefined) {
      saga = new Saga();
      this.#parts.set(part, saga);
    }
    return saga;
  }

  /** The point of no return of all parts. */
  pivot(): void {
    for (const saga of this.#parts.values()) saga.pivot();
  }

  async compensate(): Promise<UndoFailure[]> {
    const failures = await Promise.all([...this.#parts.values()].map((saga) => saga.compensate()));
    return failures.flat();
  }
}
