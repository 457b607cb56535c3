interface Waiting {
  units: number;
  go: () => void;
}

/** So many units (requests, bytes) at a time; whoever waits is served in the order in which it came. */
export class Semaphore {
  readonly #capacity: number;
  readonly #waiting: Waiting[] = [];
  #free: number;

  constructor(capacity: number) {
    this.#capacity = capacity;
    this.#free = capacity;
  }

  /**
   * Waits for units. More than there are in all counts as all of them.
   * @returns gives some of them back, by default what is left; more than was taken is never given back
   * @throws the reason of the signal
   */
  async acquire(units = 1, signal?: AbortSignal): Promise<(units?: number) => void> {
    signal?.throwIfAborted();
    const wanted = Math.min(units, this.#capacity);
    if (this.#waiting.length > 0 || this.#free < wanted) await this.#turn(wanted, signal);
    else this.#free -= wanted;
    let held = wanted;
    return (given = held) => {
      const back = Math.min(given, held);
      held -= back;
      this.#free += back;
      this.#serve();
    };
  }

  async #turn(units: number, signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        units,
        go: () => {
          signal?.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        this.#serve();
        reject(signal?.reason as Error);
      };
      signal?.addEventListener('abort', leave, { once: true });
      this.#waiting.push(waiting);
    });
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next !== undefined && next.units <= this.#free; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#free -= next.units;
      next.go();
    }
  }
}
