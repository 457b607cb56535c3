// What was sent to Marathon before another operation fenced the set, and arrives after that one has decided otherwise. A
// record is refused; what names no record is done all the same: docs/adr/0007 and 0008 say what of it is to be borne.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Guard, MemberAt, StagedRevision } from '../../src/drivers/azset/index.ts';
import { marathonWorld, type MarathonWorld } from '../support/marathon-world.ts';
import { eventually, memberOf, openGuard, patience, seen, standing, type Subject } from './world.ts';

let world: MarathonWorld;

beforeAll(async () => {
  world = await marathonWorld();
});

afterAll(() => world.stop());

const SOMETHING = { container: { env: [{ name: 'A', value: '1' }] } };
const FLAG = { owner: 'release', reason: 'test', drainSeconds: 0 } as const;

/**
 * Begins an act whose change, the one that is meant, arrives only after `meanwhile`, which begins by fencing the set; the
 * act's worker knows of that at its next change.
 */
async function late(
  { set }: Subject,
  isIt: (change: string) => boolean,
  act: (guard: Guard) => Promise<unknown>,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const refusal = new Error('a later operation owns the group');
  let isShut = false;
  let failure: unknown = null;
  world.link.beforeChange(async () => {
    isShut = true;
    try {
      await world.elsewhere.fence(set, 'rep-1/2/7', openGuard(), patience());
      await meanwhile();
    } catch (error) {
      failure = error;
    }
  }, isIt);
  await act(() => (isShut ? Promise.reject(refusal) : Promise.resolve())).catch((error: unknown) => {
    if (error !== refusal && !(error instanceof Error && 'code' in error)) throw error;
  });
  expect([isShut, failure]).toEqual([true, null]);
}

const later = {
  open: (set: Subject['set'], target: StagedRevision['previous']) =>
    world.elsewhere.open(set, target, openGuard(), patience()),
  recreate: (at: MemberAt, target: StagedRevision['previous']) =>
    world.elsewhere.recreate(at, target, openGuard(), patience()),
  close: (set: Subject['set']) => world.elsewhere.close(set, openGuard(), patience()),
  pullIn: (at: MemberAt) => world.trafficElsewhere.pullIn(at, 'release', openGuard(), patience()),
  unstage: (set: Subject['set']) => world.elsewhere.unstage(set, openGuard(), patience()),
  resize: (set: Subject['set'], count: number) => world.elsewhere.resize(set, count, openGuard(), patience()),
  remove: ({ set, group }: Subject) => world.elsewhere.remove(set, group, openGuard(), patience()),
  settle: (set: Subject['set'], revision: string) => world.elsewhere.settle(set, revision, openGuard(), patience()),
};
const appIn = ({ set }: Subject, segment: string): string => `/v2/apps/${set.namespace}/${set.name}/${segment}`;
const serving = ({ set }: Subject): Promise<number> => world.trafficElsewhere.serving([set]).then(({ size }) => size);
const sizes = async ({ set }: Subject): Promise<number[]> =>
  (await world.hands.revisions(set)).map(({ instances }) => instances);

/** Two on v1, staged to v2 and open for it; the second is out of traffic. */
async function begun(): Promise<{ subject: Subject; target: StagedRevision; at: MemberAt }> {
  const subject = await standing(world, 2);
  const spec = world.spec(2, 'v2', SOMETHING);
  const target = await world.azSets.stage(subject.set, spec, openGuard(), patience());
  const at = await memberOf(world, subject, 1);
  await world.traffic.pullOut(at, FLAG, openGuard(), patience());
  await world.azSets.open(subject.set, target, openGuard(), patience());
  return { subject, target, at };
}

/** The undo of another operation, of one instance. */
async function back(subject: Subject, at: MemberAt, { previous }: StagedRevision): Promise<void> {
  await later.open(subject.set, previous);
  const { uid } = await later.recreate(at, previous);
  await later.close(subject.set);
  await later.pullIn({ ...at, uid });
}

