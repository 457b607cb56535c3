import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { codeOf, eventually, memberOf, membersOf, seen, type World } from '../world.ts';
import { recreation } from './recreation.ts';

/** What ends comes back on what the set says, whoever ended it. */
export function rebornBySetContract(world: () => World): void {
  const { pullOut, open, close, staged, recreate, expectResting } = recreation(world);

  test('while a set is open what ends comes back on the target and without traffic', async () => {
    const { subject, target, before } = await staged(2);
    const [, high] = before;
    if (high === undefined) throw new Error('two');
    await pullOut(high);
    await open(subject, target);
    await world().rebirth(high);
    await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
    const { instances } = await seen(world(), subject);
    expect(instances[1]).toMatchObject({ revision: target.revision, inService: false });
    // Reborn as what was wanted: that is what a repetition finds after a lost answer, too.
    expect(await recreate(high, target)).toMatchObject({ uid: instances[1]?.uid, running: true });
    expect(await world().traffic.serving([subject.set])).toEqual(new Set([before[0]?.member]));
  });

  test('controllers stopped before any change of opening and closing, and continued: no instance is lost', async () => {
    // One change to open; to close one for the template, one for each newborn, one for what is left over.
    const changes = 1 + 1 + 3 + 1;
    for (let stopAt = 0; stopAt < changes; stopAt++) {
      const { subject, target, before } = await staged(5);
      let asked = 0;
      let resumed = Promise.resolve();
      const guard = (): Promise<void> => {
        if (asked++ === stopAt) {
          world().pauseControllers();
          resumed = delay(1_000).then(() => world().resumeControllers());
        }
        return Promise.resolve();
      };
      const members = before.slice(2);
      await Promise.all(members.map((at) => pullOut(at)));
      try {
        await open(subject, target, guard);
        const born = await Promise.all(members.map((at) => recreate(at, target)));
        await close(subject, guard);
        await resumed;
        // Time for the controller to do what it should not.
        await delay(500);
        expect(asked).toBeGreaterThanOrEqual(changes);
        const uids = [...before.slice(0, 2), ...born].map(({ uid }) => uid);
        expect((await membersOf(world(), subject)).map(({ uid }) => uid)).toEqual(uids);
        await expectResting(subject);
      } finally {
        await resumed;
        world().resumeControllers();
      }
    }
  });

  test('an instance that is replaced by others is noticed at every step', async () => {
    const { zero, settled } = await replacedAtEveryStep(world);
    // The pass over the whole set names it.
    expect(settled.code).toBe('INSTANCE_REPLACED');
    expect(settled.message).toContain(zero.member);
  });
}

/** What ends comes back on what it was of: an operation ends, and starts, each by itself. */
export function rebornByPlaceContract(world: () => World): void {
  const { pullOut, open, staged, recreate, settle, batch } = recreation(world);

  test('while a set is open what ends comes back as it was, without traffic, and is handled again', async () => {
    const { subject, target, before } = await staged(2);
    const [, high] = before;
    if (high === undefined) throw new Error('two');
    await pullOut(high);
    await open(subject, target);
    await world().rebirth(high);
    await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
    const { instances } = await seen(world(), subject);
    expect(instances[1]).toMatchObject({ revision: target.previous.revision, inService: false });
    expect(await world().traffic.serving([subject.set])).toEqual(new Set([before[0]?.member]));
    expect(await codeOf(recreate(high, target))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    const again = await memberOf(world(), subject, 1);
    expect(await recreate(again, target)).toMatchObject({ revision: target.revision, running: true, inService: false });
  });

  test('an instance that is replaced by others is noticed at every step, whatever it came back on', async () => {
    const { subject, target, zero, two, settled } = await replacedAtEveryStep(world);
    // Put in, it comes back on what it was brought to, and the set can settle on that when the others are there, too.
    expect(settled.code).toBe('INSTANCE_REPLACED');
    expect(settled.message).not.toContain(zero.member);
    expect(settled.message).toContain(two.member);
    await batch(subject, (await membersOf(world(), subject)).slice(2), target);
    await settle(subject, target);
    expect((await seen(world(), subject)).settled).toBe(true);
  });
}

/**
 * Of four, each is replaced by others at another step, and the next step says so.
 * @returns zero was put in before, and settled is what settling said; two was pulled out before
 */
async function replacedAtEveryStep(world: () => World) {
  const { pullOut, pullIn, open, close, staged, recreate, settle, batch } = recreation(world);
  const { subject, target, before } = await staged(4);
  const [zero, one, two, three] = before;
  if (zero === undefined || one === undefined || two === undefined || three === undefined) throw new Error('four');
  // Before anything is done to it.
  await world().rebirth(three);
  expect(await codeOf(pullOut(three))).toMatchObject({ code: 'INSTANCE_REPLACED' });
  // Pulled out, and not open yet: it came back as it was, and serves.
  await pullOut(two);
  await world().rebirth(two);
  await eventually(async () => (await world().traffic.serving([subject.set])).has(two.member));
  await open(subject, target);
  expect(await codeOf(recreate(two, target))).toMatchObject({ code: 'INSTANCE_REPLACED' });
  expect((await seen(world(), subject)).instances[2]).toMatchObject({ revision: target.previous.revision });
  await close(subject);
  // Deployed, while the batch is open and after it.
  const [born] = await batch(subject, [one], target);
  const deployed = { ...one, uid: born?.uid ?? '' };
  await world().rebirth(deployed);
  expect(await codeOf(pullIn(deployed))).toMatchObject({ code: 'INSTANCE_REPLACED' });
  // Put in.
  const [again] = await batch(subject, [zero], target);
  const served = { ...zero, uid: again?.uid ?? '' };
  await pullIn(served);
  await world().rebirth(served);
  return { subject, target, zero, two, settled: await codeOf(settle(subject, target)) };
}
