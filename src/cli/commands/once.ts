import { setTimeout as sleep } from 'node:timers/promises';
import { EXIT } from '../exit.ts';
import { Failure } from '../failure.ts';

const ATTEMPTS = 4;

/**
 * Sends a request with an Idempotency-Key again where its answer was lost: the key makes them one.
 * @throws Failure of the last attempt, and any that was an answer
 */
export async function untilAnswered<T>(send: () => Promise<T>, interrupt: AbortSignal): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      // Nobody answered at all: the request may have arrived all the same.
      const lost = error instanceof Failure && error.exit === EXIT.unreachable && error.problem === null;
      if (!lost || attempt === ATTEMPTS) throw error;
      await sleep(500 * attempt, undefined, { signal: interrupt });
    }
  }
}
