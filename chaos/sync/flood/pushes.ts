import { setTimeout as sleep } from 'node:timers/promises';
import { pushImage } from '../../../devfleet/images/index.ts';
import type { FloodSize } from './size.ts';

export interface Pushed {
  repository: string;
  tag: string;
  digest: string;
  /** When the source had it under its tag, in milliseconds since 1970. */
  at: number;
  isBig: boolean;
}

/** All images that the rule of the flood brings are below this. */
export const FLOOD = 'flood';

/** All but the last layer are the same in a repository. */
const APP = { repositories: 30, layers: 4, layerBytes: 30_000 };
const BIG = { repositories: 4, layers: 2, layerBytes: 2_500_000 };
/** Pushes at once: one that is slow holds the next ones up only then. */
const AT_ONCE = 8;
/** How often it is looked whether there is room. */
const LOOK_MS = 50;
/** From so many pushes before a tag is taken that is pushed anew. */
const RECENT = 12;

/**
 * Pushes at an even pace, slower while there is no room.
 * @param onPushed called for each, in the order in which the source had them
 */
export async function pushAll(
  url: string,
  { pushes, perSecond, again, big }: FloodSize,
  {
    random,
    signal,
    hasRoom,
    onPushed,
  }: { random: () => number; signal: AbortSignal; hasRoom: () => boolean; onPushed: (pushed: Pushed) => void },
): Promise<void> {
  let due = performance.now();
  const recent: Pushed[] = [];
  const busy = new Map<string, Promise<void>>();
  for (let nth = 0; nth < pushes; nth++) {
    await sleep(Math.max(0, due - performance.now()), undefined, { signal });
    while (!hasRoom()) await sleep(LOOK_MS, undefined, { signal });
    due = Math.max(due, performance.now() - 1_000) + 1_000 / perSecond;
    while (busy.size >= AT_ONCE) await Promise.race(busy.values());
    const before = random() < again ? recent[Math.floor(random() * recent.length)] : undefined;
    const isBig = before?.isBig ?? random() < big;
    const { repositories, ...kind } = isBig ? BIG : APP;
    const repository = before?.repository ?? `${FLOOD}/${isBig ? 'big' : 'app'}-${Math.floor(random() * repositories)}`;
    const tag = before?.tag ?? `v${nth}`;
    const key = `${repository}:${tag}`;
    const push = async (): Promise<void> => {
      // Two pushes to one tag, one after the other: which of them stays is known.
      await busy.get(key);
      const image = { repository, tag, labels: { nth: String(nth) }, ...kind };
      const { digest } = await pushImage(url, image);
      const pushed = { repository, tag, digest, at: Date.now(), isBig };
      onPushed(pushed);
      recent.push(pushed);
      if (recent.length > RECENT) recent.shift();
    };
    const pushing = push();
    busy.set(key, pushing);
    pushing.finally(() => busy.get(key) === pushing && busy.delete(key)).catch(() => undefined);
  }
  await Promise.all(busy.values());
}
