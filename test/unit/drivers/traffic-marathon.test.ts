// Who is in traffic on Marathon: flags in the record of the set.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MemberAt } from '../../../src/drivers/azset/index.ts';
import type { TrafficOwner } from '../../../src/drivers/traffic/index.ts';
import { marathonPlaces } from '../../../src/drivers/traffic/marathon/places.ts';
import { codeOf, eachAnswerLost, eachChangeGuarded, openGuard, patience } from '../../contract/world.ts';
import { marathonWorld, SET, type MarathonWorld } from './marathon-world.ts';

vi.mock('../../../src/drivers/kubernetes/limits.ts', async (original) => ({
  ...(await original<object>()),
  GATHER_MS: 0,
}));
vi.mock('../../../src/drivers/traffic/limits.ts', async (original) => ({
  ...(await original<object>()),
  IN_TIMEOUT_MS: 300,
}));

let world: MarathonWorld;
beforeEach(async () => {
  world = await marathonWorld();
});
afterEach(() => world.stop());

const pullOut = (at: MemberAt, owner: TrafficOwner, drainSeconds = 0) =>
  world.traffic.pullOut(at, { owner, reason: `by ${owner}`, drainSeconds }, openGuard(), patience());
const pullIn = (at: MemberAt, owner: TrafficOwner) => world.traffic.pullIn(at, owner, openGuard(), patience());
const serving = async (): Promise<string[]> => [...(await world.traffic.serving([SET]))].sort();
const flags = async (ordinal: number) => (await world.seen()).instances[ordinal]?.outBy;

test('out and in: told at once, by a fresh read, and no task is restarted', async () => {
  await world.standing(3);
  const at = await world.at(1);
  await pullOut(at, 'release');
  expect(await serving()).toEqual(['shop-web-az-1-0', 'shop-web-az-1-2']);
  expect(await world.traffic.outBy(at)).toEqual({ release: 'by release' });
  world.stub.forget();
  await pullOut(at, 'release');
  expect(world.stub.changes).toEqual([]);
  expect(await pullIn(at, 'release')).toEqual({});
  expect(await serving()).toHaveLength(3);
  world.stub.forget();
  expect(await pullIn(at, 'release')).toEqual({});
  expect([world.stub.changes, world.stub.starts]).toEqual([[], []]);
  expect(await world.traffic.serving([{ ...SET, name: 'absent' }])).toEqual(new Set());
});

test('each owner clears its own flag only; traffic comes back with the last', async () => {
  await world.standing(1);
  const at = await world.at(0);
  for (const owner of ['release', 'server', 'health'] as const) await pullOut(at, owner);
  expect(await pullIn(at, 'release')).toEqual({ server: 'by server', health: 'by health' });
  expect(await pullIn(at, 'health')).toEqual({ server: 'by server' });
  expect(await serving()).toEqual([]);
  expect(await pullIn(at, 'server')).toEqual({});
  expect(await serving()).toHaveLength(1);
});

test('another task in the place is refused, and serves; a flag ends with its task', async () => {
  await world.standing(2);
  const at = await world.at(1);
  await pullOut(at, 'release');
  world.stub.end(at.uid);
  for (const act of [() => pullOut(at, 'release'), () => pullIn(at, 'release'), () => world.traffic.outBy(at)]) {
    expect(await codeOf(act())).toMatchObject({ code: 'INSTANCE_REPLACED' });
  }
  expect(await flags(1)).toEqual({});
  expect(await serving()).toHaveLength(2);
});

test('many at once, by several owners: none of the flags is lost', async () => {
  await world.standing(6);
  const members = await Promise.all([0, 1, 2, 3, 4, 5].map((n) => world.at(n)));
  await Promise.all(members.flatMap((at) => [pullOut(at, 'release'), pullOut(at, 'server')]));
  expect(await serving()).toEqual([]);
  await Promise.all(members.map((at) => pullIn(at, 'release')));
  expect(await Promise.all(members.map((at) => world.traffic.outBy(at)))).toEqual(
    members.map(() => ({ server: 'by server' })),
  );
});

test('born while the set is open: out by the release, also once it is known, until it is put in', async () => {
  await world.standing(1);
  const target = await world.stage('v2');
  const at = await world.at(0);
  await pullOut(at, 'release');
  await world.azSets.open(SET, target, openGuard(), patience());
  const { uid } = await world.azSets.recreate(at, target, openGuard(), patience());
  const born = { ...at, uid };
  await pullOut(born, 'server');
  expect(await flags(0)).toEqual({ release: 'made anew', server: 'by server' });
  await world.azSets.close(SET, openGuard(), patience());
  expect(await pullIn(born, 'release')).toEqual({ server: 'by server' });
  expect(await pullIn(born, 'server')).toEqual({});
  expect(await serving()).toEqual([at.member]);
});

test('one that does not get well is not in; a place that no task holds is out already', async () => {
  await world.standing(1);
  const at = await world.at(0);
  await pullOut(at, 'release');
  const [task] = world.stub.tasks;
  if (task === undefined) throw new Error('no task');
  task.state = 'TASK_STAGING';
  expect(await codeOf(pullIn(at, 'release'))).toMatchObject({ code: 'PULL_IN_TIMEOUT' });
  world.stub.isHeld = true;
  world.stub.end(at.uid);
  world.stub.forget();
  await pullOut(await world.at(0), 'release');
  expect(world.stub.changes).toEqual([]);
  expect(await serving()).toEqual([]);
});

test('connections get their time', async () => {
  await world.standing(1);
  const began = Date.now();
  await pullOut(await world.at(0), 'release', 0.2);
  expect(Date.now() - began).toBeGreaterThan(190);
});

test('survives the loss of any answer; every change is guarded', async () => {
  await world.standing(1);
  const at = await world.at(0);
  const isOut = async (): Promise<void> => expect(await flags(0)).toEqual({ release: 'by release' });
  const isIn = async (): Promise<void> => expect(await flags(0)).toEqual({});
  const prepareOut = () => pullIn(at, 'release');
  const prepareIn = () => pullOut(at, 'release');
  await eachAnswerLost(world.link, prepareOut, () => pullOut(at, 'release'), isOut);
  await eachAnswerLost(world.link, prepareIn, () => pullIn(at, 'release'), isIn);
  await eachChangeGuarded(world.link, prepareIn, (_, guard) => world.traffic.pullIn(at, 'release', guard, patience()));
});

test('what load balancers are told of the instances', async () => {
  await world.standing(2);
  const places = marathonPlaces(world.cluster);
  const at = await world.at(1);
  const { values } = await places.held(at);
  expect(values).toEqual({
    ...{ app: 'shop', group: 'web', env: 'pro', idc: 'north', az: 'az-1', cluster: 'north-m' },
    ...{ member: at.member, ordinal: '1', address: (await world.seen()).instances[1]?.address },
  });
  expect((await places.of([SET])).map(({ member }) => member)).toEqual(['shop-web-az-1-0', 'shop-web-az-1-1']);
  expect(await codeOf(places.held({ ...at, uid: 'other' }))).toMatchObject({ code: 'INSTANCE_REPLACED' });
});
