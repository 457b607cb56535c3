import getPort, { portNumbers } from 'get-port';
import { PartFailed } from './supervision/part.ts';

// Above 10080, the last port that fetch refuses to talk to.
const FIRST_PORT = 11_000;
const BLOCK = 80;
const ATTEMPTS = 3;

/** So say programs whose port is taken; the last is Temporal's, of a port that it looks for by itself. */
const TAKEN = /address already in use|EADDRINUSE|failed assigning ephemeral port/;

/**
 * Free ports out of the block that belongs to an octet. Blocks lie below the range of free-chosen ports (32768 and up),
 * so that a port is still free when its part is restarted or its link restored, and other fleets keep off.
 */
export function portsOf(octet: number): () => Promise<number> {
  const first = FIRST_PORT + octet * BLOCK;
  return () => getPort({ host: '127.0.0.1', port: portNumbers(first, first + BLOCK - 1) });
}

/** Starts a part; where a program outside the fleets took its port meanwhile, again with another one. */
export async function withFreshPorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start();
    } catch (error) {
      const taken = error instanceof PartFailed && TAKEN.test(error.message);
      if (!taken || attempt === ATTEMPTS) throw error;
    }
  }
}
