// What somebody does to the apps of a set after an operation has looked for the last time, and before it has ended.
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StagedRevision } from '../../src/drivers/azset/index.ts';
import type { ShownApp } from '../support/marathon-hands.ts';
import { marathonWorld, type MarathonWorld } from '../support/marathon-world.ts';
import { eventually, membersOf, openGuard, patience, seen, standing, type Subject } from './world.ts';

let world: MarathonWorld;

beforeAll(async () => {
  world = await marathonWorld();
});

afterAll(() => world.stop());

const SOMETHING = { container: { env: [{ name: 'A', value: '1' }] } };

/** All on v2, and not settled. */
async function moved(count: number): Promise<{ subject: Subject; target: StagedRevision }> {
  const subject = await standing(world, count);
  const { set } = subject;
  const target = await world.azSets.stage(set, world.spec(2, 'v2', SOMETHING), openGuard(), patience());
  await world.azSets.open(set, target, openGuard(), patience());
  for (const at of await membersOf(world, subject)) await world.azSets.recreate(at, target, openGuard(), patience());
  await world.azSets.close(set, openGuard(), patience());
  return { subject, target };
}

const appIn = ({ namespace, name }: Subject['set'], segment: string): string => `/${namespace}/${name}/${segment}`;

test.each([
  { size: 3, before: 'the record is written' },
  { size: 0, before: 'the record is written' },
  { size: 1, before: 'the old app is removed' },
])('a size of $size that is set just before $before is taken back, and settling ends after that', async (one) => {
  const { subject, target } = await moved(2);
  const { set } = subject;
  const app = appIn(set, target.revision);
  const isIt = (change: string): boolean =>
    one.before === 'the record is written'
      ? change === 'POST /v2/apps'
      : change === `DELETE /v2/apps${appIn(set, target.previous.revision)}`;
  let met = 0;
  world.link.beforeChange(async () => {
    met++;
    await world.hands.change(app, { instances: one.size });
  }, isIt);
  await world.azSets.settle(set, target.revision, openGuard(), patience());
  expect(met).toBe(1);
  expect(await seen(world, subject)).toMatchObject({ settled: true, desired: 2, currentRevision: target.revision });
  expect((await world.hands.revisions(set)).map(({ id, instances }) => ({ id, instances }))).toEqual([
    { id: app, instances: 2 },
  ]);
});

test.each([3, 1, 0])(
  'a size of %i that is set just before the staged app is removed is taken back by the undo',
  async (size) => {
    const subject = await standing(world, 2);
    const { set } = subject;
    const spec = world.spec(2, 'v2', SOMETHING);
    const { revision, previous } = await world.azSets.stage(set, spec, openGuard(), patience());
    let met = 0;
    world.link.beforeChange(
      async () => {
        met++;
        await world.hands.change(appIn(set, previous.revision), { instances: size });
      },
      (change) => change === `DELETE /v2/apps${appIn(set, revision)}`,
    );
    await world.azSets.unstage(set, openGuard(), patience());
    expect(met).toBe(1);
    await eventually(async () => (await seen(world, subject)).settled);
    expect((await world.hands.revisions(set)).map(({ id, instances }) => ({ id, instances }))).toEqual([
      { id: appIn(set, previous.revision), instances: 2 },
    ]);
  },
);

test('a deployment that hangs is taken back, and that is not taken back itself', async () => {
  const subject = await standing(world, 1);
  const { set } = subject;
  const spec = world.spec(2, 'v2', SOMETHING);
  const { revision, previous } = await world.azSets.stage(set, spec, openGuard(), patience());
  const app = appIn(set, revision);
  const tasks = async (): Promise<ShownApp['tasks']> =>
    (await world.hands.revisions(set)).find(({ id }) => id === app)?.tasks ?? [];
  // One runs there that nobody wants; and somebody has it made anew on an agent that there is not.
  await world.hands.change(app, { instances: 1 });
  await eventually(async () => (await tasks()).some(({ state }) => state === 'TASK_RUNNING'));
  const [{ id: pod } = { id: '' }] = await tasks();
  await eventually(() =>
    world.hands.change(app, { cpus: 512 }).then(
      () => true,
      () => false,
    ),
  );
  const stops = { kind: 'never-stop', namespace: 'mesos', pod } as const;
  await world.hosts.fault({ ...stops, on: true });
  world.link.forget();
  const unstaging = world.azSets.unstage(set, openGuard(), patience());
  const takenBack = (): string[] =>
    world.link.changes().filter((change) => change.startsWith('DELETE /v2/deployments/'));
  await eventually(() => Promise.resolve(takenBack().length > 0));
  // To take it back is to have that task end first.
  await sleep(2_500);
  expect(takenBack()).toHaveLength(1);
  await world.hosts.fault({ ...stops, on: false });
  await unstaging;
  expect(await seen(world, subject)).toMatchObject({ settled: true, desired: 1, currentRevision: previous.revision });
  expect((await world.hands.revisions(set)).map(({ id }) => id)).toEqual([appIn(set, previous.revision)]);
});
