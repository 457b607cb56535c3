import { setTimeout as sleep } from 'node:timers/promises';

/** Asks every 40 ms until the answer is true; an error counts as false. False when the time is over, or `givenUp`. */
export async function until(
  check: () => Promise<boolean>,
  timeoutMs: number,
  givenUp: () => boolean = () => false,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await check().catch(() => false)) return true;
    if (Date.now() > deadline || givenUp()) return false;
    await sleep(40);
  }
}

/** Does a GET of this URL give a 2xx? */
export async function answers(url: string): Promise<boolean> {
  const response = await fetch(url, { signal: AbortSignal.timeout(2000) });
  await response.body?.cancel();
  return response.ok;
}
