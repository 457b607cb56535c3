import { setTimeout as delay } from 'node:timers/promises';
import { GATHER_MS } from './limits.ts';

/**
 * Lets callers that ask at about the same time share one read. A read answers only those who asked before it started,
 * so it is as fresh for each of them as a read of their own; who asks while one runs joins the next.
 */
export function coalesce<T>(read: (asked: Set<string>) => Promise<T>): (ask: string) => Promise<T> {
  let running: Promise<unknown> = Promise.resolve();
  let next: { asked: Set<string>; result: Promise<T> } | null = null;

  return (ask) => {
    if (next === null) {
      const asked = new Set<string>();
      const start = async (): Promise<T> => {
        await Promise.all([running.catch(() => undefined), delay(GATHER_MS)]);
        next = null;
        return read(asked);
      };
      const result = start();
      next = { asked, result };
      running = result;
    }
    next.asked.add(ask);
    return next.result;
  };
}
