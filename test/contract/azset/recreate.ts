import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { MemberAt } from '../../../src/drivers/azset/index.ts';
import type { Abilities } from '../abilities.ts';
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
  type Subject,
  type World,
} from '../world.ts';
import { recreation } from './recreation.ts';

/** How instances are brought to what a running one cannot become, batch by batch, and back. */
export function recreateContract(world: () => World, can: Abilities): void {
  const { pullOut, pullIn, open, close, staged, recreate, settle, batch, bringBack, undo, expectResting, isWhole } =
    recreation(world);

  test('a group, batch by batch from the highest down: one new instance each, none beside the batch moves', async () => {
    const { subject, target, before, definition } = await staged(5);
    expect(definition).toMatchObject({ parked: true, serves: true });
    for (const members of [before.slice(4), before.slice(2, 4), before.slice(0, 2)]) {
      const others = (await membersOf(world(), subject)).filter(
        ({ member }) => !members.some((at) => at.member === member),
      );
      await Promise.all(members.map((at) => pullOut(at)));
      await open(subject, target);
      // Open, and yet nothing moves.
      expect(await membersOf(world(), subject)).toEqual(expect.arrayContaining([...members, ...others]));
      const born = await Promise.all(members.map((at) => recreate(at, target)));
      for (const [i, instance] of born.entries()) {
        expect(instance.uid).not.toBe(members[i]?.uid);
        expect(instance).toMatchObject({ revision: target.revision, running: true, inService: false });
        expect(Object.keys(instance.outBy)).toEqual(['release']);
      }
      await close(subject);
      await expectResting(subject);
      const serving = await world().traffic.serving([subject.set]);
      expect([...serving].sort()).toEqual(others.map(({ member }) => member).sort());
      await Promise.all(born.map(({ member, uid }) => pullIn({ set: subject.set, member, uid })));
      expect(await membersOf(world(), subject)).toEqual(expect.arrayContaining(others));
    }
    await settle(subject, target);
    await expectResting(subject);
    expect(await isWhole(subject, 5)).toBe(true);
    expect(Object.values(await world().starts(subject))).toEqual(Array(5).fill(['v2']));
    // At rest a newborn is of the new version and serves.
    await world().rebirth(await memberOf(world(), subject, 2));
    await eventually(() => isWhole(subject, 5));
    expect((await seen(world(), subject)).instances[2]).toMatchObject({ revision: target.revision, outBy: {} });
  });

  test('any members of a set may go first: what lies above is left alone', async () => {
    const { subject, target, before } = await staged(4);
    const [, chosen] = before;
    if (chosen === undefined) throw new Error('four');
    await batch(subject, [chosen], target);
    await expectResting(subject);
    const { instances } = await seen(world(), subject);
    expect(instances.map(({ revision }) => revision)).toEqual(
      before.map(({ member }) => (member === chosen.member ? target.revision : target.previous.revision)),
    );
    expect(instances.map(({ uid }) => uid)).toEqual(
      before.map(({ uid }, i) => (i === 1 ? (instances[1]?.uid ?? '') : uid)),
    );
    // Between batches what ends comes back on what is current, serving.
    await world().rebirth(await memberOf(world(), subject, 3));
    await eventually(async () => (await seen(world(), subject)).instances[3]?.ready === true);
    expect((await seen(world(), subject)).instances[3]).toMatchObject({
      revision: target.previous.revision,
      inService: true,
    });
  });

  test('dead before any of its changes: the same batch finishes when repeated, without a second new instance', async () => {
    await eachDeath(
      () => staged(3),
      ({ subject, target, before }, guard) => batch(subject, before.slice(1), target, guard),
      async ({ subject, target, before }) => {
        await batch(subject, before.slice(1), target);
        await expectResting(subject);
        await bringBack(subject);
        const { instances } = await seen(world(), subject);
        expect(instances[0]).toMatchObject({ uid: before[0]?.uid, revision: target.previous.revision });
        expect(instances.slice(1)).toMatchObject(Array(2).fill({ revision: target.revision, inService: true }));
        expect(Object.values(await world().starts(subject))).toEqual([['v2'], ['v2']]);
      },
    );
  }, 300_000);

  test('dead before any of its changes: the undo brings back what was touched, and nothing else', async () => {
    await eachDeath(
      () => staged(3),
      ({ subject, target, before }, guard) => batch(subject, before.slice(1), target, guard),
      async (stage) => {
        await undo(stage);
        const { subject, before } = stage;
        const starts = await world().starts(subject);
        expect(starts[before[0]?.member ?? '']).toBeUndefined();
        for (const [member, versions] of Object.entries(starts)) {
          // Where an operation ends and starts by itself, it may have died in between.
          const isShort = !can.rebornBySet && versions.length === 1;
          expect([member, versions]).toEqual([member, isShort ? ['v1'] : ['v2', 'v1']]);
        }
        for (const { member, uid } of await membersOf(world(), subject)) {
          const was = before.find((at) => at.member === member);
          expect(uid === was?.uid).toBe(starts[member] === undefined);
        }
      },
    );
  }, 300_000);

  test('an undo that dies before any of its changes is finished by the next', async () => {
    await eachDeath(
      async () => {
        const stage = await staged(2);
        await batch(stage.subject, stage.before, stage.target);
        return stage;
      },
      async ({ subject, target }, guard) => {
        await batch(subject, await membersOf(world(), subject), target.previous, guard);
        await world().azSets.unstage(subject.set, guard, patience());
      },
      undo,
    );
  }, 300_000);

  test('the loss of any answer costs no second new instance', async () => {
    await eachAnswerLost(
      world(),
      async () => {
        const stage = await staged(2);
        await Promise.all(stage.before.slice(1).map((at) => pullOut(at)));
        world().link.forget();
        return stage;
      },
      async ({ subject, target, before }) => {
        await open(subject, target);
        await Promise.all(before.slice(1).map((at) => recreate(at, target)));
        // What the host still writes to the newborn would cost closing a second try.
        await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
        await close(subject);
      },
      async ({ subject, target }) => {
        await expectResting(subject);
        expect((await seen(world(), subject)).instances[1]).toMatchObject({ revision: target.revision, running: true });
        expect(Object.values(await world().starts(subject))).toEqual([['v2']]);
      },
    );
  }, 300_000);

  test('every change is guarded', async () => {
    const { subject, target, before } = await staged(2);
    const [, high] = before;
    if (high === undefined) throw new Error('two');
    const same = (): Promise<Subject> => Promise.resolve(subject);
    await eachChangeGuarded(world(), same, (_, guard) => open(subject, target, guard));
    await eachChangeGuarded(world(), same, (_, guard) => recreate(high, target, guard));
    await eachChangeGuarded(world(), same, (_, guard) => close(subject, guard));
  });

  test('repeated, none of the steps changes anything', async () => {
    const { subject, target, before } = await staged(2);
    const high = before.slice(1);
    for (const step of [
      () => open(subject, target),
      () => Promise.all(high.map((at) => recreate(at, target))),
      () => close(subject),
    ]) {
      await step();
      world().link.forget();
      await step();
      expect(world().link.changes()).toEqual([]);
    }
  });

  const BROKEN: [string, string, object][] = [
    ['IMAGE_PULL_FAILED', 'absent', {}],
    ['CONTAINER_CRASHING', 'crashing', {}],
    ['INSTANCE_UNSCHEDULABLE', 'v2', { nodeSelector: { 'example.com/there-is': 'none' } }],
  ];
  test.each(BROKEN)(
    '%s: the new instance is broken; the undo removes it whatever budgets say',
    async (code, version, pod) => {
      const subject = await standing(world(), 3);
      const definition = await world().definition(subject);
      const before = await membersOf(world(), subject);
      const spec = world().spec(2, version, { pod, container: { env: [{ name: 'A', value: '1' }] } });
      const target = await world().azSets.stage(subject.set, spec, openGuard(), patience());
      const [, , high] = before;
      if (high === undefined) throw new Error('three');
      await pullOut(high);
      await open(subject, target);
      // A container that crashes looks well for a moment after each start.
      const trouble = await codeOf(eventuallyFails(() => recreate(high, target)));
      expect(trouble.code).toBe(code);
      expect(trouble.message).toContain(high.member);
      const release = can.budgets ? await world().budget(subject, 3) : null;
      await undo({ subject, target, before, definition });
      await release?.();
      const after = await membersOf(world(), subject);
      expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
      await expectResting(subject);
    },
  );

  test('an instance that never gets ready is undone at once, too', async () => {
    const stage = await staged(2, 'failing');
    const { subject, target, before } = stage;
    await batch(subject, before.slice(1), target);
    const release = can.budgets ? await world().budget(subject, 2) : null;
    await undo(stage);
    await release?.();
  });

  test('one that does not end is waited for; one that ends by itself meanwhile is not ended twice', async () => {
    const { subject, target, before } = await staged(1);
    const [at] = before;
    if (at === undefined) throw new Error('one');
    await open(subject, target);
    const release = await world().hang(at);
    let done = false;
    const attempt = recreate(at, target).finally(() => (done = true));
    await delay(1_000);
    expect(done).toBe(false);
    await release();
    expect(await attempt).toMatchObject({ revision: target.revision, running: true });
    const starts = await world().starts(subject);
    // What the system itself began in the place of what somebody else ended, holds none.
    expect(can.rebornBySet ? starts : { [at.member]: starts[at.member] }).toEqual({ [at.member]: ['v2'] });
  });

  test('a set that was closed by others is not evicted from', async () => {
    const { subject, target, before } = await staged(1);
    await open(subject, target);
    await close(subject);
    world().link.forget();
    expect(await codeOf(recreate(before[0] as MemberAt, target))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    expect(world().link.changes()).toEqual([]);
  });

  test('a template that somebody writes while a set is open is parked by closing, and its writer named', async () => {
    const { subject, target } = await staged(2);
    await open(subject, target);
    if (can.controllersApart) world().pauseControllers();
    let closing;
    try {
      await world().foreignChange(subject);
      closing = codeOf(close(subject));
      await delay(500);
    } finally {
      if (can.controllersApart) world().resumeControllers();
    }
    const { code, message } = await closing;
    expect(code).toBe('FOREIGN_TEMPLATE');
    expect(message).toContain(world().stranger);
    await expectResting(subject);
    expect(await codeOf(open(subject, target))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
  });
}

/** Attempts until one fails. */
async function eventuallyFails(act: () => Promise<unknown>): Promise<never> {
  for (;;) {
    await act();
    await delay(200);
  }
}
