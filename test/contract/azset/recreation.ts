import { expect } from 'vitest';
import type { Guard, InstanceObservation, MemberAt, ReplaceTarget } from '../../../src/drivers/azset/index.ts';
import { eventually, membersOf, openGuard, patience, seen, standing, type Subject, type World } from '../world.ts';
import { batchSteps, type Staged } from './batch.ts';

/** What tests of batches that are recreated do. */
export function recreation(world: () => World) {
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
  const steps = batchSteps(world);
  const { pullOut, pullIn, open, close } = steps;
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
  return { ...steps, staged, recreate, settle, unstage, batch, bringBack, undo, expectResting, isWhole };
}

export function unlessReplaced(error: unknown): void {
  if ((error as { code?: string }).code !== 'INSTANCE_REPLACED') throw error;
}
