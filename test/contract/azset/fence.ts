import { expect, test } from 'vitest';
import type { Guard, MemberAt, StagedRevision } from '../../../src/drivers/azset/index.ts';
import type { Abilities } from '../abilities.ts';
import {
  eachAnswerLost,
  eachChangeGuarded,
  eventually,
  memberOf,
  openGuard,
  patience,
  seen,
  standing,
  type Subject,
  type World,
} from '../world.ts';

/** A set on v1, staged to another version, and one of its instances. */
interface Staged {
  subject: Subject;
  target: StagedRevision;
  at: MemberAt;
}

/** What is still on its way when the fence is written comes to nothing, whatever it is. */
export function fenceContract(world: () => World, can: Abilities): void {
  const fence = ({ set }: Subject, mark = 'rep-1/2/7', guard: Guard = openGuard()) =>
    world().azSets.fence(set, mark, guard, patience());
  const staged = async (env: { name: string; value: string }[] = []): Promise<Staged> => {
    const subject = await standing(world(), 2);
    const spec = world().spec(2, 'v2', env.length === 0 ? {} : { container: { env } });
    const target = await world().azSets.stage(subject.set, spec, openGuard(), patience());
    return { subject, target, at: await memberOf(world(), subject, 1) };
  };
  const recreated = (): Promise<Staged> => staged([{ name: 'A', value: '1' }]);
  const flag = { owner: 'release', reason: 'test', drainSeconds: 0 } as const;
  const pullOut = (at: MemberAt, guard: Guard = openGuard()) => world().traffic.pullOut(at, flag, guard, patience());

  /** Sends the first change of `act`, and writes the fence before it arrives: the change must not have happened. */
  const shutOut = async (subject: Subject, act: (guard: Guard) => Promise<unknown>): Promise<void> => {
    const refusal = new Error('a later operation owns the group');
    let shut = false;
    world().link.beforeChange(async () => {
      await world().elsewhere.fence(subject.set, 'rep-1/2/7', openGuard(), patience());
      shut = true;
    });
    await expect(act(() => (shut ? Promise.reject(refusal) : Promise.resolve()))).rejects.toBe(refusal);
    expect(shut).toBe(true);
  };
  const isStill = async ({ subject, target, at }: Staged): Promise<void> => {
    const { instances } = await seen(world(), subject);
    const instance = instances.find(({ member }) => member === at.member);
    expect(instance).toMatchObject({ uid: at.uid, terminating: false, revision: target.previous.revision });
  };

  test('a pull-out', async () => {
    const it = await staged();
    await shutOut(it.subject, (guard) => pullOut(it.at, guard));
    await isStill(it);
    expect(await world().traffic.serving([it.subject.set])).toContain(it.at.member);
  });

  test('a pull-in', async () => {
    const it = await staged();
    await pullOut(it.at);
    await shutOut(it.subject, (guard) => world().traffic.pullIn(it.at, 'release', guard, patience()));
    expect((await seen(world(), it.subject)).instances[1]).toMatchObject({ inService: false });
  });

  if (can.inPlace) {
    test('a replacement', async () => {
      const it = await staged();
      await shutOut(it.subject, (guard) => world().azSets.replace(it.at, it.target, guard, patience()));
      await isStill(it);
      expect(await world().starts(it.subject)).toEqual({});
    });
  }

  test('an eviction', async () => {
    const it = await recreated();
    await world().azSets.open(it.subject.set, it.target, openGuard(), patience());
    await shutOut(it.subject, (guard) => world().azSets.recreate(it.at, it.target, guard, patience()));
    await isStill(it);
  });

  test('a stage, and the way back from one', async () => {
    const subject = await standing(world(), 1);
    const { text } = await world().definition(subject);
    const stage = (guard: Guard) => world().azSets.stage(subject.set, world().spec(2, 'v2'), guard, patience());
    await fence(subject, 'rep-1/2/6');
    const fenced = await world().definition(subject);
    await shutOut(subject, stage);
    expect((await world().definition(subject)).text).toBe(fenced.text.replace('rep-1/2/6', 'rep-1/2/7'));
    expect(fenced.text).not.toBe(text);

    await stage(openGuard());
    const stagedNow = await world().definition(subject);
    await fence(subject, 'rep-1/2/8');
    await shutOut(subject, (guard) => world().azSets.unstage(subject.set, guard, patience()));
    expect((await world().definition(subject)).text).toBe(stagedNow.text);
  });

  test('an opening and a closing', async () => {
    const it = await recreated();
    const { set } = it.subject;
    await shutOut(it.subject, (guard) => world().azSets.open(set, it.target, guard, patience()));
    expect(await world().definition(it.subject)).toMatchObject({ parked: true, serves: true });
    await world().azSets.open(set, it.target, openGuard(), patience());
    await fence(it.subject, 'rep-1/2/8');
    await shutOut(it.subject, (guard) => world().azSets.close(set, guard, patience()));
    expect(await world().definition(it.subject)).toMatchObject({ serves: false });
  });

  test('a removal', async () => {
    const subject = await standing(world(), 1);
    await shutOut(subject, (guard) => world().azSets.remove(subject.set, subject.group, guard, patience()));
    expect((await seen(world(), subject)).instances).toHaveLength(1);
    await world().azSets.remove(subject.set, subject.group, openGuard(), patience());
    expect(await world().azSets.observe([subject.set])).toEqual([null]);
  });

  test('nothing else changes: no instance starts, all serve, and the same mark again is no change', async () => {
    const subject = await standing(world(), 2);
    const before = await seen(world(), subject);
    await fence(subject);
    expect(await seen(world(), subject)).toEqual(before);
    expect(await world().starts(subject)).toEqual({});
    world().link.forget();
    await fence(subject);
    expect(world().link.changes()).toEqual([]);
    await fence(world().newSubject());
    expect(world().link.changes()).toEqual([]);
  });

  test('an instance on its way out, or gone, holds nothing up', async () => {
    const subject = await standing(world(), 2);
    const release = await world().hang(await memberOf(world(), subject, 0));
    try {
      await fence(subject);
    } finally {
      await release();
    }
    await eventually(async () => (await seen(world(), subject)).settled);
  });

  test('a set that goes just then holds nothing up', async () => {
    const subject = await standing(world(), 1);
    const { set } = subject;
    await world().azSets.fence(set, 'rep-1/2/5', () => world().orphan(subject), patience());
    expect(await world().azSets.observe([set])).toEqual([null]);
  });

  test('each change is guarded; a lost answer is found', async () => {
    await eachChangeGuarded(
      world(),
      () => standing(world(), 2),
      (subject, guard) => fence(subject, 'rep-1/2/7', guard),
    );
    await eachAnswerLost(
      world(),
      () => standing(world(), 1),
      (subject) => fence(subject),
      async (subject) => {
        world().link.forget();
        await fence(subject);
        expect(world().link.changes()).toEqual([]);
      },
    );
  });
}
