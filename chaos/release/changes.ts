import type { HttpCall, Mishap } from '../../test/support/http-link.ts';
import type { LaneLinks } from './links.ts';

/** One change that a run of a scenario asked an API server for, told apart from the others of that run. */
export interface Change {
  idc: string;
  method: string;
  /** The same in every run: neither the app's name nor a hash of it. */
  path: string;
  /** Which one of this method and path, from 1. */
  nth: number;
}

/** What the processes of a lane changed since it began. */
export function changesOf(links: LaneLinks, app: string): Change[] {
  return links.idcs.flatMap((idc) => {
    const counts = new Map<string, number>();
    return links
      .api(idc)
      .calls.filter(({ mutates }) => mutates)
      .map((call): Change => {
        const path = pathOf(call, app);
        const nth = (counts.get(`${call.method} ${path}`) ?? 0) + 1;
        counts.set(`${call.method} ${path}`, nth);
        return { idc, method: call.method, path, nth };
      });
  });
}

/** The next time that this change comes by, that becomes of it. @returns whether it came by */
export function befall(links: LaneLinks, app: string, change: Change, mishap: Mishap): () => boolean {
  let seen = 0;
  links.api(change.idc).befall(mishap, (call) => {
    const same = call.mutates && call.method === change.method && pathOf(call, app) === change.path;
    return same && ++seen === change.nth;
  });
  return () => seen >= change.nth;
}

function pathOf({ path }: HttpCall, app: string): string {
  return path.replaceAll(app, 'app').replaceAll(/-pull-[0-9a-z]+/g, '-pull-hash');
}