test('a kill takes the task that it names, in traffic or not; its place is empty, and settling fills it', async () => {
  const { subject, target, at } = await begun();
  const { set } = subject;
  await late(
    subject,
    (change) => change.includes(`/tasks/${at.uid}`),
    (guard) => world.azSets.recreate(at, target, guard, patience()),
    async () => {
      await back(subject, at, target);
      await later.unstage(set);
      expect(await serving(subject)).toBe(2);
    },
  );
  await eventually(async () => (await world.hands.taskState(set, at.uid)) === null);
  const { instances, settled, desired } = await seen(world, subject);
  expect([settled, desired, await sizes(subject)]).toEqual([false, 2, [1]]);
  expect(instances[1]).toMatchObject({ uid: `none:${target.previous.revision}`, running: false });
  expect(await serving(subject)).toBe(1);
  await later.settle(set, target.previous.revision);
  expect(await seen(world, subject)).toMatchObject({ settled: true, desired: 2 });
  await eventually(async () => (await serving(subject)) === 2);
});

test('a scale for an app that is wanted no more starts what holds no place and gets no traffic; the undo ends it', async () => {
  const { subject, target, at } = await begun();
  const { set } = subject;
  await late(
    subject,
    (change) => change === `PATCH ${appIn(subject, target.revision)}`,
    (guard) => world.azSets.recreate(at, target, guard, patience()),
    async () => back(subject, await memberOf(world, subject, 1), target),
  );
  const strays = async (): Promise<string[]> =>
    (await world.hands.revisions(set)).find(({ id }) => id.endsWith(target.revision))?.tasks.map(({ id }) => id) ?? [];
  await eventually(async () => (await strays()).length === 1);
  const { instances } = await seen(world, subject);
  expect(instances.map(({ revision }) => revision)).toEqual(Array(2).fill(target.previous.revision));
  const [stray = ''] = await strays();
  expect(instances.map(({ uid }) => uid)).not.toContain(stray);
  expect(await serving(subject)).toBe(2);
  await later.unstage(set);
  expect(await seen(world, subject)).toMatchObject({ settled: true, desired: 2 });
  expect(await world.hands.taskState(set, stray)).toBe(null);
});

test('a scale that comes after a larger one ends the youngest of the app; settling brings them back', async () => {
  const subject = await standing(world, 1);
  const { set } = subject;
  const { currentRevision: revision } = await seen(world, subject);
  await late(
    subject,
    (change) => change === `PATCH ${appIn(subject, revision)}`,
    (guard) => world.azSets.resize(set, 2, guard, patience()),
    () => later.resize(set, 3),
  );
  await eventually(async () => (await seen(world, subject)).instances.some(({ running }) => !running));
  expect([await sizes(subject), (await seen(world, subject)).settled]).toEqual([[2], false]);
  await later.settle(set, revision);
  expect(await seen(world, subject)).toMatchObject({ settled: true, desired: 3 });
});

test('an app that is made for a stage has no instance, and serves the next stage', async () => {
  const subject = await standing(world, 1);
  const { set } = subject;
  const spec = world.spec(2, 'v2', SOMETHING);
  const stage = (guard: Guard) => world.azSets.stage(set, spec, guard, patience());
  await late(
    subject,
    (change) => change === 'POST /v2/apps',
    stage,
    () => Promise.resolve(),
  );
  await eventually(async () => (await sizes(subject)).length === 2);
  expect((await sizes(subject)).sort()).toEqual([0, 1]);
  const { revision, previous } = await stage(openGuard());
  expect((await world.hands.revisions(set)).some(({ id }) => id.endsWith(`/${revision}`))).toBe(true);
  await later.unstage(set);
  expect(await seen(world, subject)).toMatchObject({ settled: true, currentRevision: previous.revision });
  expect(await sizes(subject)).toEqual([1]);
});

test('an app that is made for a set that was removed runs without a set, and out of traffic, until it is removed again', async () => {
  const subject = world.newSubject();
  const { set, group } = subject;
  await late(
    subject,
    (change) => change === 'POST /v2/apps',
    (guard) => world.azSets.create(set, group, world.spec(1, 'v1'), 1, guard),
    () => later.remove(subject),
  );
  await eventually(async () => (await world.hands.revisions(set)).some(({ tasks }) => tasks.length === 1));
  expect(await world.azSets.observe([set])).toEqual([null]);
  expect(await serving(subject)).toBe(0);
  await later.remove(subject);
  expect(await world.hands.apps(set)).toEqual([]);
});

