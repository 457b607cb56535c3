import { setTimeout as sleep } from 'node:timers/promises';
import { DOWN, type FloodWorld } from './world.ts';
import type { FloodSize } from './size.ts';

/** What was done so far. */
export interface Blows {
  workers: number;
  apis: number;
  /** When the replica was down, in milliseconds since 1970; the end is null as long as it is. */
  down: { from: number; to: number | null } | null;
}

/** Kills workers, one after the other, and the API, by SIGKILL, and starts them again, until the signal. */
export async function killNowAndThen(
  { workers, apiProcess }: FloodWorld,
  { workerEvery, apiEvery }: FloodSize,
  blows: Blows,
  signal: AbortSignal,
): Promise<void> {
  const all = Object.values(workers);
  let nth = 0;
  await Promise.all([
    every(workerEvery, signal, async () => {
      await all[nth++ % all.length]?.restart();
      blows.workers++;
    }),
    every(apiEvery, signal, async () => {
      await apiProcess.restart();
      blows.apis++;
    }),
  ]);
}

/** The replica is down for a while, and comes back. @param meanwhile done then, at once */
export async function downForAWhile(
  { fleet, meters }: FloodWorld,
  { down }: FloodSize,
  blows: Blows,
  signal: AbortSignal,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const link = fleet.link(`${DOWN}/registry`);
  const meter = meters[DOWN];
  if (meter === undefined) throw new Error(`there is no meter before ${DOWN}`);
  blows.down = { from: Date.now(), to: null };
  meter.isCut = true;
  await link.cut();
  try {
    await Promise.all([sleep(down * 1_000, undefined, { signal }), meanwhile()]);
  } finally {
    await link.restore();
    meter.isCut = false;
    blows.down.to = Date.now();
  }
}

async function every(seconds: number, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  for (;;) {
    const isTime = await sleep(seconds * 1_000, true, { signal }).catch(() => false);
    if (!isTime) return;
    await act();
  }
}
