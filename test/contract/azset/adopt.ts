import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  codeOf,
  eachAnswerLost,
  eachChangeGuarded,
  eachDeath,
  eventually,
  memberOf,
  membersOf,
  openGuard,
  patience,
  seen,
  standing,
  takenOver,
  type Subject,
  type World,
} from '../world.ts';

/** How a set that somebody else made becomes ours, and is left again. */
export function adoptContract(world: () => World): void {
  const adopt = ({ set, group }: Subject, guard = openGuard()) =>
    world().azSets.adopt(set, group, world().spec(1, 'v1'), guard, patience());
  const detach = ({ set }: Subject) => world().azSets.detach(set, openGuard(), patience());
  const strangers = async (count: number, options?: Parameters<World['strangersSet']>[2]): Promise<Subject> => {
    const subject = world().newSubject();
    await world().strangersSet(subject, count, options);
    await world().mark();
    world().link.forget();
    return subject;
  };

  test.each(['on-delete', 'all', 'but-two'] as const)(
    'a set that moves %s becomes ours and parked: same instances, no start, and it can be released',
    async (moves) => {
      const subject = await strangers(3, { moves });
      const routed = (await world().strangersConsumer(subject)).sort();
      expect(routed).toHaveLength(3);
      await adopt(subject);
      await eventually(async () => (await seen(world(), subject)).settled);
      expect(await world().definition(subject)).toMatchObject({ parked: true, serves: true });
      await eventually(async () => (await world().traffic.serving([subject.set])).size === 3);
      expect((await world().strangersConsumer(subject)).sort()).toEqual(routed);
      expect(await world().starts(subject)).toEqual({});
      world().link.forget();
      await adopt(subject);
      expect(world().link.changes()).toEqual([]);

      // Whoever is taken out now is out for the stranger's consumer, too.
      const at = await memberOf(world(), subject, 2);
      await world().traffic.pullOut(at, { owner: 'release', reason: 'test', drainSeconds: 0 }, openGuard(), patience());
      expect((await world().strangersConsumer(subject)).sort()).toEqual(routed.slice(0, 2));
      const target = await world().azSets.stage(subject.set, world().spec(2, 'v2'), openGuard(), patience());
      await Promise.all(
        (await membersOf(world(), subject)).map((one) => world().azSets.replace(one, target, openGuard(), patience())),
      );
      await world().azSets.settle(subject.set, target.revision, openGuard(), patience());
      expect(Object.values(await world().starts(subject))).toEqual([['v2'], ['v2'], ['v2']]);
    },
  );

  test('looked at before: how many there are, and what a release would change of them; nothing is changed', async () => {
    const examine = ({ set, group }: Subject, spec = world().spec(1, 'v1')) => world().azSets.examine(set, group, spec);
    const subject = await strangers(2, { moves: 'on-delete' });
    expect(await examine(subject)).toEqual({ count: 2, difference: { change: 'none', reasons: [] } });
    expect(await examine(subject, world().spec(1, 'v2'))).toMatchObject({ difference: { change: 'in-place' } });
    const { difference } = await examine(subject, world().spec(1, 'v1', { container: { args: ['other'] } }));
    expect(difference.change).toBe('recreate');
    expect(difference.reasons.join()).toContain('args');
    expect(await codeOf(examine(world().newSubject()))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await codeOf(examine(await strangers(1, { headless: true })))).toMatchObject({ code: 'SERVICE_UNFIT' });
    const other = await standing(world(), 1);
    const { code } = await codeOf(examine({ ...other, group: { ...other.group, group: 'other' } }));
    expect(code).toBe('FOREIGN_TEMPLATE');
    expect(world().link.changes()).toEqual([]);
    // Of two revisions it could not be left again.
    await world().foreignChange(subject);
    await eventually(
      async () => (await codeOf(examine(subject)).catch(() => ({ code: '' }))).code === 'SET_NOT_AT_REST',
    );
    expect(await world().starts(subject)).toEqual({});
  });

  test('dead before any of its changes: adopting again finishes it, and no instance starts', async () => {
    await eachDeath(
      () => strangers(2, { moves: 'on-delete' }),
      ({ set, group }, guard) => world().azSets.adopt(set, group, world().spec(1, 'v1'), guard, patience()),
      async (subject) => {
        await adopt(subject);
        await eventually(async () => (await seen(world(), subject)).settled);
        expect(await world().starts(subject)).toEqual({});
      },
    );
  }, 300_000);

  test('an instance of an older revision keeps its name: the set is ours, and not at rest', async () => {
    const subject = await strangers(2, { moves: 'on-delete' });
    await world().foreignChange(subject);
    await adopt(subject);
    const { settled, updateRevision, instances } = await seen(world(), subject);
    expect(settled).toBe(false);
    expect(instances.map(({ revision }) => revision)).not.toContain(updateRevision);
    expect(instances).toHaveLength(2);
  });

  test('a set of another group is not taken over, nor one whose consumer would bypass us', async () => {
    const subject = await standing(world(), 1);
    const other = { ...subject, group: { ...subject.group, group: 'other' } };
    expect(await codeOf(adopt(other))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    expect(world().link.changes()).toEqual([]);
    const bypassed = await strangers(1, { headless: true });
    const { code, message } = await codeOf(adopt(bypassed));
    expect(code).toBe('SERVICE_UNFIT');
    expect(message).toContain('stranger-');
    expect(world().link.changes()).toEqual([]);
  });

  test('left again: no instance moves, neither by that nor by the next of its system; a set that is staged is not left', async () => {
    const subject = await takenOver(world(), 3);
    const before = await membersOf(world(), subject);
    const target = await world().azSets.stage(subject.set, world().spec(2, 'v2'), openGuard(), patience());
    expect(await codeOf(detach(subject))).toMatchObject({ code: 'SET_NOT_AT_REST' });
    await world().azSets.unstage(subject.set, openGuard(), patience());
    expect(target.previous.revision).toBe((await seen(world(), subject)).updateRevision);
    await detach(subject);
    expect(await world().definition(subject)).toMatchObject({ parked: false });
    await delay(1_000);
    expect((await world().strangersConsumer(subject)).sort()).toEqual(before.map(({ member }) => member));
    expect(await world().starts(subject)).toEqual({});
    world().link.forget();
    await detach(subject);
    expect(world().link.changes()).toEqual([]);
    // And back: who left it may come again.
    await adopt(subject);
    await eventually(async () => (await seen(world(), subject)).settled);
    expect(await membersOf(world(), subject)).toEqual(before);
  });

  test('controllers that have not seen the last instance when it is left, six times: it waits, and none is lost', async () => {
    for (let round = 0; round < 6; round++) {
      const subject = await standing(world(), 6);
      const target = await world().azSets.stage(subject.set, world().spec(2, 'v2'), openGuard(), patience());
      const before = await membersOf(world(), subject);
      world().pauseControllers();
      try {
        await Promise.all(before.map((at) => world().azSets.replace(at, target, openGuard(), patience())));
        const leaving = world()
          .azSets.settle(subject.set, target.revision, openGuard(), patience())
          .then(() => detach(subject));
        await delay(1_000);
        expect(await world().definition(subject)).toMatchObject({ parked: true });
        world().resumeControllers();
        await leaving;
      } finally {
        world().resumeControllers();
      }
      await delay(500);
      expect(await world().definition(subject)).toMatchObject({ parked: false });
      expect(Object.values(await world().starts(subject))).toEqual(Array(6).fill(['v2']));
    }
  });

  test('adopt and detach survive the loss of any answer, and every change of them is guarded', async () => {
    await eachAnswerLost(
      world(),
      () => strangers(1),
      (subject) => adopt(subject),
      async (subject) => {
        await eventually(async () => (await seen(world(), subject)).settled);
      },
    );
    await eachAnswerLost(
      world(),
      () => takenOver(world(), 1),
      detach,
      async (subject) => {
        expect(await world().definition(subject)).toMatchObject({ parked: false });
      },
    );
    const subject = await strangers(1);
    const same = (): Promise<Subject> => Promise.resolve(subject);
    await eachChangeGuarded(world(), same, ({ set, group }, guard) =>
      world().azSets.adopt(set, group, world().spec(1, 'v1'), guard, patience()),
    );
    await eachChangeGuarded(world(), same, ({ set }, guard) => world().azSets.detach(set, guard, patience()));
  });
}