test('a removal of an app that is in use again takes what was started in it meanwhile; its place is empty', async () => {
  const { subject, target, at } = await begun();
  const { set } = subject;
  const spec = world.spec(2, 'v2', SOMETHING);
  await world.azSets.close(set, openGuard(), patience());
  await late(
    subject,
    (change) => change === `DELETE ${appIn(subject, target.revision)}`,
    (guard) => world.azSets.unstage(set, guard, patience()),
    async () => {
      const again = await world.elsewhere.stage(set, spec, openGuard(), patience());
      expect(again.revision).toBe(target.revision);
      await later.open(set, again);
      const { uid } = await later.recreate(at, again);
      await later.close(set);
      await later.pullIn({ ...at, uid });
    },
  );
  await eventually(async () => (await seen(world, subject)).instances[1]?.running === false);
  expect((await seen(world, subject)).instances[1]).toMatchObject({ uid: `none:${target.revision}` });
  expect(await serving(subject)).toBe(1);
  await back(subject, await memberOf(world, subject, 1), target);
  await later.unstage(set);
  expect(await seen(world, subject)).toMatchObject({ settled: true, desired: 2 });
});

test('a record of a set that was removed makes no set, and holds up neither the next one nor a removal', async () => {
  const subject = await standing(world, 1);
  const { set, group } = subject;
  const records = async (): Promise<string[]> => (await world.hands.apps(set)).map(({ id }) => id);
  const sent = async (one: Subject): Promise<void> => {
    const at = await memberOf(world, one, 0);
    await late(
      one,
      (change) => change === 'POST /v2/apps',
      (guard) => world.traffic.pullOut(at, FLAG, guard, patience()),
      () => later.remove(one),
    );
    await eventually(async () => (await records()).length === 1);
  };
  // The fence took a number of its own: one more was written before the set was removed, and that is free again.
  await sent(subject);
  expect(await world.azSets.observe([set])).toEqual([null]);
  await world.azSets.fence(set, 'rep-1/2/8', openGuard(), patience());
  await later.remove(subject);
  expect(await records()).toEqual([]);

  await sent(await standing(world, 1, subject));
  await world.azSets.create(set, group, world.spec(1, 'v1'), 2, openGuard());
  await eventually(async () => (await seen(world, subject)).settled);
  expect(await seen(world, subject)).toMatchObject({ desired: 2 });
  expect((await records()).filter((id) => id.includes('/record-'))).toHaveLength(1);
});

test('a task that somebody ends just before its place is handed over comes back without a place, and is ended', async () => {
  const { subject, target, at } = await begun();
  const { set } = subject;
  await world.mark();
  world.link.beforeChange(
    async () => {
      await world.hands.kill(at.uid);
      await eventually(async () => {
        const [old] = (await world.hands.revisions(set)).filter(({ id }) => id.endsWith(target.previous.revision));
        const others = old?.tasks.filter(({ id, state }) => id !== at.uid && state === 'TASK_RUNNING') ?? [];
        return others.length === 2;
      });
    },
    (change) => change.includes(`/tasks/${at.uid}`),
  );
  const born = await world.azSets.recreate(at, target, openGuard(), patience());
  await world.azSets.close(set, openGuard(), patience());
  expect((await seen(world, subject)).instances.map(({ uid }) => uid)[1]).toBe(born.uid);
  expect((await sizes(subject)).sort()).toEqual([1, 1]);
  await eventually(async () => (await world.hands.revisions(set)).flatMap(({ tasks }) => tasks).length === 2);
  const starts = await world.starts(subject);
  expect(starts[at.member]).toEqual(['v2']);
  // The one without a place, which nobody asked for, stands under its own name.
  expect(Object.keys(starts)).toHaveLength(2);
});
