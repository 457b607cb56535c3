import type { ApiContext } from '../context.ts';
import { beginUnstarted } from './begin.ts';
import { sweep } from './sweep.ts';

/** How often the API looks for what nobody else finishes. Seconds. */
const ROUND_SECONDS = 10;

/** Starts what was accepted and not started, and ends what was cut short; now and then again. Returns the way to stop. */
export function keepHouse(context: ApiContext): () => void {
  let stopped = false;
  let timer: NodeJS.Timeout;
  const round = async (): Promise<void> => {
    for (const [what, act] of [
      ['releases to start', beginUnstarted],
      ['releases that were cut short', sweep],
    ] as const) {
      try {
        await act(context);
      } catch (error) {
        context.log.warn({ err: error }, `could not look for ${what}; trying again`);
      }
    }
    if (!stopped) timer = setTimeout(() => void round(), ROUND_SECONDS * 1_000);
  };
  timer = setTimeout(() => void round(), 0);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
