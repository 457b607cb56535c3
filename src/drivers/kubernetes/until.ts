import type { TransshipError } from '../../domain/errors.ts';
import { alive, Bell } from '../alive.ts';
import type { Waiting } from '../azset/index.ts';
import type { Feed } from './feed.ts';
import { POLL_MS } from './limits.ts';
import type { Resource } from './resources.ts';

export interface Wait<T> {
  /** What is waited for, as people read it. */
  what: string;
  timeoutMs: number;
  /** What it means that the time is up. */
  late: () => TransshipError;
  /** Where changes are announced. */
  feed: Feed;
  /** Is this change worth a look? Default: every one. */
  wakes?: (object: Resource, gone: boolean) => boolean;
  /** A fresh look: what was waited for, or undefined for "not yet". */
  look: () => Promise<T | undefined>;
}

/**
 * Looks, and looks again whenever a change is announced (and now and then without one), until the look finds it.
 * A look that throws ends the wait.
 */
export async function until<T>(waiting: Waiting, wait: Wait<T>): Promise<T> {
  const { signal } = waiting;
  const deadline = Date.now() + wait.timeoutMs;
  const bell = new Bell(signal);
  const deafen = wait.feed.listen((object, gone) => {
    if (wait.wakes?.(object, gone) ?? true) bell.ring();
  });
  const lookOn = async (): Promise<T> => {
    for (;;) {
      signal.throwIfAborted();
      bell.hush();
      const found = await wait.look();
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw wait.late();
      await bell.rung(Math.min(left, wait.feed.live ? POLL_MS.watched : POLL_MS.blind));
    }
  };
  try {
    return await alive(waiting, () => wait.what, lookOn);
  } finally {
    deafen();
    bell.close();
  }
}
