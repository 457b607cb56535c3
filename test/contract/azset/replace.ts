import { expect, test } from 'vitest';
import type { InstanceObservation, MemberAt, StagedRevision } from '../../../src/drivers/azset/index.ts';
import {
  codeOf,
  eachAnswerLost,
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

/** How one instance is brought to another version, and how that is proven. */
export function replaceContract(world: () => World): void {
  const stage = ({ set }: Subject, version = 'v2', options?: Parameters<World['spec']>[2]): Promise<StagedRevision> =>
    world().azSets.stage(set, world().spec(2, version, options), openGuard(), patience());
  const replace = (
    at: MemberAt,
    target: { revision: string; images: Record<string, string> },
  ): Promise<InstanceObservation> => world().azSets.replace(at, target, openGuard(), patience());
  const staged = async (count: number, version?: string): Promise<{ subject: Subject; target: StagedRevision }> => {
    const subject = await standing(world(), count);
    const target = await stage(subject, version);
    world().link.forget();
    return { subject, target };
  };

  test('in place: same uid, same address, one start, in any order, the others untouched', async () => {
    const { subject, target } = await staged(3);
    const before = await seen(world(), subject);
    for (const ordinal of [1, 0]) {
      const at = await memberOf(world(), subject, ordinal);
      const after = await replace(at, target);
      expect(after).toMatchObject({
        uid: at.uid,
        address: before.instances[ordinal]?.address,
        revision: target.revision,
        images: target.images,
        running: true,
      });
    }
    expect(await world().starts(subject)).toEqual({
      [`${subject.set.name}-0`]: ['v2'],
      [`${subject.set.name}-1`]: ['v2'],
    });
    expect((await seen(world(), subject)).instances[2]).toEqual(before.instances[2]);
  });

  test('labels and annotations of the new template arrive with the image, those of the old one go; flags stay', async () => {
    const subject = await standing(world(), 1);
    const first = await stage(subject, 'v2', { labels: { old: '1' }, annotations: { note: 'a' } });
    const at = await memberOf(world(), subject, 0);
    await replace(at, first);
    await world().traffic.pullOut(at, { owner: 'server', reason: 'test', drainSeconds: 0 }, openGuard(), patience());
    const second = await stage(subject, 'v3', { labels: { new: '1' } });
    const after = await replace(at, second);
    expect(after).toMatchObject({ inService: false, outBy: { server: 'test' } });
    await replace(at, first);
    const back = await replace(at, second.previous);
    expect(back).toMatchObject({ inService: false, outBy: { server: 'test' }, revision: second.previous.revision });
  });

  test('an instance at its target is left alone', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    await replace(at, target);
    world().link.forget();
    await replace(at, target);
    expect(world().link.changes()).toEqual([]);
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('the loss of any answer costs no second start', async () => {
    await eachAnswerLost(
      world(),
      async () => {
        const { subject, target } = await staged(1);
        return { subject, target, at: await memberOf(world(), subject, 0) };
      },
      ({ at, target }) => replace(at, target),
      async ({ subject, target, at }) => {
        expect(await seen(world(), subject)).toMatchObject({
          instances: [{ uid: at.uid, revision: target.revision, running: true }],
        });
        expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
      },
    );
  });

  test('a second attempt, begun while the host has not moved yet, waits for the proof and stops nothing twice', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    await world().freezeHost(at.host, true);
    const first = patience();
    const attempt = world().azSets.replace(at, target, openGuard(), first);
    await eventually(() => Promise.resolve(world().link.changes().length === 1));
    first.abort(new Error('the worker was killed'));
    await expect(attempt).rejects.toThrow('the worker was killed');

    const retry = replace(at, target);
    await world().freezeHost(at.host, false);
    expect(await retry).toMatchObject({ running: true, images: target.images });
    expect(world().link.changes()).toHaveLength(1);
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('taken back before the host moved: proven without a start', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    await world().freezeHost(at.host, true);
    const forward = patience();
    const attempt = world()
      .azSets.replace(at, target, openGuard(), forward)
      .catch(() => undefined);
    await eventually(() => Promise.resolve(world().link.changes().length === 1));
    forward.abort(new Error('aborted'));
    await attempt;
    const back = replace(at, target.previous);
    await eventually(() => Promise.resolve(world().link.changes().length === 2));
    await world().freezeHost(at.host, false);
    expect(await back).toMatchObject({
      running: true,
      images: target.previous.images,
      revision: target.previous.revision,
    });
    expect(await seen(world(), subject)).toMatchObject({
      instances: [{ images: target.previous.images, ready: true }],
    });
    // The host may have begun with the change, or never have seen it: in the end the old version runs.
    await eventually(async () => {
      const versions = (await world().starts(subject))[at.member] ?? [];
      return versions.length === 0 || versions.at(-1) === 'v1';
    });
  });

  test('hosts that do not say which spec they reflect: proven by containers', async () => {
    await world().hideObserved(true);
    try {
      const { subject, target } = await staged(1);
      const at = await memberOf(world(), subject, 0);
      for (const to of [target, target.previous, target]) {
        expect(await replace(at, to)).toMatchObject({ running: true, images: to.images });
        const versions = (await world().starts(subject))[at.member];
        expect(versions?.at(-1)).toBe(to === target ? 'v2' : 'v1');
      }
    } finally {
      await world().hideObserved(false);
    }
  });

  test('another uid is refused, and what holds the place is not touched', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    await world().rebirth(at);
    const { code, message } = await codeOf(replace(at, target));
    expect(code).toBe('INSTANCE_REPLACED');
    expect(message).toContain(at.uid);
    expect(world().link.changes()).toEqual([]);
    expect((await seen(world(), subject)).instances[0]?.images).toEqual(target.previous.images);
  });

  test('reborn between the read and the write: refused by the system, the newborn is not touched', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    world().link.beforeChange(() => world().rebirth(at));
    expect(await codeOf(replace(at, target))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    const [instance] = (await seen(world(), subject)).instances;
    expect(instance?.uid).not.toBe(at.uid);
    expect(instance).toMatchObject({ images: target.previous.images, revision: target.previous.revision });
  });

  test('an instance on its way out is refused, before the write and while waiting', async () => {
    const { subject, target } = await staged(2);
    const [one, two] = await membersOf(world(), subject);
    if (one === undefined || two === undefined) throw new Error('two instances');
    const release = await world().hang(one);
    expect(await codeOf(replace(one, target))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    await release();

    await world().freezeHost(two.host, true);
    const attempt = codeOf(replace(two, target));
    await eventually(() => Promise.resolve(world().link.changes().length > 0));
    const releaseTwo = await world().hang(two);
    expect(await attempt).toMatchObject({ code: 'INSTANCE_REPLACED' });
    await world().freezeHost(two.host, false);
    await releaseTwo();
  });

  test('a write by somebody else in between is kept, and the guard is asked again', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    const guard = openGuard();
    world().link.beforeChange(() => world().touch(at));
    expect(await world().azSets.replace(at, target, guard, patience())).toMatchObject({ images: target.images });
    expect(guard.passed).toBe(2);
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('the guard that refuses stops the write', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    const refusal = new Error('a later operation owns the group');
    await expect(world().azSets.replace(at, target, () => Promise.reject(refusal), patience())).rejects.toBe(refusal);
    expect(world().link.changes()).toEqual([]);
  });

  test("an image that cannot be pulled is the version's fault, once that lasts; going back works", async () => {
    const { subject, target } = await staged(1, 'absent');
    const at = await memberOf(world(), subject, 0);
    const began = Date.now();
    const { code, message } = await codeOf(replace(at, target));
    expect(code).toBe('IMAGE_PULL_FAILED');
    expect(message).toContain(at.member);
    expect(Date.now() - began).toBeGreaterThan(9_000);
    expect((await seen(world(), subject)).instances[0]?.trouble).toMatchObject({
      verdict: 'failed',
      code: 'IMAGE_PULL_FAILED',
    });
    expect(await replace(at, target.previous)).toMatchObject({ running: true, uid: at.uid });
  });

  test("a container that exits again and again is the version's fault; going back works", async () => {
    const { subject, target } = await staged(1, 'crashing');
    const at = await memberOf(world(), subject, 0);
    // It runs for a moment: that is all that replace promises. The trouble shows afterwards.
    const end = await replace(at, target).then(
      () => null,
      (error: unknown) => error as { code: string },
    );
    if (end !== null) expect(end.code).toBe('CONTAINER_CRASHING');
    await eventually(async () => (await seen(world(), subject)).instances[0]?.trouble?.code === 'CONTAINER_CRASHING');
    expect(await codeOf(eventuallyFails(() => replace(at, target)))).toMatchObject({ code: 'CONTAINER_CRASHING' });
    expect(await replace(at, target.previous)).toMatchObject({ running: true, uid: at.uid });
    await eventually(async () => (await seen(world(), subject)).instances[0]?.ready === true);
    expect((await seen(world(), subject)).instances[0]?.trouble).toBeNull();
  });

  test('a system that does not answer: we cannot tell, and say so; afterwards the same call finishes', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    world().link.cut();
    const { code } = await codeOf(replace(at, target));
    world().link.mend();
    expect(code).toBe('CLUSTER_UNREACHABLE');
    expect(await replace(at, target)).toMatchObject({ images: target.images });
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('the link cut while it waits: the same call finishes afterwards', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    await world().freezeHost(at.host, true);
    const attempt = codeOf(replace(at, target));
    await eventually(() => Promise.resolve(world().link.changes().length === 1));
    world().link.cut();
    expect(await attempt).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    world().link.mend();
    await world().freezeHost(at.host, false);
    expect(await replace(at, target)).toMatchObject({ images: target.images });
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('it tells every second that it lives, and ends at once when told to', async () => {
    const { subject, target } = await staged(1);
    const at = await memberOf(world(), subject, 0);
    await world().freezeHost(at.host, true);
    const waiting = patience();
    const attempt = world().azSets.replace(at, target, openGuard(), waiting);
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const told = Date.now();
    waiting.abort(new Error('cancelled'));
    await expect(attempt).rejects.toThrow('cancelled');
    expect(Date.now() - told).toBeLessThan(1_000);
    expect(waiting.beats.length).toBeGreaterThanOrEqual(3);
    await world().freezeHost(at.host, false);
  });

  test('ten instances at once cost few calls each', async () => {
    const { subject, target } = await staged(10);
    const members = await membersOf(world(), subject);
    world().link.forget();
    await Promise.all(members.map((at) => replace(at, target)));
    expect(world().link.changes()).toHaveLength(10);
    expect(world().link.calls().length).toBeLessThanOrEqual(40);
  });

  test('images pulled ahead are there when the instance is replaced; nothing of it runs elsewhere', async () => {
    const { subject, target } = await staged(2, 'big');
    const members = await membersOf(world(), subject);
    const images = Object.values(target.images);
    await world().azSets.prePull(
      subject.set,
      members.map(({ member }) => member),
      images,
      patience(),
    );
    expect(await world().starts(subject)).toEqual({});
    expect((await seen(world(), subject)).instances).toHaveLength(2);
    const holds = await Promise.all(members.map(({ host }) => world().hasImage(host, images[0] ?? '')));
    expect(holds).toEqual([true, true]);
    world().link.forget();
    await world().azSets.prePull(
      subject.set,
      members.map(({ member }) => member),
      images,
      patience(),
    );
    expect(world().link.changes()).toEqual([]);
  });
}

/** Attempts until one fails: a crashing container looks well for a moment after each start. */
async function eventuallyFails(act: () => Promise<unknown>): Promise<never> {
  for (;;) await act();
}
