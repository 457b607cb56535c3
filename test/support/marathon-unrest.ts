import { request } from 'undici';
import type { SetState } from '../../src/drivers/marathon/state.ts';
import { MarathonHands, sequenceIn, type ShownApp } from './marathon-hands.ts';

/** What keeps the sets of an app on a Marathon from resting; nothing where they rest. */
export async function unrestOnMarathon(url: string, namespace: string, app: string): Promise<string[]> {
  const ours = (await new MarathonHands(url).under(namespace)).filter(
    ({ labels }) => labels['transship.dev/app'] === app,
  );
  const bySet = Map.groupBy(ours, ({ id }) => id.slice(0, id.lastIndexOf('/')));
  return [
    ...[...bySet].flatMap(([folder, apps]) => unrestOfSet(apps).map((what) => `${folder} ${what}`)),
    ...(await deploymentsOf(url, `/${namespace}/${app}-`)).map((id) => `deployment ${id} goes on`),
  ];
}

function unrestOfSet(apps: ShownApp[]): string[] {
  const records = apps.filter(({ id }) => sequenceIn(id) !== null);
  const [record, ...others] = records;
  if (record === undefined) return ['has no record'];
  const state = JSON.parse(record.labels['transship.dev/state'] ?? '') as SetState;
  const { places, out, open, previous, current, update, removing } = state;
  const revisions = apps.filter(({ id }) => sequenceIn(id) === null);
  const wanted = Map.groupBy(places, (place) => place.app ?? 'none');
  return [
    ...faults({
      'has several records': others.length > 0,
      'is staged': previous !== null,
      'is open': open !== null,
      'has a revision to come': current !== update,
      'is being removed': removing,
      [`keeps ${Object.keys(out).join()} out`]: Object.keys(out).length > 0,
      'has a place on the move': places.some(({ leaving, app }) => leaving !== undefined || app === null),
    }),
    ...revisions.flatMap(({ id, instances, tasks }) => {
      const segment = id.slice(id.lastIndexOf('/') + 1);
      const count = wanted.get(segment)?.length ?? 0;
      const running = tasks.filter(({ state: task }) => task === 'TASK_RUNNING').length;
      return faults({
        [`still has the app ${segment}`]: state.apps[segment]?.revision !== current || count === 0,
        [`wants ${instances} of ${segment}, not ${count}`]: instances !== count,
        [`runs ${running} of ${count} of ${segment}`]: running !== count || tasks.length !== count,
      });
    }),
  ];
}

async function deploymentsOf(url: string, prefix: string): Promise<string[]> {
  const { body } = await request(new URL('/v2/deployments', url));
  const all = (await body.json()) as { id: string; affectedApps: string[] }[];
  return all.filter(({ affectedApps }) => affectedApps.some((id) => id.startsWith(prefix))).map(({ id }) => id);
}

function faults(checks: Record<string, boolean>): string[] {
  return Object.entries(checks).flatMap(([what, holds]) => (holds ? [what] : []));
}
