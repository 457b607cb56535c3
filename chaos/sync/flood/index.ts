import { setTimeout as sleep } from 'node:timers/promises';
import type { Sync } from '../../../src/domain/sync/progress.ts';
import { atOnce } from '../../../src/drivers/at-once.ts';
import { query } from '../../../test/support/postgres.ts';
import type { CaseContext } from '../../harness/index.ts';
import { insist, SYNC_PATIENCE } from '../../harness/insist.ts';
import { killNowAndThen, downForAWhile, type Blows } from './blows.ts';
import { cancelAll, judgeCancels, prepareCancels } from './cancels.ts';
import { secondsOf, spreadOf, tripsOf, type Trips } from './figures.ts';
import { FLOOD, pushAll, type Pushed } from './pushes.ts';
import { Room } from './room.ts';
import type { FloodSize } from './size.ts';
import { Watch } from './watch.ts';
import { breakLinks, DESTINATIONS, openFloodWorld, SOURCE, type FloodWorld } from './world.ts';

/** The replica goes down when so much was pushed. */
const DOWN_AFTER = 0.3;
/** Tags at a time, in the end. */
const JUDGED_AT_ONCE = 6;
/** How often it is looked whether all is there. */
const LOOK_MS = 500;

/**
 * Many pushes while the links between registries are slow and break, workers and the API die, webhooks are lost or come
 * again, and a replica is down. In the end every registry must name what the source names, all bytes of it, without
 * anybody's hand.
 */
export async function flood(
  size: FloodSize,
  { random, signal: interrupted, record }: CaseContext,
  note: (text: string) => void,
): Promise<string[]> {
  await using resources = new AsyncDisposableStack();
  const over = new AbortController();
  resources.defer(() => over.abort());
  const signal = AbortSignal.any([interrupted, over.signal]);
  const watch = new Watch(size.looked, random);
  const world = await openFloodWorld(size, { random, signal, resources, onMoved: (arrival) => watch.moved(arrival) });
  const stopped = await prepareCancels(world, size.cancels, signal);
  const rule = {
    name: FLOOD,
    from: SOURCE,
    to: DESTINATIONS,
    images: [{ repository: `${FLOOD}/**` }],
    every: size.every,
  };
  await insist(
    world.api,
    { method: 'PUT', path: `/v1/sync-rules/${FLOOD}`, body: { ...rule, parallel: 16 } },
    signal,
    SYNC_PATIENCE,
  );
  await breakLinks(world, size);

  const blows: Blows = { workers: 0, apis: 0, down: null };
  const pushes: Pushed[] = [];
  const latest = new Map<string, Pushed>();
  const pushing = new AbortController();
  const striking = AbortSignal.any([signal, pushing.signal]);
  const source = world.fleet.registries[SOURCE]?.directUrl ?? '';
  const { promise: isTime, resolve: itIsTime } = Promise.withResolvers<null>();
  const began = Date.now();
  const room = new Room(world, size.onTheirWay);
  const onPushed = (pushed: Pushed): void => {
    pushes.push(pushed);
    room.pushed(pushed);
    latest.set(`${pushed.repository}:${pushed.tag}`, pushed);
    if (pushes.length >= size.pushes * DOWN_AFTER) itIsTime(null);
    if (pushes.length % Math.ceil(size.pushes / 20) === 0) tell();
  };
  const tell = (): void => {
    const { all, superseded } = tripsOf(pushes, latest, { ...world, blows });
    const { p50, p99 } = spreadOf(secondsOf(all, 'up'));
    const open = pushes.length * DESTINATIONS.length - all.length - superseded;
    note(
      `${sinceOf(began)} s: ${pushes.length} pushed, ${open} on their way; p50 ${p50.toFixed(1)} s, p99 ${p99.toFixed(1)} s`,
    );
  };
  const watching = watch.run(world, signal);
  // Before its registries end: what it finds then is no answer to anything.
  resources.defer(async () => {
    over.abort();
    await watching.catch(() => undefined);
  });
  await Promise.all([
    pushAll(source, size, { random, signal, hasRoom: () => room.isThere, onPushed }).finally(() => pushing.abort()),
    killNowAndThen(world, size, blows, striking),
    isTime.then(async () => downForAWhile(world, size, blows, signal, async () => cancelAll(world, stopped, signal))),
  ]);
  note(`all pushed after ${sinceOf(began)} s; waiting for the rest`);
  await settled(world, latest, size.rest * 1_000, signal);
  const trips = tripsOf(pushes, latest, { ...world, blows });
  note(`settled after ${sinceOf(began)} s; looking at every byte`);
  over.abort();
  await watching;

  const violations = [
    ...watch.violations,
    ...(await judgeEnd(world, latest)),
    ...(await judgeCancels(world, stopped)),
    ...judgeTimes(trips, size),
  ];
  const faults = faultsOf(world, blows, trips, stopped.length);
  violations.push(...Object.entries(faults).flatMap(([fault, hits]) => (hits > 0 ? [] : [`${fault}: never happened`])));
  const figures = await figuresOf(world, trips, faults, watch.looks);
  record('figures', figures);
  record('trips', trips.all);
  for (const [name, value] of Object.entries(figures)) note(`${name}: ${JSON.stringify(value)}`);
  return violations;
}

