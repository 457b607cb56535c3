import type { TransshipError } from '../../domain/errors.ts';
import { alive, Bell } from '../alive.ts';
import type { Waiting } from '../azset/index.ts';
import { REOPENED } from '../elected/feed.ts';
import type { MarathonCluster } from './cluster.ts';
import { POLL_MS } from './limits.ts';

export interface Wait<T> {
  /** What is waited for, as people read it; asked at every heartbeat. */
  what: () => string;
  timeoutMs: number;
  /** What it means that the time is up. */
  late: () => TransshipError;
  /** Events that name it are worth a look: the id of an app or of a folder. */
  about: string;
  /** A fresh look: what was waited for, or undefined for "not yet". */
  look: (signal: AbortSignal) => Promise<T | undefined>;
}

/**
 * Looks, and looks again whenever Marathon tells something about it (and now and then without), until the look finds it.
 * Events only wake: they promise no order and may be lost. A look that throws ends the wait.
 */
export async function until<T>({ marathon: { events } }: MarathonCluster, waiting: Waiting, wait: Wait<T>): Promise<T> {
  const { signal } = waiting;
  const deadline = Date.now() + wait.timeoutMs;
  const bell = new Bell(signal);
  const deafen = events.listen(({ type, data }) => {
    if (type === REOPENED || JSON.stringify(data).includes(wait.about)) bell.ring();
  });
  const lookOn = async (): Promise<T> => {
    for (;;) {
      signal.throwIfAborted();
      bell.hush();
      const found = await wait.look(signal);
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0) throw wait.late();
      await bell.rung(Math.min(left, events.live ? POLL_MS.watched : POLL_MS.blind));
    }
  };
  try {
    return await alive(waiting, wait.what, lookOn);
  } finally {
    deafen();
    bell.close();
  }
}
