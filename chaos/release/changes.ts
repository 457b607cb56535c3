import type { HttpCall, Mishap } from '../../test/support/http-link.ts';
import type { LaneLinks, System } from './links.ts';

/** One call that a run of a scenario made to a cluster, told apart from the others of that run. */
export interface Change {
  system: System;
  method: string;
  /** The same in every run: neither the app's name nor a hash of it. */
  path: string;
  /** Which one of this method and path, from 1. */
  nth: number;
  /** False: it only reads. How often that is done is not the same in every run. */
  mutates: boolean;
}

/** What the processes of a lane asked clusters for since it began; streams, which only wake, are left out. */
export function changesOf(links: LaneLinks, app: string): Change[] {
  return [...links.clusters].flatMap(([system, processes]) => {
    const counts = new Map<string, number>();
    return processes
      .flatMap(({ calls }) => calls)
      .filter((call) => call.mutates || isRead(call))
      .map((call): Change => {
        const path = pathOf(call, app);
        const nth = (counts.get(`${call.method} ${path}`) ?? 0) + 1;
        counts.set(`${call.method} ${path}`, nth);
        return { system, method: call.method, path, nth, mutates: call.mutates };
      });
  });
}

/** The next time that this call comes by, whichever process it goes to, that becomes of it. @returns whether it came by */
export function befall(links: LaneLinks, app: string, change: Change, mishap: Mishap): () => boolean {
  let seen = 0;
  for (const link of links.cluster(change.system)) {
    link.befall(mishap, (call) => {
      const same =
        call.mutates === change.mutates && call.method === change.method && pathOf(call, app) === change.path;
      return same && ++seen === change.nth;
    });
  }
  return () => seen >= change.nth;
}

/** A read of Marathon or Mesos: those of an API server are as many as it pleases, and lose nothing. */
function isRead({ path, mutates }: HttpCall): boolean {
  return !mutates && (path === '/api/v1' || path.startsWith('/v2/')) && path !== '/v2/events';
}

function pathOf({ path }: HttpCall, app: string): string {
  return path
    .replaceAll(app, 'app')
    .replaceAll(/-pull-[0-9a-z]+/g, '-pull-hash')
    .replaceAll(/\/record-\d+/g, '/record-n')
    .replaceAll(/\br[0-9a-f]{10}\b/g, 'revision')
    .replaceAll(/\/tasks\/[^/]+/g, '/tasks/task');
}
