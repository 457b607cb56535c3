import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import type { Endpoint } from './types.ts';

const RETRY_MS = 250;

/** Events promise nothing, so it looks without one, too. */
const LOOK_MS = 1_000;

/** An app as Marathon shows it, as far as a load balancer looks. */
export interface ShownApp {
  id: string;
  labels: Record<string, string>;
  container?: { portMappings?: { containerPort: number }[] };
  tasks: { id: string; state: string; stagedAt?: string; ipAddresses?: { ipAddress: string }[] }[];
}

/** What is read of a record: docs/traffic.md, "A load balancer that reads the record". */
interface State {
  open: string | null;
  places: { app: string | null; task?: string; leaving?: string }[];
  out: Record<string, unknown>;
}

const RECORD = /^record-(\d+)$/;
const LABEL = 'transship.dev/';

/**
 * Where requests for each Service (`<namespace>/<app>-<group>`) go on one Marathon, by the records of its sets: to the
 * tasks that run, hold a place, and are out for nobody.
 * @param apps all that carry the label of a set, with their tasks
 */
export function routesOf(cluster: string, apps: ShownApp[]): Map<string, Endpoint[]> {
  const routes = new Map<string, Endpoint[]>();
  for (const [folder, within] of Map.groupBy(apps, ({ id }) => id.slice(0, id.lastIndexOf('/')))) {
    const [, namespace = '', set = ''] = folder.split('/');
    const record = within.filter(({ id }) => sequenceOf(id) > 0).sort((a, b) => sequenceOf(b.id) - sequenceOf(a.id))[0];
    const text = record?.labels[`${LABEL}state`];
    if (record === undefined || text === undefined) continue;
    const service = `${namespace}/${record.labels[`${LABEL}app`] ?? ''}-${record.labels[`${LABEL}group`] ?? ''}`;
    const routed = placesIn(JSON.parse(text) as State, within).flatMap(({ ordinal, app, task }): Endpoint[] => {
      const port = app.container?.portMappings?.[0]?.containerPort;
      const address = task.ipAddresses?.[0]?.ipAddress;
      if (port === undefined || address === undefined || task.state !== 'TASK_RUNNING') return [];
      return [{ address, port, cluster, pod: `${set}-${ordinal}` }];
    });
    routes.set(service, [...(routes.get(service) ?? []), ...routed]);
  }
  return routes;
}

/** Tasks in places that nobody keeps out. A task that the record does not know yet takes a free place of its app. */
function placesIn({ open, places, out }: State, apps: ShownApp[]) {
  const live = new Map(apps.flatMap((app) => app.tasks.map((task) => [task.id, { app, task }] as const)));
  const known = new Set(places.flatMap(({ task, leaving }) => [task, leaving]));
  const fresh = [...live.values()]
    .filter(({ task }) => !known.has(task.id) && task.state !== 'TASK_KILLING')
    .sort((a, b) => (a.task.stagedAt ?? '').localeCompare(b.task.stagedAt ?? ''));
  return places.flatMap((place, ordinal) => {
    if (place.leaving !== undefined) return [];
    const held = live.get(place.task ?? '');
    // While a set is open, the release says who comes into traffic.
    const at = fresh.findIndex(({ app }) => open === null && app.id.endsWith(`/${place.app ?? ''}`));
    const holder = held ?? (at < 0 ? undefined : fresh.splice(at, 1)[0]);
    return holder === undefined || out[holder.task.id] !== undefined ? [] : [{ ordinal, ...holder }];
  });
}

function sequenceOf(id: string): number {
  return Number(RECORD.exec(id.slice(id.lastIndexOf('/') + 1))?.[1] ?? 0);
}

/**
 * Follows a Marathon: looks when it tells of an event, and once a second. Resolves after the first look.
 * @param urls of its processes; each answers for the leader
 * @param changed called with what routesOf gives, after every look
 * @param trouble called with every error; it is tried again by itself
 */
export async function watchMarathon(
  cluster: string,
  urls: string[],
  changed: (routes: Map<string, Endpoint[]>) => void,
  trouble: (error: unknown) => void,
): Promise<void> {
  let turn = 0;
  let asked = 0;
  let looking: Promise<void> | null = null;
  const look = async (): Promise<void> => {
    for (let seen = 0; seen !== asked;) {
      seen = asked;
      try {
        changed(routesOf(cluster, await readApps(urls[turn % urls.length] ?? '')));
      } catch (error) {
        turn++;
        trouble(error);
      }
    }
    looking = null;
  };
  /** One look at a time; what happens meanwhile calls for another one. */
  const wake = (): Promise<void> => {
    asked++;
    return (looking ??= look());
  };
  const follow = async (): Promise<void> => {
    for (;;) {
      await eachEvent(urls[turn % urls.length] ?? '', () => void wake()).catch(trouble);
      await sleep(RETRY_MS);
    }
  };
  await wake();
  setInterval(() => void wake(), LOOK_MS);
  void follow();
}

async function readApps(url: string): Promise<ShownApp[]> {
  const asked = new URL(`/v2/apps?label=${encodeURIComponent(`transship.dev\\/az-set`)}&embed=apps.tasks`, url);
  const { statusCode, body } = await request(asked, { headers: { accept: 'application/json' } });
  const text = await body.text();
  if (statusCode !== 200) throw new Error(`${url} answers ${statusCode} ${text}`);
  return (JSON.parse(text) as { apps: ShownApp[] }).apps;
}

/** Calls back for each piece of the stream of events, until it breaks: what it says does not matter. */
async function eachEvent(url: string, heard: () => void): Promise<void> {
  const { body } = await fetch(new URL('/v2/events', url), { headers: { accept: 'text/event-stream' } });
  const reader = body?.getReader();
  while (reader !== undefined && !(await reader.read()).done) heard();
}
