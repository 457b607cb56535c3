import type { ContainerProcess } from './process.ts';

/** After a preStop hook that used up the grace period, TERM still gets this long. */
const MIN_TERM_MS = 2000;

/** Stops a container as kubelet and Docker do: preStop, if any, TERM, and KILL when the grace period ends. */
export class GracefulStop {
  readonly #process: ContainerProcess;
  #deadline: number;
  #timer: NodeJS.Timeout | null = null;

  /** @param preStop runs before TERM, within the grace period */
  constructor(process: ContainerProcess, preStop: (() => Promise<void>) | null, graceSeconds: number) {
    this.#process = process;
    this.#deadline = Date.now() + graceSeconds * 1000;
    this.#arm();
    void this.#run(preStop);
    void process.exited.then(() => {
      if (this.#timer !== null) clearTimeout(this.#timer);
    });
  }

  /** Brings KILL forward; never puts it off. */
  shorten(graceSeconds: number): void {
    const deadline = Date.now() + graceSeconds * 1000;
    if (deadline >= this.#deadline) return;
    this.#deadline = deadline;
    this.#arm();
  }

  async #run(preStop: (() => Promise<void>) | null): Promise<void> {
    if (preStop !== null) {
      await Promise.race([preStop(), this.#process.exited]);
      if (this.#process.exit !== null) return;
      this.#deadline = Math.max(this.#deadline, Date.now() + MIN_TERM_MS);
      this.#arm();
    }
    await this.#process.term();
  }

  #arm(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#process.kill(), Math.max(0, this.#deadline - Date.now()));
  }
}
