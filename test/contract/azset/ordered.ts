import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { MemberAt, ReplaceTarget } from '../../../src/drivers/azset/index.ts';
import {
  codeOf,
  eachChangeGuarded,
  eachDeath,
  eventually,
  memberOf,
  membersOf,
  openGuard,
  patience,
  seen,
  takenOver,
  type Subject,
  type World,
} from '../world.ts';

/** Sets whose system makes an instance only while all before it are well. */
export function orderedContract(world: () => World): void {
  const ordered = (count: number): Promise<Subject> => takenOver(world(), count, { ordered: true });
  const env = { container: { env: [{ name: 'A', value: '1' }] } };
  const stage = ({ set }: Subject, version: string, options = {}) =>
    world().azSets.stage(set, world().spec(2, version, options), openGuard(), patience());
  const replace = (at: MemberAt, target: ReplaceTarget) => world().azSets.replace(at, target, openGuard(), patience());
  const pullOut = (at: MemberAt) =>
    world().traffic.pullOut(at, { owner: 'release', reason: 'test', drainSeconds: 0 }, openGuard(), patience());
  const pullIn = (at: MemberAt) => world().traffic.pullIn(at, 'release', openGuard(), patience());
  /** One instance anew, as an operation goes about it. */
  const anew = async (at: MemberAt, target: ReplaceTarget): Promise<void> => {
    await pullOut(at);
    await world().azSets.open(at.set, target, openGuard(), patience());
    const { uid } = await world().azSets.recreate(at, target, openGuard(), patience());
    await world().azSets.close(at.set, openGuard(), patience());
    await pullIn({ ...at, uid });
  };
  const isWhole = async (subject: Subject, size: number): Promise<boolean> => {
    const { settled, instances } = await seen(world(), subject);
    return settled && instances.length === size && instances.every(({ ready, inService }) => ready && inService);
  };

  test('in place: one after the other, from the last', async () => {
    const subject = await ordered(3);
    const before = await membersOf(world(), subject);
    expect(await seen(world(), subject)).toMatchObject({ management: 'ordered' });
    const target = await stage(subject, 'v2');
    expect(target).toMatchObject({ change: 'in-place' });
    for (const at of before.toReversed()) {
      await replace(at, target);
      await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
    }
    await world().azSets.settle(subject.set, target.revision, openGuard(), patience());
    expect(await membersOf(world(), subject)).toEqual(before);
    expect(Object.values(await world().starts(subject))).toEqual(Array(3).fill(['v2']));
  });

  test('one that is broken keeps those after it from being reborn, not those before it; restored in place it frees them', async () => {
    const subject = await ordered(3);
    const [low, middle, high] = await membersOf(world(), subject);
    if (low === undefined || middle === undefined || high === undefined) throw new Error('three');
    const target = await stage(subject, 'crashing');
    await replace(middle, target).catch(() => undefined);
    await eventually(async () => (await seen(world(), subject)).instances[1]?.trouble?.code === 'CONTAINER_CRASHING');
    await world().rebirth(low);
    await eventually(async () => (await seen(world(), subject)).instances[0]?.ready === true);
    const release = await world().hang(high);
    // It does not come back as long as the middle one is broken, and release gives up on it.
    const gaveUp = release().catch(() => undefined);
    await eventually(async () => (await seen(world(), subject)).instances.length === 2);
    await delay(2_000);
    expect((await seen(world(), subject)).instances.map(({ member }) => member)).toEqual([low.member, middle.member]);

    expect(await replace(middle, target.previous)).toMatchObject({ uid: middle.uid, running: true });
    await gaveUp;
    await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
    await world().azSets.unstage(subject.set, openGuard(), patience());
    await eventually(() => isWhole(subject, 3));
  });

  test('anew: one after the other from the last; a newborn that is broken is undone, and what it held up comes back', async () => {
    const subject = await ordered(3);
    const definition = await world().definition(subject);
    const [low, , high] = await membersOf(world(), subject);
    if (low === undefined || high === undefined) throw new Error('three');
    const good = await stage(subject, 'v2', env);
    expect(good).toMatchObject({ change: 'recreate' });
    await anew(high, good);
    await eventually(async () => (await seen(world(), subject)).instances[2]?.inService === true);

    const bad = await stage(subject, 'crashing', env);
    await pullOut(low);
    await world().azSets.open(subject.set, bad, openGuard(), patience());
    await world()
      .azSets.recreate(low, bad, openGuard(), patience())
      .catch(() => undefined);
    await eventually(async () => (await seen(world(), subject)).instances[0]?.trouble?.code === 'CONTAINER_CRASHING');
    await world().azSets.close(subject.set, openGuard(), patience());

    for (const ordinal of [0, 2]) await anew(await memberOf(world(), subject, ordinal), bad.previous);
    await world().azSets.unstage(subject.set, openGuard(), patience());
    await eventually(() => isWhole(subject, 3));
    expect(await world().definition(subject)).toEqual(definition);
  });

  test('converted: the same instances on the same revision, no start, and from then on all at once', async () => {
    const subject = await ordered(3);
    const before = await seen(world(), subject);
    const saved = await world().azSets.save(subject.set, patience());
    await world().azSets.convert(subject.set, saved, 'parallel', openGuard(), patience());
    expect(await seen(world(), subject)).toEqual({ ...before, management: 'parallel' });
    expect(await world().definition(subject)).toMatchObject({ parked: true, serves: true });
    expect(await world().starts(subject)).toEqual({});
    world().link.forget();
    await world().azSets.convert(subject.set, saved, 'parallel', openGuard(), patience());
    expect(world().link.changes()).toEqual([]);

    await world().azSets.convert(subject.set, saved, 'ordered', openGuard(), patience());
    expect(await seen(world(), subject)).toEqual(before);
    expect(await world().starts(subject)).toEqual({});
  });

  test('whoever scales it since it was saved is not written over', async () => {
    const subject = await ordered(2);
    const saved = await world().azSets.save(subject.set, patience());
    await world().azSets.resize(subject.set, 3, openGuard(), patience());
    await eventually(() => isWhole(subject, 3));
    world().link.forget();
    expect(await codeOf(world().azSets.convert(subject.set, saved, 'parallel', openGuard(), patience()))).toMatchObject(
      {
        code: 'SET_NOT_AT_REST',
      },
    );
    expect(world().link.changes()).toEqual([]);
    const again = await world().azSets.save(subject.set, patience());
    await world().azSets.convert(subject.set, again, 'parallel', openGuard(), patience());
    expect(await isWhole(subject, 3)).toBe(true);
  });

  test('dead before any change of converting: repeated it finishes, with the set as it was saved', async () => {
    await eachDeath(
      async () => {
        const subject = await ordered(2);
        const before = await seen(world(), subject);
        return { subject, before, saved: await world().azSets.save(subject.set, patience()) };
      },
      ({ subject, saved }, guard) => world().azSets.convert(subject.set, saved, 'parallel', guard, patience()),
      async ({ subject, before, saved }) => {
        await world().azSets.convert(subject.set, saved, 'parallel', openGuard(), patience());
        expect(await seen(world(), subject)).toEqual({ ...before, management: 'parallel' });
        expect(await world().starts(subject)).toEqual({});
      },
    );
    const subject = await ordered(2);
    const before = await seen(world(), subject);
    const saved = await world().azSets.save(subject.set, patience());
    await world().orphan(subject);
    await eachChangeGuarded(
      world(),
      () => Promise.resolve(subject),
      ({ set }, guard) => world().azSets.convert(set, saved, 'parallel', guard, patience()),
    );
    expect(await seen(world(), subject)).toEqual({ ...before, management: 'parallel' });
  }, 300_000);

  test('a set that is not at rest is not converted, nor one that is not the saved one', async () => {
    const subject = await ordered(1);
    const saved = await world().azSets.save(subject.set, patience());
    await stage(subject, 'v2');
    expect(await codeOf(world().azSets.save(subject.set, patience()))).toMatchObject({ code: 'SET_NOT_AT_REST' });
    world().link.forget();
    expect(await codeOf(world().azSets.convert(subject.set, saved, 'parallel', openGuard(), patience()))).toMatchObject(
      {
        code: 'FOREIGN_TEMPLATE',
      },
    );
    expect(world().link.changes()).toEqual([]);
  });
}
