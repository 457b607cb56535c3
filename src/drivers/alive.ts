import type { Waiting } from './azset/index.ts';

/** Well under the second that a caller is promised. */
const HEARTBEAT_MS = 500;

/**
 * Tells that it lives, and what it waits for, for as long as `act` runs. An abort ends the wait at once and leaves `act`
 * behind: it must be one that may be left, so nothing but reads.
 * @throws the signal's reason as soon as it is aborted
 */
export async function alive<T>({ heartbeat, signal }: Waiting, what: () => string, act: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  heartbeat(what());
  const beat = setInterval(() => heartbeat(what()), HEARTBEAT_MS);
  const aborted = Promise.withResolvers<never>();
  const onAbort = (): void => aborted.reject(signal.reason as Error);
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([act(), aborted.promise]);
  } finally {
    clearInterval(beat);
    signal.removeEventListener('abort', onAbort);
  }
}

/**
 * Sleeps, alive.
 * @throws the signal's reason as soon as it is aborted
 */
export async function pause(waiting: Waiting, ms: number, what: string): Promise<void> {
  if (ms <= 0) return;
  const bell = new Bell(waiting.signal);
  try {
    await alive(
      waiting,
      () => what,
      () => bell.rung(ms),
    );
    waiting.signal.throwIfAborted();
  } finally {
    bell.close();
  }
}

/** Wakes a sleeper; an abort rings it, too. What rings while nobody sleeps is not slept through. */
export class Bell {
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.ring();
  #ringing = false;
  #wake: (() => void) | null = null;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', this.#onAbort);
  }

  ring(): void {
    this.#ringing = true;
    this.#wake?.();
  }

  hush(): void {
    this.#ringing = false;
  }

  /** Sleeps until it rings, at most so long. */
  async rung(ms: number): Promise<void> {
    if (this.#ringing || this.#signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  close(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
  }
}