/** Waits until destinations have told that every tag names what it names at the source, and nothing goes on. */
async function settled(
  { arrivals, client }: FloodWorld,
  latest: ReadonlyMap<string, Pushed>,
  restMs: number,
  signal: AbortSignal,
): Promise<void> {
  const until = Date.now() + restMs;
  const isThere = ({ repository, tag, digest }: Pushed): boolean =>
    DESTINATIONS.every((registry) => arrivals.names(registry, repository, tag) === digest);
  while (Date.now() < until) {
    if ([...latest.values()].every(isThere)) {
      const { count } = await client.workflow.count('ExecutionStatus = "Running" AND WorkflowType = "syncImage"');
      if (count === 0) return;
    }
    await sleep(LOOK_MS, undefined, { signal });
  }
}

/** Every tag names what the source names, and every byte of it is there. */
async function judgeEnd({ eyes }: FloodWorld, latest: ReadonlyMap<string, Pushed>): Promise<string[]> {
  const violations: string[] = [];
  await atOnce(JUDGED_AT_ONCE, latest.values(), async ({ repository, tag, digest }) => {
    const wanted = await eyes[SOURCE]?.tag(repository, tag);
    if (wanted !== digest) violations.push(`${repository}:${tag} is ${wanted} at the source, was pushed as ${digest}`);
    for (const name of DESTINATIONS) {
      const now = await eyes[name]?.tag(repository, tag);
      if (now !== digest) violations.push(`${repository}:${tag} is ${now} in ${name}, ${digest} at the source`);
      else violations.push(...((await eyes[name]?.faults(repository, digest)) ?? []).map((line) => `${name}: ${line}`));
    }
  });
  return violations;
}

function judgeTimes({ all, absent }: Trips, size: FloodSize): string[] {
  const { p99 } = spreadOf(secondsOf(all, 'up'));
  return [
    ...absent.map((what) => `no registry has told of ${what}`),
    ...(p99 <= size.p99 ? [] : [`99 % took up to ${p99.toFixed(1)} s, not ${size.p99}, where the destination was up`]),
  ];
}

/** How often each fault did happen: one that never did shows nothing. */
function faultsOf(
  { meters, postman }: FloodWorld,
  { workers, apis }: Blows,
  { all, superseded }: Trips,
  cancels: number,
): Record<string, number> {
  const ends = Object.values(meters).map((meter) => meter.ends);
  const sum = (name: keyof (typeof ends)[number]): number => ends.reduce((total, one) => total + one[name], 0);
  const fates = [...postman.fates.values()];
  const count = (fate: string): number => fates.filter((one) => one === fate).length;
  return {
    ...{ 'connections refused': sum('refused'), 'connections reset': sum('reset') },
    ...{ 'answers truncated': sum('truncated'), 'connections cut while a replica was down': sum('cut') },
    'images that waited for a replica': all.filter(({ kind }) => kind === 'down').length,
    ...{ 'workers killed': workers, 'API killed': apis },
    ...{
      'webhooks lost': count('lost'),
      'webhooks five times': count('five times'),
      'webhooks late again': count('late'),
    },
    ...{ 'tags pushed over before they had arrived': superseded, 'syncs cancelled': cancels },
  };
}

async function figuresOf(
  { fleet, arrivals, postman, meters }: FloodWorld,
  { all, superseded, absent }: Trips,
  faults: Record<string, number>,
  looks: number,
): Promise<Record<string, unknown>> {
  const reports = await query<Pick<Sync, 'report'>>(fleet.catalogue.directUrl, 'SELECT report FROM syncs');
  const attempts = reports.flatMap(({ report }) => report?.attempts ?? []);
  const answers = postman.answerMs.toSorted((one, other) => one - other);
  const wanted = all.length + absent.length;
  const rounded = (all: readonly number[]): object => {
    const { count, ...seconds } = spreadOf(all);
    return {
      count,
      ...Object.fromEntries(Object.entries(seconds).map(([name, value]) => [name, Number(value.toFixed(2))])),
    };
  };
  return {
    'converged %': wanted === 0 ? 0 : (100 * all.length) / wanted,
    'seconds, destination up': rounded(secondsOf(all, 'up')),
    'seconds, destination was down': rounded(secondsOf(all, 'down')),
    'seconds after the destination was back': rounded(all.flatMap(({ afterDown }) => afterDown ?? [])),
    'seconds, webhook lost': rounded(secondsOf(all, 'lost')),
    superseded,
    'attempts of copies': {
      one: attempts.filter((n) => n === 1).length,
      more: attempts.filter((n) => n > 1).length,
      most: Math.max(...attempts),
    },
    'bytes sent to destinations': arrivals.blobBytes,
    'of which twice': arrivals.duplicateBytes,
    'webhook answered, ms': {
      p50: answers[Math.floor(answers.length / 2)],
      p99: answers[Math.floor(answers.length * 0.99)],
    },
    'looks below tags': looks,
    connections: Object.fromEntries(Object.entries(meters).map(([name, { ends }]) => [name, ends])),
    faults,
  };
}

function sinceOf(began: number): string {
  return ((Date.now() - began) / 1_000).toFixed(0);
}
