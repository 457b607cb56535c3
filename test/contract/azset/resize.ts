import { expect, test } from 'vitest';
import type { Guard } from '../../../src/drivers/azset/index.ts';
import type { Abilities } from '../abilities.ts';
import {
  codeOf,
  eachAnswerLost,
  eachChangeGuarded,
  eachDeath,
  eventually,
  membersOf,
  openGuard,
  patience,
  seen,
  standing,
  type Subject,
  type World,
} from '../world.ts';
import { batchSteps } from './batch.ts';

/** How a set gets more instances, or fewer. */
export function resizeContract(world: () => World, can: Abilities): void {
  const { pullOut, pullIn, open, close } = batchSteps(world);
  const resize = ({ set }: Subject, count: number, guard: Guard = openGuard()) =>
    world().azSets.resize(set, count, guard, patience());
  /** As an operation goes about it. */
  const enlarge = async (subject: Subject, count: number, guard: Guard = openGuard()): Promise<void> => {
    const { currentRevision: revision, instances } = await seen(world(), subject);
    await open(subject, { revision, images: instances[0]?.images ?? {} }, guard);
    await resize(subject, count, guard);
    await close(subject, guard);
  };
  const reduce = async (subject: Subject, count: number, guard: Guard = openGuard()): Promise<void> => {
    const leaving = (await membersOf(world(), subject)).slice(count);
    await Promise.all(leaving.map((at) => pullOut(at, guard)));
    await resize(subject, count, guard);
  };
  /** Every instance at rest and in traffic. */
  const expectServing = async (subject: Subject, count: number): Promise<void> => {
    const out = (await seen(world(), subject)).instances.filter(({ outBy }) => 'release' in outBy);
    await Promise.all(out.map(({ member, uid }) => pullIn({ set: subject.set, member, uid })));
    await eventually(async () => {
      const { settled, desired, instances } = await seen(world(), subject);
      return settled && desired === count && instances.length === count && instances.every(({ ready }) => ready);
    });
    await eventually(async () => (await world().traffic.serving([subject.set])).size === count);
  };

  test('what comes is of what the set runs, and out of traffic; what was there stays', async () => {
    const subject = await standing(world(), 2);
    const definition = await world().definition(subject);
    const before = await membersOf(world(), subject);
    await enlarge(subject, 4);
    const { desired, currentRevision, instances } = await seen(world(), subject);
    expect(desired).toBe(4);
    expect(instances.map(({ revision }) => revision)).toEqual(Array<string>(4).fill(currentRevision));
    expect(instances.map(({ inService }) => inService)).toEqual([true, true, false, false]);
    expect(instances.slice(2).every(({ outBy }) => 'release' in outBy)).toBe(true);
    expect((await membersOf(world(), subject)).slice(0, 2).map(({ uid }) => uid)).toEqual(before.map(({ uid }) => uid));
    await expectServing(subject, 4);
    expect(await world().definition(subject)).toEqual(definition);
    expect(Object.values(await world().starts(subject))).toEqual([['v1'], ['v1']]);
  });

  test('what goes is the last, and only once it is out of traffic', async () => {
    const subject = await standing(world(), 4);
    const before = await membersOf(world(), subject);
    expect(await codeOf(resize(subject, 2))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    expect(await membersOf(world(), subject)).toEqual(before);
    await reduce(subject, 2);
    // It was waited for.
    expect(await membersOf(world(), subject)).toEqual(before.slice(0, 2));
    await expectServing(subject, 2);
    expect(await world().starts(subject)).toEqual({});
  });

  test('to nothing, and back', async () => {
    const subject = await standing(world(), 2);
    const definition = await world().definition(subject);
    await reduce(subject, 0);
    expect((await seen(world(), subject)).instances).toEqual([]);
    await enlarge(subject, 2);
    await expectServing(subject, 2);
    expect(await world().definition(subject)).toEqual(definition);
  });

  test('the same size again is no change', async () => {
    const subject = await standing(world(), 2);
    await resize(subject, 2);
    expect(world().link.changes()).toEqual([]);
  });

  if (can.autoscalers) {
    test('a set that an autoscaler sizes is left to it', async () => {
      const subject = await standing(world(), 1);
      expect(await world().azSets.scaler(subject.set)).toBeNull();
      const removed = await world().autoscaler(subject);
      expect(await world().azSets.scaler(subject.set)).toContain('stranger');
      expect(await codeOf(resize(subject, 2))).toMatchObject({ code: 'SIZE_AUTOMATIC' });
      expect((await seen(world(), subject)).desired).toBe(1);
      await removed();
      await resize(subject, 2);
    });
  } else {
    test('what sizes a set by itself is not known, but a size that is not ours is seen, and taken back', async () => {
      const subject = await standing(world(), 2);
      const removed = await world().autoscaler(subject);
      expect(await world().azSets.scaler(subject.set)).toBeNull();
      await eventually(async () => !(await seen(world(), subject)).settled);
      expect((await seen(world(), subject)).desired).toBe(2);
      await removed();
      const { currentRevision } = await seen(world(), subject);
      await world().azSets.settle(subject.set, currentRevision, openGuard(), patience());
      await expectServing(subject, 2);
    });
  }

  test('nothing is made of what somebody else wrote', async () => {
    const subject = await standing(world(), 1);
    await world().foreignChange(subject);
    expect(await codeOf(resize(subject, 2))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    expect((await seen(world(), subject)).desired).toBe(1);
  });

  test('dead before any of its changes: it finishes when repeated, or goes back, without a second new instance', async () => {
    for (const count of [3, 1]) {
      const to = (subject: Subject, guard?: Guard): Promise<void> =>
        count === 3 ? enlarge(subject, 3, guard) : reduce(subject, 1, guard);
      await eachDeath(
        () => standing(world(), 2),
        (subject, guard) => to(subject, guard),
        async (subject) => {
          await to(subject);
          await expectServing(subject, count);
          expect(Object.values(await world().starts(subject))).toEqual(count === 3 ? [['v1']] : []);
        },
      );
    }
    await eachDeath(
      () => standing(world(), 2),
      (subject, guard) => enlarge(subject, 3, guard),
      async (subject) => {
        await close(subject);
        await reduce(subject, 2);
        await expectServing(subject, 2);
        expect(Object.keys(await world().starts(subject)).length).toBeLessThanOrEqual(1);
      },
    );
  }, 300_000);

  test('the loss of any answer, and every change is guarded', async () => {
    await eachAnswerLost(
      world(),
      () => standing(world(), 1),
      (subject) => resize(subject, 2),
      async (subject) => expect((await seen(world(), subject)).instances).toHaveLength(2),
    );
    await eachChangeGuarded(
      world(),
      () => standing(world(), 1),
      (subject, guard) => resize(subject, 2, guard),
    );
  }, 300_000);
}
