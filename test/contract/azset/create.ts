import { expect, test } from 'vitest';
import type { Abilities } from '../abilities.ts';
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
  type World,
} from '../world.ts';

/** How sets come and go. */
export function createContract(world: () => World, can: Abilities): void {
  test('creates all instances, settled, in service, with a consumer', async () => {
    const subject = await standing(world(), 3);
    const { desired, settled, instances } = await seen(world(), subject);
    expect(desired).toBe(3);
    expect(settled).toBe(true);
    expect(instances.map(({ member }) => member)).toEqual([0, 1, 2].map((n) => `${subject.set.name}-${n}`));
    for (const instance of instances) {
      expect(instance).toMatchObject({
        ready: true,
        running: true,
        terminating: false,
        trouble: null,
        inService: true,
        outBy: {},
      });
      expect(instance.address).not.toBeNull();
    }
    expect(await world().hasConsumer(subject)).toBe(can.consumers);
  });

  test('an absent set is observed as null, in its place, and many sets cost no more calls than one', async () => {
    const one = await standing(world(), 1);
    const other = await standing(world(), 2);
    const absent = world().newSubject();
    world().link.forget();
    await world().azSets.observe([one.set]);
    const calls = world().link.calls().length;
    world().link.forget();
    const observed = await world().azSets.observe([one.set, absent.set, other.set]);
    expect(observed.map((set) => set?.instances.length ?? null)).toEqual([1, null, 2]);
    expect(world().link.calls()).toHaveLength(calls);
    expect(calls).toBeLessThanOrEqual(2);
  });

  test('creating what stands changes nothing, whatever it is asked for', async () => {
    const subject = await standing(world(), 2);
    const before = await world().fingerprint(subject);
    await world().azSets.create(subject.set, subject.group, world().spec(2, 'v2'), 5, openGuard());
    expect(world().link.changes()).toEqual([]);
    expect(await world().fingerprint(subject)).toBe(before);
  });

  test('a set of another group under the same name is left alone', async () => {
    const subject = await standing(world(), 1);
    const group = { ...subject.group, group: 'other' };
    const creating = world().azSets.create(subject.set, group, world().spec(1, 'v1'), 1, openGuard());
    expect(await codeOf(creating)).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    // There is none of that group to remove.
    await world().azSets.remove(subject.set, group, openGuard(), patience());
    expect(world().link.changes()).toEqual([]);
    expect(await world().starts(subject)).toEqual({});
  });

  test('a template that the system refuses is refused before anything is created', async () => {
    const subject = world().newSubject();
    const spec = world().spec(1, 'v1', { container: { terminationMessagePolicy: 'Shout' } });
    const { code, message } = await codeOf(world().azSets.create(subject.set, subject.group, spec, 1, openGuard()));
    expect(code).toBe('APP_INVALID');
    expect(message).toContain('terminationMessagePolicy');
    expect(await world().azSets.observe([subject.set])).toEqual([null]);
    expect(await world().hasConsumer(subject)).toBe(false);
  });

  test('create survives the loss of any answer', async () => {
    await eachAnswerLost(
      world(),
      () => Promise.resolve(world().newSubject()),
      (subject) => world().azSets.create(subject.set, subject.group, world().spec(1, 'v1'), 2, openGuard()),
      async (subject) => {
        await eventually(
          async () => (await seen(world(), subject)).instances.filter(({ ready }) => ready).length === 2,
        );
        expect(await world().hasConsumer(subject)).toBe(can.consumers);
      },
    );
  });

  test('every change of create is guarded', async () => {
    await eachChangeGuarded(
      world(),
      () => Promise.resolve(world().newSubject()),
      (subject, guard) => world().azSets.create(subject.set, subject.group, world().spec(1, 'v1'), 1, guard),
    );
  });

  test('remove waits until all is gone; the consumer goes with the last set of the group', async () => {
    const one = await standing(world(), 2);
    const two = await standing(world(), 1, world().newSubject({ az: 'az-2', beside: one }));
    const remove = async ({ set, group }: typeof one): Promise<void> =>
      world().azSets.remove(set, group, openGuard(), patience());

    await remove(one);
    expect(await world().azSets.observe([one.set])).toEqual([null]);
    expect(await world().hasConsumer(two)).toBe(can.consumers);
    expect(await world().traffic.serving([one.set, two.set])).toEqual(new Set([`${two.set.name}-0`]));

    await remove(two);
    expect(await world().hasConsumer(two)).toBe(false);
    world().link.forget();
    await remove(two);
    expect(world().link.changes()).toEqual([]);
  });

  test('remove survives the loss of any answer, and every change of it is guarded', async () => {
    await eachAnswerLost(
      world(),
      () => standing(world(), 1),
      ({ set, group }) => world().azSets.remove(set, group, openGuard(), patience()),
      async (subject) => {
        expect(await world().azSets.observe([subject.set])).toEqual([null]);
        expect(await world().hasConsumer(subject)).toBe(false);
      },
    );
    await eachChangeGuarded(
      world(),
      () => standing(world(), 1),
      ({ set, group }, guard) => world().azSets.remove(set, group, guard, patience()),
    );
  });

  if (!can.consumers) {
    test('the system routes nothing: who is in traffic is what the set says of itself, outside any operation, too', async () => {
      const subject = await standing(world(), 2);
      const [at] = await membersOf(world(), subject);
      if (at === undefined) throw new Error('two');
      const flag = { owner: 'server', reason: 'test', drainSeconds: 0 } as const;
      await world().traffic.pullOut(at, flag, openGuard(), patience());
      expect(await world().traffic.serving([subject.set])).toEqual(new Set([`${subject.set.name}-1`]));
      expect((await seen(world(), subject)).instances[0]).toMatchObject({ ready: true, outBy: { server: 'test' } });
      await world().rebirth(at);
      await eventually(async () => (await world().traffic.serving([subject.set])).size === 2);
    });
  }
}
