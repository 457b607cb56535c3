import { expect, test } from 'vitest';
import { codeOf, openGuard, patience, seen, standing, type World } from '../world.ts';

/** A system that starts all instances at once, and knows no other way. */
export function unorderedContract(world: () => World): void {
  test('a set is parallel, and cannot be made an ordered one', async () => {
    const subject = await standing(world(), 2);
    const before = await seen(world(), subject);
    expect(before).toMatchObject({ management: 'parallel' });
    const saved = await world().azSets.save(subject.set, patience());
    expect(saved).toMatchObject({ management: 'parallel', count: 2, revision: before.currentRevision });
    const convert = (to: 'parallel' | 'ordered') =>
      world().azSets.convert(subject.set, saved, to, openGuard(), patience());
    await convert('parallel');
    const { code, message } = await codeOf(convert('ordered'));
    expect(code).toBe('CLUSTER_UNABLE');
    expect(message).toContain(subject.set.name);
    expect(world().link.changes()).toEqual([]);
    expect(await seen(world(), subject)).toEqual(before);
  });

  test('a set that is not at rest, or is not there, is not saved', async () => {
    const subject = await standing(world(), 1);
    await world().azSets.stage(subject.set, world().spec(2, 'v2'), openGuard(), patience());
    expect(await codeOf(world().azSets.save(subject.set, patience()))).toMatchObject({ code: 'SET_NOT_AT_REST' });
    const absent = world().newSubject();
    expect(await codeOf(world().azSets.save(absent.set, patience()))).toMatchObject({ code: 'NOT_FOUND' });
  });
}
