import { expect, test } from 'vitest';
import type { StagedRevision } from '../../../src/drivers/azset/index.ts';
import { codeOf, openGuard, patience, seen, standing, type Subject, type World } from '../world.ts';

/** What a spec can change under the instances that run, and what not. */
export function stageInPlaceContract(world: () => World): void {
  const stage = (subject: Subject, version = 'v2') =>
    world().azSets.stage(subject.set, world().spec(2, version), openGuard(), patience());
  const unstage = ({ set }: Subject) => world().azSets.unstage(set, openGuard(), patience());

  test('compare: nothing, images and metadata in place, anything else by new instances, with the paths that force it', async () => {
    const { set } = await standing(world(), 1);
    const compare = async (version: string, options?: Parameters<World['spec']>[2]): Promise<object> => {
      const { writers, ...difference } = await world().azSets.compare(set, world().spec(2, version, options));
      expect(writers).toBe(null);
      return difference;
    };
    expect(await compare('v1')).toEqual({ change: 'none', reasons: [] });
    expect(await compare('v2')).toEqual({ change: 'in-place', reasons: [] });
    expect(await compare('v1', { labels: { tier: 'front' } })).toEqual({ change: 'in-place', reasons: [] });
    expect(await compare('v2', { annotations: { note: 'new' } })).toEqual({ change: 'in-place', reasons: [] });
    // What the system fills in by itself is no difference.
    expect(await compare('v1', { pod: { restartPolicy: 'Always', dnsPolicy: 'ClusterFirst' } })).toEqual({
      change: 'none',
      reasons: [],
    });
    expect(await compare('v2', { container: { env: [{ name: 'A', value: '1' }] } })).toEqual({
      change: 'recreate',
      reasons: ['spec.containers[web].env'],
    });
    expect(
      await compare('v2', { pod: { hostNetwork: true, initContainers: [{ name: 'init', image: 'x' }] } }),
    ).toMatchObject({
      change: 'recreate',
      reasons: expect.arrayContaining(['spec.hostNetwork', 'spec.initContainers']) as string[],
    });
    expect(world().link.changes()).toEqual([]);
  });

  test('a consumer that would route to instances that are out is refused by name', async () => {
    const subject = await standing(world(), 1);
    const mend = await world().bypass(subject);
    const { code, message } = await codeOf(world().azSets.compare(subject.set, world().spec(2, 'v2')));
    expect(code).toBe('SERVICE_UNFIT');
    expect(message).toContain('bypass');
    await mend();
    expect(await world().azSets.compare(subject.set, world().spec(2, 'v2'))).toMatchObject({ change: 'in-place' });
  });

  test('staging says whether instances change in place or by new ones, however often it is asked', async () => {
    const subject = await standing(world(), 1);
    const recreate = (): Promise<StagedRevision> => {
      const spec = world().spec(2, 'v2', { container: { env: [{ name: 'A', value: '1' }] } });
      return world().azSets.stage(subject.set, spec, openGuard(), patience());
    };
    expect(await stage(subject)).toMatchObject({ change: 'in-place' });
    expect(await recreate()).toMatchObject({ change: 'recreate' });
    expect(await recreate()).toMatchObject({ change: 'recreate' });
    expect(await stage(subject)).toMatchObject({ change: 'in-place' });
  });

  test('asked to, stage writes over it, and says by whom it was; nothing moves, forward or back', async () => {
    const subject = await standing(world(), 2);
    const definition = await world().definition(subject);
    const before = await seen(world(), subject);
    await world().foreignChange(subject);
    const over = { overwrite: true };
    const { change, writers } = await world().azSets.compare(subject.set, world().spec(1, 'v1'), over);
    expect([change, writers]).toEqual(['in-place', expect.stringContaining('stranger')]);
    for (const version of ['v1', 'v2']) {
      const spec = world().spec(version === 'v1' ? 1 : 2, version);
      const staged = await world().azSets.stage(subject.set, spec, openGuard(), patience(), over);
      // What ran before, and not what the stranger wrote.
      expect(staged.previous).toMatchObject({ revision: before.currentRevision });
      expect(staged.revision === before.currentRevision).toBe(version === 'v1');
      await unstage(subject);
      expect(await world().definition(subject)).toEqual(definition);
    }
    expect((await seen(world(), subject)).instances).toEqual(before.instances);
  });
}
