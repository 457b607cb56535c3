import { expect, test } from 'vitest';
import type { Abilities } from '../abilities.ts';
import {
  codeOf,
  eventually,
  membersOf,
  openGuard,
  patience,
  seen,
  standing,
  type Subject,
  type World,
} from '../world.ts';
import { bring } from './batch.ts';

/** Where every difference needs new instances. */
export function stageAnewContract(world: () => World, can: Abilities): void {
  const stage = ({ set }: Subject, version: string, options = {}) =>
    world().azSets.stage(set, world().spec(2, version), openGuard(), patience(), options);

  /** By somebody else; returns when all of its instances are of that. */
  const changed = async (subject: Subject): Promise<void> => {
    const before = (await membersOf(world(), subject)).map(({ uid }) => uid);
    await world().foreignChange(subject);
    await eventually(async () => {
      const { settled, instances } = await seen(world(), subject);
      return settled && instances.every(({ ready, uid }) => ready && !before.includes(uid));
    });
  };

  test('compare: nothing, or new instances, with the paths that force them; what the system has not is refused by name', async () => {
    const { set } = await standing(world(), 1);
    const compare = (version: string, options?: Parameters<World['spec']>[2]) =>
      world().azSets.compare(set, world().spec(2, version, options));
    const none = { change: 'none', reasons: [], writers: null };
    expect(await compare('v1')).toEqual(none);
    expect(await compare('v1', { pod: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' } })).toEqual(none);
    expect(await compare('v2')).toMatchObject({ change: 'recreate', reasons: ['container.docker.image'] });
    expect(await compare('v1', { labels: { tier: 'front' } })).toMatchObject({
      change: 'recreate',
      reasons: ['labels.tier'],
    });
    expect(await compare('v1', { container: { env: [{ name: 'A', value: '1' }] } })).toMatchObject({
      change: 'recreate',
      reasons: ['env.A'],
    });
    const { code, message } = await codeOf(
      compare('v2', { pod: { hostNetwork: true, initContainers: [{ name: 'init', image: 'x' }] } }),
    );
    expect(code).toBe('APP_INVALID');
    expect(message).toContain('spec.hostNetwork');
    expect(message).toContain('spec.initContainers');
    expect(world().link.changes()).toEqual([]);
  });

  test('staging says so, however often it is asked; on what runs nothing is to be done', async () => {
    const subject = await standing(world(), 1);
    expect(await stage(subject, 'v2')).toMatchObject({ change: 'recreate' });
    expect(await stage(subject, 'v2')).toMatchObject({ change: 'recreate' });
    expect(await stage(subject, 'v1')).toMatchObject({ change: 'in-place' });
  });

  test('what somebody else wrote has moved already; written over, the set goes to what is ours, and theirs goes', async () => {
    const subject = await standing(world(), 2);
    const before = await seen(world(), subject);
    await changed(subject);
    const over = { overwrite: true };
    // The same spec needs new instances, too: those that run are of what somebody else wrote.
    const { change, writers } = await world().azSets.compare(subject.set, world().spec(1, 'v1'), over);
    expect([change, writers]).toEqual(['recreate', expect.stringContaining(world().stranger)]);
    const target = await stage(subject, 'v1', over);
    expect(target).toMatchObject({ change: 'recreate', images: before.instances[0]?.images });
    expect(target.revision).not.toBe(before.currentRevision);
    await bring(world, can, await membersOf(world(), subject), target);
    await world().azSets.settle(subject.set, target.revision, openGuard(), patience());
    expect(await world().definition(subject)).toMatchObject({ leftovers: [] });
    expect(await world().azSets.compare(subject.set, world().spec(1, 'v1'))).toEqual({
      change: 'none',
      reasons: [],
      writers: null,
    });
  });

  test('staged past what somebody else wrote, and taken back: it counts again', async () => {
    const subject = await standing(world(), 1);
    await changed(subject);
    const target = await stage(subject, 'v2', { overwrite: true });
    await bring(world, can, await membersOf(world(), subject), target);
    await bring(world, can, await membersOf(world(), subject), target.previous);
    await world().azSets.unstage(subject.set, openGuard(), patience());
    const { code, message } = await codeOf(world().azSets.compare(subject.set, world().spec(2, 'v2')));
    expect(code).toBe('FOREIGN_TEMPLATE');
    expect(message).toContain(world().stranger);
  });

  test('what was staged is taken back with its apps, and made again by the next', async () => {
    const subject = await standing(world(), 1);
    const definition = await world().definition(subject);
    const first = await stage(subject, 'v2');
    await world().azSets.unstage(subject.set, openGuard(), patience());
    expect(await world().definition(subject)).toEqual(definition);
    expect(definition.leftovers).toEqual([]);
    expect(await stage(subject, 'v2')).toEqual(first);
    await bring(world, can, await membersOf(world(), subject), first);
    await world().azSets.settle(subject.set, first.revision, openGuard(), patience());
    expect(await world().definition(subject)).toMatchObject({ leftovers: [] });
  });
}
