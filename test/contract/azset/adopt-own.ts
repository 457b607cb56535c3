import { expect, test } from 'vitest';
import {
  codeOf,
  eachAnswerLost,
  eachChangeGuarded,
  eventually,
  membersOf,
  openGuard,
  patience,
  seen,
  standing,
  type Subject,
  type World,
} from '../world.ts';

/** A system that cannot hand over a set as it runs: what others made stays theirs, what we left can be taken back. */
export function adoptOwnContract(world: () => World): void {
  const adopt = ({ set, group }: Subject, guard = openGuard()) =>
    world().azSets.adopt(set, group, world().spec(1, 'v1'), guard, patience());
  const detach = ({ set }: Subject) => world().azSets.detach(set, openGuard(), patience());
  const examine = ({ set, group }: Subject) => world().azSets.examine(set, group, world().spec(1, 'v1'));
  /** One of ours that we left. */
  const left = async (count: number): Promise<Subject> => {
    const subject = await standing(world(), count);
    await detach(subject);
    world().link.forget();
    return subject;
  };

  test('a set that others made is neither taken over nor removed: said so, and why', async () => {
    const subject = world().newSubject();
    await world().strangersSet(subject, 2);
    await world().mark();
    world().link.forget();
    for (const attempt of [() => examine(subject), () => adopt(subject)]) {
      const { code, message } = await codeOf(attempt());
      expect(code).toBe('CLUSTER_UNABLE');
      expect(message).toContain(subject.set.name);
    }
    const creating = world().azSets.create(subject.set, subject.group, world().spec(1, 'v1'), 1, openGuard());
    expect(await codeOf(creating)).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    await world().azSets.remove(subject.set, subject.group, openGuard(), patience());
    await detach(subject);
    expect(world().link.changes()).toEqual([]);
    expect(await world().strangersConsumer(subject)).toHaveLength(2);
    expect(await codeOf(examine(world().newSubject()))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await codeOf(adopt(world().newSubject()))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('left: no instance moves, and the set is none of ours; taken back: the same instances, at rest', async () => {
    const subject = await standing(world(), 3);
    const before = await seen(world(), subject);
    const uids = (await membersOf(world(), subject)).map(({ uid }) => uid).sort();
    await detach(subject);
    expect(await world().azSets.observe([subject.set])).toEqual([null]);
    world().link.forget();
    await detach(subject);
    expect(world().link.changes()).toEqual([]);
    expect(await examine(subject)).toEqual({ count: 3, difference: { change: 'none', reasons: [] } });
    await adopt(subject);
    await eventually(async () => (await seen(world(), subject)).settled);
    const after = await seen(world(), subject);
    expect(after).toMatchObject({ desired: 3, currentRevision: before.currentRevision });
    expect((await membersOf(world(), subject)).map(({ uid }) => uid).sort()).toEqual(uids);
    expect(await world().starts(subject)).toEqual({});
    world().link.forget();
    await adopt(subject);
    expect(world().link.changes()).toEqual([]);
  });

  test('a set that is staged is not left, one of another group not taken over', async () => {
    const subject = await standing(world(), 1);
    const other = { ...subject, group: { ...subject.group, group: 'other' } };
    for (const attempt of [() => examine(other), () => adopt(other)]) {
      expect(await codeOf(attempt())).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    }
    await world().azSets.stage(subject.set, world().spec(2, 'v2'), openGuard(), patience());
    world().link.forget();
    expect(await codeOf(detach(subject))).toMatchObject({ code: 'SET_NOT_AT_REST' });
    expect(world().link.changes()).toEqual([]);
  });

  test('what was left and changed meanwhile is a stranger', async () => {
    const subject = await left(1);
    await world().foreignChange(subject);
    for (const attempt of [() => examine(subject), () => adopt(subject)]) {
      expect(await codeOf(attempt())).toMatchObject({ code: 'CLUSTER_UNABLE' });
    }
    expect(world().link.changes()).toEqual([]);
  });

  test('leaving and taking back survive the loss of any answer, and every change of them is guarded', async () => {
    await eachAnswerLost(
      world(),
      () => left(1),
      (subject) => adopt(subject),
      async (subject) => {
        await eventually(async () => (await seen(world(), subject)).settled);
      },
    );
    await eachAnswerLost(
      world(),
      () => standing(world(), 1),
      detach,
      async (subject) => {
        expect(await world().azSets.observe([subject.set])).toEqual([null]);
      },
    );
    const subject = await left(1);
    const same = (): Promise<Subject> => Promise.resolve(subject);
    await eachChangeGuarded(world(), same, ({ set, group }, guard) =>
      world().azSets.adopt(set, group, world().spec(1, 'v1'), guard, patience()),
    );
    await eachChangeGuarded(world(), same, ({ set }, guard) => world().azSets.detach(set, guard, patience()));
  });
}
