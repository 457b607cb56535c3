import { expect, test, vi } from 'vitest';
import type { StagedRevision } from '../../../src/drivers/azset/index.ts';
import type { Abilities } from '../abilities.ts';
import {
  codeOf,
  eachAnswerLost,
  eachChangeGuarded,
  eventually,
  hurried,
  memberOf,
  membersOf,
  openGuard,
  patience,
  seen,
  standing,
  type Subject,
  type World,
} from '../world.ts';
import { bring } from './batch.ts';

/** The barrier at the end, and what must not get through it. */
export function settleContract(world: () => World, can: Abilities): void {
  const settle = ({ set }: Subject, revision: string) => world().azSets.settle(set, revision, openGuard(), patience());
  /** Staged on v2, the first `count` replaced. */
  const replaced = async (size: number, count = size): Promise<{ subject: Subject; target: StagedRevision }> => {
    const subject = await standing(world(), size);
    const target = await world().azSets.stage(subject.set, world().spec(2, 'v2'), openGuard(), patience());
    const members = (await membersOf(world(), subject)).slice(0, count);
    await bring(world, can, members, target);
    return { subject, target };
  };

  test('all replaced: the set is at rest on the new revision, and stays there when an instance is reborn', async () => {
    const { subject, target } = await replaced(3);
    expect((await seen(world(), subject)).settled).toBe(false);
    await settle(subject, target.revision);
    expect(await seen(world(), subject)).toMatchObject({
      settled: true,
      updateRevision: target.revision,
      currentRevision: target.revision,
    });
    await world().rebirth(await memberOf(world(), subject, 1));
    await eventually(async () => (await seen(world(), subject)).settled);
    expect((await seen(world(), subject)).instances.map(({ images }) => images)).toEqual(Array(3).fill(target.images));
    world().link.forget();
    await settle(subject, target.revision);
    expect(world().link.changes()).toEqual([]);
  });

  if (can.controllersApart) {
    test('controllers that stand still at the barrier: it waits, and nothing is lost', async () => {
      const subject = await standing(world(), 6);
      const target = await world().azSets.stage(subject.set, world().spec(2, 'v2'), openGuard(), patience());
      const before = await membersOf(world(), subject);
      world().pauseControllers();
      let done = false;
      try {
        await Promise.all(before.map((at) => world().azSets.replace(at, target, openGuard(), patience())));
        const settling = settle(subject, target.revision).then(() => (done = true));
        await new Promise((resolve) => setTimeout(resolve, 2_000));
        expect(done).toBe(false);
        world().resumeControllers();
        await settling;
      } finally {
        world().resumeControllers();
      }
      expect((await membersOf(world(), subject)).map(({ uid }) => uid)).toEqual(before.map(({ uid }) => uid));
      expect(Object.values(await world().starts(subject))).toEqual(Array(6).fill(['v2']));
    });

    test('controllers that do not come back: said so, with what is waited for', async () => {
      const { subject, target } = await replaced(1, 0);
      const at = await memberOf(world(), subject, 0);
      world().pauseControllers();
      vi.useFakeTimers({ toFake: ['Date'] });
      try {
        await world().azSets.replace(at, target, openGuard(), patience());
        const settling = codeOf(settle(subject, target.revision));
        await new Promise((resolve) => setTimeout(resolve, 500));
        vi.setSystemTime(Date.now() + 61_000);
        const { code, message } = await settling;
        expect(code).toBe('CONTROLLER_STALLED');
        expect(message).toContain(subject.set.name);
      } finally {
        vi.useRealTimers();
        world().resumeControllers();
      }
      await settle(subject, target.revision);
    });
  } else {
    test('an instance that is not there: waited for; for too long: said so, with what is waited for', async () => {
      const { subject, target } = await replaced(1);
      const at = await memberOf(world(), subject, 0);
      const release = await world().hang(at);
      try {
        const { code, message } = await hurried(() => codeOf(settle(subject, target.revision)));
        expect(code).toBe('CONTROLLER_STALLED');
        expect(message).toContain(subject.set.name);
        expect(message).toContain(at.member);
      } finally {
        await release();
      }
      await settle(subject, target.revision);
    });
  }

  test('an instance that was not replaced, or was reborn on the old version, is named; it does not settle', async () => {
    const { subject, target } = await replaced(3, 2);
    const { code, message } = await codeOf(settle(subject, target.revision));
    expect(code).toBe('INSTANCE_REPLACED');
    expect(message).toContain(`${subject.set.name}-2`);
    expect((await seen(world(), subject)).settled).toBe(false);

    if (!can.rebornBySet) return;
    await world().rebirth(await memberOf(world(), subject, 0));
    expect((await codeOf(settle(subject, target.revision))).message).toContain(`${subject.set.name}-0`);
  });

  if (can.inPlace) {
    test('an instance that only claims the revision is found out', async () => {
      const { subject, target } = await replaced(2, 1);
      const at = await memberOf(world(), subject, 1);
      await world().mislabel(at, target.revision);
      const { code, message } = await codeOf(settle(subject, target.revision));
      expect(code).toBe('INSTANCE_REPLACED');
      expect(message).toContain(at.member);
      // And replaced it can be, though its label said that it was.
      await world().azSets.replace(at, target, openGuard(), patience());
      await settle(subject, target.revision);
    });
  }

  test('a template that somebody else wrote meanwhile is not settled on', async () => {
    const { subject, target } = await replaced(1);
    await world().foreignChange(subject);
    if (can.parksEdits) {
      await eventually(async () => (await seen(world(), subject)).updateRevision !== target.revision);
    }
    const { code, message } = await codeOf(settle(subject, target.revision));
    expect(code).toBe('FOREIGN_TEMPLATE');
    expect(message).toContain(world().stranger);
  });

  test('settle survives the loss of any answer, and every change of it is guarded', async () => {
    await eachAnswerLost(
      world(),
      () => replaced(1),
      ({ subject, target }) => settle(subject, target.revision),
      async ({ subject }) => {
        expect((await seen(world(), subject)).settled).toBe(true);
      },
    );
    await eachChangeGuarded(
      world(),
      () => replaced(1),
      ({ subject: { set }, target }, guard) => world().azSets.settle(set, target.revision, guard, patience()),
    );
  });
}
