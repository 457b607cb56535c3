import { expect, test } from 'vitest';
import type { Abilities } from '../abilities.ts';
import {
  codeOf,
  eachAnswerLost,
  eventually,
  hurried,
  memberOf,
  membersOf,
  openGuard,
  patience,
  seen,
  standing,
  type World,
} from '../world.ts';

const out = { owner: 'release', reason: 'op-1: v2', drainSeconds: 0 } as const;

/** How traffic leaves an instance. */
export function pullOutContract(world: () => World, can: Abilities): void {
  test('serving: every ready instance, of the sets asked for only; none of a set that is not there', async () => {
    const one = await standing(world(), 2);
    const two = await standing(world(), 1, world().newSubject({ az: 'az-2', beside: one }));
    const members = (name: string, count: number): string[] => Array.from({ length: count }, (_, n) => `${name}-${n}`);
    expect(await world().traffic.serving([one.set])).toEqual(new Set(members(one.set.name, 2)));
    expect(await world().traffic.serving([one.set, two.set])).toEqual(
      new Set([...members(one.set.name, 2), ...members(two.set.name, 1)]),
    );
    expect(await world().traffic.serving([world().newSubject().set])).toEqual(new Set());
  });

  test('done only when the data plane lists it no more; who and why is told', async () => {
    const subject = await standing(world(), 3);
    const at = await memberOf(world(), subject, 1);
    await world().traffic.pullOut(at, out, openGuard(), patience());
    expect(await world().listed(subject)).not.toContain(at.member);
    expect((await world().traffic.serving([subject.set])).size).toBe(2);
    const { instances } = await seen(world(), subject);
    expect(instances[1]).toMatchObject({ uid: at.uid, ready: true, inService: false, outBy: { release: 'op-1: v2' } });
    expect(instances[0]).toMatchObject({ inService: true, outBy: {} });
  });

  test('again, by the same owner: nothing is written', async () => {
    const subject = await standing(world(), 1);
    const at = await memberOf(world(), subject, 0);
    await world().traffic.pullOut(at, out, openGuard(), patience());
    world().link.forget();
    await world().traffic.pullOut(at, { ...out, reason: 'another' }, openGuard(), patience());
    expect(world().link.changes()).toEqual([]);
    expect((await seen(world(), subject)).instances[0]?.outBy).toEqual({ release: 'op-1: v2' });
  });

  test('after the address has left, it waits for connections to drain, and lives', async () => {
    const subject = await standing(world(), 1);
    const at = await memberOf(world(), subject, 0);
    const waiting = patience();
    let left = 0;
    const watch = eventually(async () => (await world().listed(subject)).length === 0).then(() => (left = Date.now()));
    await world().traffic.pullOut(at, { ...out, drainSeconds: 2.5 }, openGuard(), waiting);
    await watch;
    expect(Date.now() - left).toBeGreaterThan(2_300);
    expect(waiting.beats.length).toBeGreaterThanOrEqual(3);
  });

  if (can.controllersApart) {
    test('controllers that stand still: it waits for the data plane, not for its own write', async () => {
      const subject = await standing(world(), 1);
      const at = await memberOf(world(), subject, 0);
      world().pauseControllers();
      try {
        let done = false;
        const pulling = world()
          .traffic.pullOut(at, out, openGuard(), patience())
          .then(() => (done = true));
        await new Promise((resolve) => setTimeout(resolve, 1_500));
        expect(done).toBe(false);
        expect(await world().traffic.serving([subject.set])).toEqual(new Set([at.member]));
        world().resumeControllers();
        await pulling;
      } finally {
        world().resumeControllers();
      }
      expect(await world().traffic.serving([subject.set])).toEqual(new Set());
    });
  }

  if (can.consumers) {
    test('a consumer that lists it all the same is named', async () => {
      const subject = await standing(world(), 1);
      const at = await memberOf(world(), subject, 0);
      const mend = await world().bypass(subject);
      const { code, message } = await hurried(() => codeOf(world().traffic.pullOut(at, out, openGuard(), patience())));
      expect(code).toBe('DRAIN_TIMEOUT');
      expect(message).toContain('bypass');
      await mend();
      await world().traffic.pullOut(at, out, openGuard(), patience());
    });
  }

  test('another uid is refused, also when it comes between the read and the write; the newborn serves', async () => {
    const subject = await standing(world(), 1);
    const at = await memberOf(world(), subject, 0);
    world().link.beforeChange(() => world().rebirth(at));
    expect(await codeOf(world().traffic.pullOut(at, out, openGuard(), patience()))).toMatchObject({
      code: 'INSTANCE_REPLACED',
    });
    world().link.forget();
    expect(await codeOf(world().traffic.pullOut(at, out, openGuard(), patience()))).toMatchObject({
      code: 'INSTANCE_REPLACED',
    });
    expect(world().link.changes()).toEqual([]);
    await eventually(async () => (await world().traffic.serving([subject.set])).size === 1);
    expect((await seen(world(), subject)).instances[0]).toMatchObject({ inService: true, outBy: {} });
  });

  test('a write by somebody else in between is kept, and the guard is asked again', async () => {
    const subject = await standing(world(), 2);
    const [calm, at] = await membersOf(world(), subject);
    if (calm === undefined || at === undefined) throw new Error('two instances stand');
    const [undisturbed, guard] = [openGuard(), openGuard()];
    await world().traffic.pullOut(calm, out, undisturbed, patience());
    world().link.beforeChange(() => world().touch(at));
    await world().traffic.pullOut(at, out, guard, patience());
    expect(undisturbed.passed).toBeGreaterThan(0);
    expect(guard.passed).toBe(undisturbed.passed + 1);
  });

  test('the guard that refuses stops the write', async () => {
    const subject = await standing(world(), 1);
    const at = await memberOf(world(), subject, 0);
    const refusal = new Error('a later operation owns the group');
    await expect(world().traffic.pullOut(at, out, () => Promise.reject(refusal), patience())).rejects.toBe(refusal);
    expect(world().link.changes()).toEqual([]);
    expect((await world().traffic.serving([subject.set])).size).toBe(1);
  });

  test('the loss of any answer', async () => {
    await eachAnswerLost(
      world(),
      async () => {
        const subject = await standing(world(), 1);
        return { subject, at: await memberOf(world(), subject, 0) };
      },
      ({ at }) => world().traffic.pullOut(at, out, openGuard(), patience()),
      async ({ subject }) => {
        expect(await world().traffic.serving([subject.set])).toEqual(new Set());
        expect((await seen(world(), subject)).instances[0]?.outBy).toEqual({ release: 'op-1: v2' });
      },
    );
  });

  test('ten instances out and in again at once cost few calls each', async () => {
    const subject = await standing(world(), 10);
    const members = await membersOf(world(), subject);
    world().link.forget();
    await Promise.all(members.map((at) => world().traffic.pullOut(at, out, openGuard(), patience())));
    await Promise.all(members.map((at) => world().traffic.pullIn(at, 'release', openGuard(), patience())));
    expect(world().link.changes().length).toBeLessThanOrEqual(2 * world().changesForTenFlags);
    expect(world().link.calls().length).toBeLessThanOrEqual(60);
  });
}
