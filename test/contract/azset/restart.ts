import { expect, test } from 'vitest';
import type { Guard, InstanceObservation, MemberAt } from '../../../src/drivers/azset/index.ts';
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
  type World,
} from '../world.ts';
import { batchSteps, type Staged } from './batch.ts';

/** How instances are made anew on what they run. */
export function restartContract(world: () => World, can: Abilities): void {
  /** Staged to the spec that it runs. */
  const staged = async (count: number): Promise<Staged> => {
    const subject = await standing(world(), count);
    const definition = await world().definition(subject);
    const before = await membersOf(world(), subject);
    const target = await world().azSets.stage(subject.set, world().spec(1, 'v1'), openGuard(), patience());
    world().link.forget();
    return { subject, target, before, definition };
  };
  const { pullOut, pullIn, open, close } = batchSteps(world);
  const restart = ({ target }: Staged, at: MemberAt, guard: Guard = openGuard()) =>
    world().azSets.restart(at, target, guard, patience());
  /** A whole batch, as an operation goes about it. */
  const batch = async (
    stage: Staged,
    members: MemberAt[],
    guard: Guard = openGuard(),
  ): Promise<InstanceObservation[]> => {
    // Ended by an earlier attempt: what is there now is looked at by the next step.
    await Promise.all(members.map((at) => pullOut(at, guard).catch(() => undefined)));
    await open(stage.subject, stage.target, guard);
    // Nothing is under way any more when one of them dies.
    const outcomes = await Promise.allSettled(members.map((at) => restart(stage, at, guard)));
    const born = outcomes.map((outcome) => {
      if (outcome.status === 'rejected') throw outcome.reason;
      return outcome.value;
    });
    await close(stage.subject, guard);
    return born;
  };
  /** At rest as before it was staged, every instance in traffic. */
  const expectAsBefore = async ({ subject, target, definition }: Staged): Promise<void> => {
    const out = (await seen(world(), subject)).instances.filter(({ outBy }) => 'release' in outBy);
    await Promise.all(out.map(({ member, uid }) => pullIn({ set: subject.set, member, uid })));
    await world().azSets.settle(subject.set, target.revision, openGuard(), patience());
    await eventually(async () => {
      const { settled, instances } = await seen(world(), subject);
      return settled && instances.every(({ ready, inService }) => ready && inService);
    });
    expect(await world().definition(subject)).toEqual(definition);
  };

  test('the same spec is the same revision, and nothing moves', async () => {
    const { subject, target, before } = await staged(2);
    expect(target).toMatchObject({ change: 'in-place', previous: { revision: target.revision } });
    expect(await membersOf(world(), subject)).toEqual(before);
    await world().azSets.unstage(subject.set, openGuard(), patience());
    expect(await membersOf(world(), subject)).toEqual(before);
  });

  test('those that are named are made anew on what they ran, out of traffic; the others stay', async () => {
    const stage = await staged(4);
    const { subject, target, before } = stage;
    const [zero, , two] = before;
    if (zero === undefined || two === undefined) throw new Error('four');
    const born = await batch(stage, [zero, two]);
    for (const [i, instance] of born.entries()) {
      expect(instance.uid).not.toBe([zero, two][i]?.uid);
      expect(instance).toMatchObject({ revision: target.revision, running: true, inService: false });
    }
    const uids = before.map(({ uid, member }) => born.find((one) => one.member === member)?.uid ?? uid);
    expect((await membersOf(world(), subject)).map(({ uid }) => uid)).toEqual(uids);
    const serving = await world().traffic.serving([subject.set]);
    expect([...serving].sort()).toEqual([before[1]?.member, before[3]?.member].sort());
    await expectAsBefore(stage);
    expect(Object.values(await world().starts(subject))).toEqual([['v1'], ['v1']]);
    // At rest a newborn serves.
    await world().rebirth(await memberOf(world(), subject, 0));
    await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
    expect((await seen(world(), subject)).instances[0]).toMatchObject({ revision: target.revision, outBy: {} });
  });

  test('one that came back by itself meanwhile is not ended again', async () => {
    const stage = await staged(2);
    const { subject, before } = stage;
    const [, high] = before;
    if (high === undefined) throw new Error('two');
    await pullOut(high);
    await open(stage.subject, stage.target);
    await world().rebirth(high);
    await eventually(async () => (await seen(world(), subject)).instances.every(({ ready }) => ready));
    const { uid } = await memberOf(world(), subject, 1);
    expect(await restart(stage, high)).toMatchObject({ uid, running: true, inService: false });
    await close(stage.subject);
    await expectAsBefore(stage);
  });

  test('a set that is not open: nothing is ended', async () => {
    const stage = await staged(1);
    const [only] = stage.before;
    if (only === undefined) throw new Error('one');
    expect(await codeOf(restart(stage, only))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    expect(await membersOf(world(), stage.subject)).toEqual(stage.before);
  });

  test('dead before any of its changes: the same batch finishes when repeated, without a second new instance', async () => {
    await eachDeath(
      () => staged(3),
      (stage, guard) => batch(stage, stage.before.slice(1), guard),
      async (stage) => {
        const { subject, before } = stage;
        await batch(stage, before.slice(1));
        expect((await membersOf(world(), subject))[0]).toEqual(before[0]);
        expect(Object.values(await world().starts(subject))).toEqual([['v1'], ['v1']]);
        await expectAsBefore(stage);
      },
    );
  }, 300_000);

  test('dead before any of its changes: the undo closes the set, and ends nothing more', async () => {
    await eachDeath(
      () => staged(3),
      (stage, guard) => batch(stage, stage.before.slice(1), guard),
      async (stage) => {
        const { subject } = stage;
        if (can.rebornBySet) {
          await eventually(async () => {
            const { desired, instances } = await seen(world(), subject);
            return instances.length === desired && instances.every(({ terminating, ready }) => ready && !terminating);
          });
        }
        const then = (await seen(world(), subject)).instances;
        await world().azSets.unstage(subject.set, openGuard(), patience());
        await expectAsBefore(stage);
        const now = await membersOf(world(), subject);
        // What an operation ended is not brought back by the system: the undo does that.
        const stays = then.map(({ ready, uid }, i) => (ready || can.rebornBySet ? uid : now[i]?.uid));
        expect(now.map(({ uid }) => uid)).toEqual(stays);
      },
    );
  }, 300_000);

  test('the loss of any answer costs no second new instance', async () => {
    await eachAnswerLost(
      world(),
      async () => {
        const stage = await staged(2);
        await Promise.all(stage.before.slice(1).map((at) => pullOut(at)));
        await open(stage.subject, stage.target);
        world().link.forget();
        return stage;
      },
      (stage) => Promise.all(stage.before.slice(1).map((at) => restart(stage, at))),
      async (stage) => {
        await close(stage.subject);
        expect(Object.values(await world().starts(stage.subject))).toEqual([['v1']]);
      },
    );
  }, 300_000);

  test('every change is guarded', async () => {
    const stage = await staged(2);
    const [, high] = stage.before;
    if (high === undefined) throw new Error('two');
    await open(stage.subject, stage.target);
    await eachChangeGuarded(
      world(),
      () => Promise.resolve(stage),
      (_, guard) => restart(stage, high, guard),
    );
  });
}
