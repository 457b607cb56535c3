import { setTimeout as delay } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import type { Guard, InstanceObservation, MemberAt, ReplaceTarget } from '../../../src/drivers/azset/index.ts';
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
import { batchSteps, type Staged } from './batch.ts';

/** How instances are brought to what a running one cannot become, batch by batch, and back. */
export function recreateContract(world: () => World): void {
  /** Staged to a version that needs new instances. */
  const staged = async (count: number, version = 'v2', subject?: Subject): Promise<Staged> => {
    const standingSubject = await standing(world(), count, subject);
    const definition = await world().definition(standingSubject);
    const before = await membersOf(world(), standingSubject);
    const spec = world().spec(2, version, { container: { env: [{ name: 'A', value: '1' }] } });
    const target = await world().azSets.stage(standingSubject.set, spec, openGuard(), patience());
    world().link.forget();
    return { subject: standingSubject, target, before, definition };
  };
  const { pullOut, pullIn, open, close } = batchSteps(world);
  const recreate = (at: MemberAt, target: ReplaceTarget, guard: Guard = openGuard()) =>
    world().azSets.recreate(at, target, guard, patience());
  const settle = ({ set }: Subject, { revision }: { revision: string }) =>
    world().azSets.settle(set, revision, openGuard(), patience());
  const unstage = ({ set }: Subject) => world().azSets.unstage(set, openGuard(), patience());

  /** A whole batch, as an operation goes about it. */
  const batch = async (
    subject: Subject,
    members: MemberAt[],
    target: ReplaceTarget,
    guard: Guard = openGuard(),
  ): Promise<InstanceObservation[]> => {
    // Replaced meanwhile, or by an earlier attempt: what is there now is looked at by the next step.
    await Promise.all(members.map((at) => pullOut(at, guard).catch(unlessReplaced)));
    await open(subject, target, guard);
    const born = await Promise.all(members.map((at) => world().azSets.recreate(at, target, guard, patience())));
    await close(subject, guard);
    for (const instance of born) expect(instance).toMatchObject({ revision: target.revision, running: true });
    return born;
  };
  const bringBack = async (subject: Subject): Promise<void> => {
    const out = (await seen(world(), subject)).instances.filter(({ outBy }) => 'release' in outBy);
    await Promise.all(out.map(({ member, uid }) => pullIn({ set: subject.set, member, uid })));
  };
  /** Undo as an operation goes about it: by looking at what is, until all of it is back. */
  const undo = async ({ subject, target, definition }: Staged): Promise<void> => {
    for (;;) {
      // One that is missing was touched, too: what holds its place next tells by what.
      await eventually(async () => {
        const { desired, instances } = await seen(world(), subject);
        return instances.length === desired;
      });
      const touched = (await seen(world(), subject)).instances
        .filter(({ revision, terminating }) => terminating || revision !== target.previous.revision)
        .map(({ member, uid }) => ({ set: subject.set, member, uid }));
      if (touched.length === 0) break;
      await batch(subject, touched, target.previous).catch(unlessReplaced);
    }
    await unstage(subject);
    await bringBack(subject);
    await eventually(async () => {
      const { settled, instances: now } = await seen(world(), subject);
      return settled && now.every(({ ready, inService }) => ready && inService);
    });
    expect(await world().definition(subject)).toEqual(definition);
  };
  const expectResting = async (subject: Subject): Promise<void> => {
    expect(await world().definition(subject)).toMatchObject({ parked: true, serves: true, leftovers: [] });
  };
  const isWhole = async (subject: Subject, size: number): Promise<boolean> => {
    const { settled, instances } = await seen(world(), subject);
    return settled && instances.length === size && instances.every(({ ready, inService }) => ready && inService);
  };

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
        for (const [member, versions] of Object.entries(starts))
          expect([member, versions]).toEqual([member, ['v2', 'v1']]);
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

  test('a budget that has nothing to give is waited for, and named', async () => {
    const { subject, target, before } = await staged(2);
    const [, high] = before;
    if (high === undefined) throw new Error('two');
    const release = await world().budget(subject, 2);
    await open(subject, target);
    const told: string[] = [];
    const waiting = { signal: new AbortController().signal, heartbeat: (what: string) => void told.push(what) };
    const attempt = world().azSets.recreate(high, target, openGuard(), waiting);
    await eventually(() => Promise.resolve(told.some((what) => what.includes('budget-') && what.includes('needs 2'))));
    expect(await membersOf(world(), subject)).toEqual(before);
    await release();
    expect(await attempt).toMatchObject({ revision: target.revision, running: true });
  });

  test('a budget that gives nothing for long: said so, and the same call finishes when it does', async () => {
    const { subject, target, before } = await staged(1);
    const release = await world().budget(subject, 1);
    await open(subject, target);
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const attempt = codeOf(recreate(before[0] as MemberAt, target));
      await delay(500);
      vi.setSystemTime(Date.now() + 301_000);
      const { code, message } = await attempt;
      expect(code).toBe('EVICTION_REFUSED');
      expect(message).toContain('budget-');
    } finally {
      vi.useRealTimers();
    }
    await release();
    expect(await recreate(before[0] as MemberAt, target)).toMatchObject({ running: true });
  });

  test('two budgets for one instance are for a person to mend', async () => {
    const { subject, target, before } = await staged(1);
    const releases = [await world().budget(subject, 0), await world().budget(subject, 0)];
    await open(subject, target);
    const { code, message } = await codeOf(recreate(before[0] as MemberAt, target));
    expect(code).toBe('BUDGETS_CONFLICT');
    expect(message).toContain(before[0]?.member);
    expect(await membersOf(world(), subject)).toEqual(before);
    await releases[0]?.();
    expect(await recreate(before[0] as MemberAt, target)).toMatchObject({ running: true });
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
      const release = await world().budget(subject, 3);
      await undo({ subject, target, before, definition });
      await release();
      const after = await membersOf(world(), subject);
      expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
      await expectResting(subject);
    },
  );

  test('an instance that never gets ready is undone at once, too', async () => {
    const stage = await staged(2, 'failing');
    const { subject, target, before } = stage;
    await batch(subject, before.slice(1), target);
    const release = await world().budget(subject, 2);
    await undo(stage);
    await release();
  });

  test('an instance that is replaced by others is noticed at every step', async () => {
    const { subject, target, before } = await staged(4);
    const [zero, one, two, three] = before;
    if (zero === undefined || one === undefined || two === undefined || three === undefined) throw new Error('four');
    // Before anything is done to it.
    await world().rebirth(three);
    expect(await codeOf(pullOut(three))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    // Pulled out, and not open yet: it came back as it was, and serves.
    await pullOut(two);
    await world().rebirth(two);
    await open(subject, target);
    expect(await codeOf(recreate(two, target))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    expect((await seen(world(), subject)).instances[2]).toMatchObject({ revision: target.previous.revision });
    await close(subject);
    // Deployed, while the batch is open and after it.
    const [born] = await batch(subject, [one], target);
    const deployed = { ...one, uid: born?.uid ?? '' };
    await world().rebirth(deployed);
    expect(await codeOf(pullIn(deployed))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    // Put in: the pass over the whole set names it.
    const [again] = await batch(subject, [zero], target);
    const served = { ...zero, uid: again?.uid ?? '' };
    await pullIn(served);
    await world().rebirth(served);
    const { code, message } = await codeOf(settle(subject, target));
    expect(code).toBe('INSTANCE_REPLACED');
    expect(message).toContain(zero.member);
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
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
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
    world().pauseControllers();
    let closing;
    try {
      await world().foreignChange(subject);
      closing = codeOf(close(subject));
      await delay(500);
    } finally {
      world().resumeControllers();
    }
    const { code, message } = await closing;
    expect(code).toBe('FOREIGN_TEMPLATE');
    expect(message).toContain('stranger');
    await expectResting(subject);
    expect(await codeOf(open(subject, target))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
  });
}

function unlessReplaced(error: unknown): void {
  if ((error as { code?: string }).code !== 'INSTANCE_REPLACED') throw error;
}

/** Attempts until one fails. */
async function eventuallyFails(act: () => Promise<unknown>): Promise<never> {
  for (;;) {
    await act();
    await delay(200);
  }
}
