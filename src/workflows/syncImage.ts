import {
  allHandlersFinished,
  CancellationScope,
  condition,
  isCancellation,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import { syncDetails } from '../domain/sync/details.ts';
import { Sagas } from '../temporal/saga.ts';
import { copyArrived, syncRequest, type SyncImageInput, type SyncImageResult } from '../temporal/sync.ts';
import { copyTo } from './sync/copies.ts';
import { Destination } from './sync/destination.ts';

/**
 * Brings one image, by content, to every registry where it is wanted, and then moves tags there. Whoever else wants it
 * meanwhile joins: there is one for each image. The registries of an IDC get it together, its source read once; each goes on
 * by itself, so that one that is slow, or away, holds up no other. It ends when all is done, or has failed for good. A cancel
 * brings the tags that it moved back to what they named; the image stays. See docs/workflows/sync.md.
 */
export async function syncImage(input: SyncImageInput): Promise<SyncImageResult> {
  const sagas = new Sagas();
  const destinations = new Map<string, Destination>();
  const seen = new Set<string>();
  const pending = [...input.requests];
  /** What ends all: a cancel, or a defect. */
  const broken: unknown[] = [];
  const breaks = (error: unknown): void => void broken.push(error);
  setHandler(syncRequest, (request) => void pending.push(request));
  setHandler(copyArrived, ({ registry, report }) => destinations.get(registry)?.arrived(report));

  const show = (): void => {
    const views = [...destinations.values()].map(({ view }) => view);
    setCurrentDetails(syncDetails(views, `${input.repository}@${input.digest}`));
  };
  const take = (): void => {
    for (let request = pending.shift(); request !== undefined; request = pending.shift()) {
      if (seen.has(request.id)) continue;
      seen.add(request.id);
      for (const at of request.to) {
        let destination = destinations.get(at.name);
        if (destination === undefined) {
          destination = new Destination(input, at, sagas.of(at.name), show);
          destinations.set(at.name, destination);
          destination.work().catch(breaks);
        }
        destination.want(request, at, Date.now());
      }
    }
  };
  const isIdle = (): boolean => [...destinations.values()].every((destination) => destination.isIdle);

  try {
    for (;;) {
      take();
      const all = [...destinations.values()];
      for (const copy of copyTo(input, all, Date.now())) copy.catch(breaks);
      const next = Math.min(...all.flatMap(({ copyDue }) => copyDue ?? []));
      const isNews = (): boolean =>
        pending.length > 0 || broken.length > 0 || isIdle() || all.some(({ copyDue }) => (copyDue ?? next) < next);
      if (Number.isFinite(next)) await condition(isNews, Math.max(1, next - Date.now()));
      else await condition(() => isNews());
      if (broken.length > 0) throw broken[0];
      if (pending.length === 0 && isIdle()) break;
    }
  } catch (error) {
    if (isCancellation(error)) {
      await sagas.compensate();
      await CancellationScope.nonCancellable(async () => {
        await Promise.all([...destinations.values()].map(async (destination) => destination.cancelled()));
      });
    }
    throw error;
  }
  await condition(allHandlersFinished);
  return { destinations: [...destinations.values()].map(({ result }) => result) };
}
