/** Timers that end together. None keeps the process alive. */
export class Timers {
  readonly #running = new Set<NodeJS.Timeout>();

  /** @returns takes it back */
  after(seconds: number, act: () => void): () => void {
    const timer = setTimeout(
      () => {
        this.#running.delete(timer);
        act();
        // Node caps a delay at 2³¹-1 ms, 24.8 days, and would act at once on a longer one.
      },
      Math.min(seconds * 1000, 2 ** 31 - 1),
    );
    timer.unref();
    this.#running.add(timer);
    return () => {
      clearTimeout(timer);
      this.#running.delete(timer);
    };
  }

  every(seconds: number, act: () => void): () => void {
    const timer = setInterval(act, seconds * 1000).unref();
    this.#running.add(timer);
    return () => {
      clearInterval(timer);
      this.#running.delete(timer);
    };
  }

  clear(): void {
    for (const timer of this.#running) clearTimeout(timer);
    this.#running.clear();
  }
}
