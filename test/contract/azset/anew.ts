import { expect, test } from 'vitest';
import type { MemberAt, ReplaceTarget, StagedRevision } from '../../../src/drivers/azset/index.ts';
import {
  codeOf,
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

/** Where nothing changes in place: what replace does, and what is asked of the way by new instances in its stead. */
export function anewContract(world: () => World): void {
  /** Open for a version. */
  const opened = async (
    count: number,
    version = 'v2',
  ): Promise<{ subject: Subject; target: StagedRevision; members: (MemberAt & { host: string })[] }> => {
    const subject = await standing(world(), count);
    const target = await world().azSets.stage(subject.set, world().spec(2, version), openGuard(), patience());
    const members = await membersOf(world(), subject);
    await world().azSets.open(subject.set, target, openGuard(), patience());
    world().link.forget();
    return { subject, target, members };
  };
  const recreate = (at: MemberAt, target: ReplaceTarget, waiting = patience()) =>
    world().azSets.recreate(at, target, openGuard(), waiting);
  const replace = (at: MemberAt, target: StagedRevision) => world().azSets.replace(at, target, openGuard(), patience());

  test('replace: an instance at its target is waited for, another one refused by the paths, and not touched', async () => {
    const { subject, target, members } = await opened(1);
    const [at] = members;
    if (at === undefined) throw new Error('one');
    const { code, message } = await codeOf(replace(at, target));
    expect(code).toBe('RECREATE_UNSUPPORTED');
    expect(message).toContain(at.member);
    expect(world().link.changes()).toEqual([]);
    const born = await recreate(at, target);
    expect(await replace({ ...at, uid: born.uid }, target)).toMatchObject({ uid: born.uid, images: target.images });
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
    expect(await codeOf(replace(at, target))).toMatchObject({ code: 'INSTANCE_REPLACED' });
  });

  test('the old one has ended before the new one is asked for', async () => {
    const { subject, target, members } = await opened(1);
    const [at] = members;
    if (at === undefined) throw new Error('one');
    await world().freezeHost(at.host, true);
    const attempt = recreate(at, target);
    await eventually(() => Promise.resolve(world().link.changes().length > 0));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await world().starts(subject)).toEqual({});
    await world().freezeHost(at.host, false);
    expect(await attempt).toMatchObject({ running: true, images: target.images });
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('a second attempt, begun while the host has not moved yet, ends and starts nothing twice', async () => {
    const { subject, target, members } = await opened(1);
    const [at] = members;
    if (at === undefined) throw new Error('one');
    await world().freezeHost(at.host, true);
    const first = patience();
    const attempt = recreate(at, target, first);
    await eventually(() => Promise.resolve(world().link.changes().length > 0));
    first.abort(new Error('the worker was killed'));
    await expect(attempt).rejects.toThrow('the worker was killed');
    const retry = recreate(at, target);
    await world().freezeHost(at.host, false);
    expect(await retry).toMatchObject({ running: true, images: target.images });
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('a system that does not answer, before or while it waits: we cannot tell; the same call finishes afterwards', async () => {
    const { subject, target, members } = await opened(1);
    const [at] = members;
    if (at === undefined) throw new Error('one');
    world().link.cut();
    expect(await codeOf(recreate(at, target))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    world().link.mend();
    await world().freezeHost(at.host, true);
    const attempt = codeOf(recreate(at, target));
    await eventually(() => Promise.resolve(world().link.changes().length > 0));
    world().link.cut();
    expect(await attempt).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
    world().link.mend();
    await world().freezeHost(at.host, false);
    expect(await recreate(at, target)).toMatchObject({ images: target.images });
    expect(await world().starts(subject)).toEqual({ [at.member]: ['v2'] });
  });

  test('it tells every second that it lives, and ends at once when told to', async () => {
    const { target, members } = await opened(1);
    const [at] = members;
    if (at === undefined) throw new Error('one');
    await world().freezeHost(at.host, true);
    const waiting = patience();
    const attempt = recreate(at, target, waiting);
    const ended = expect(attempt).rejects.toThrow('cancelled');
    await new Promise((resolve) => setTimeout(resolve, 3_500));
    const told = Date.now();
    waiting.abort(new Error('cancelled'));
    await ended;
    expect(Date.now() - told).toBeLessThan(1_000);
    expect(waiting.beats.length).toBeGreaterThanOrEqual(3);
    await world().freezeHost(at.host, false);
  });

  test('a crash at once is found out, whatever moment it is looked at; going back works', async () => {
    const { subject, target, members } = await opened(1, 'crashing');
    const [at] = members;
    if (at === undefined) throw new Error('one');
    const end = await recreate(at, target).then(
      () => null,
      (error: unknown) => error as { code: string },
    );
    if (end !== null) expect(end.code).toBe('CONTAINER_CRASHING');
    await eventually(async () => (await seen(world(), subject)).instances[0]?.trouble?.code === 'CONTAINER_CRASHING');
    // It ran for a moment, but not for long, and so it is said when it is asked again.
    expect(await codeOf(recreate(at, target))).toMatchObject({ code: 'CONTAINER_CRASHING' });
    await world().azSets.close(subject.set, openGuard(), patience());
    await world().azSets.open(subject.set, target.previous, openGuard(), patience());
    for (;;) {
      // What holds the place changes with each crash.
      const now = await memberOf(world(), subject, 0);
      const outcome = await recreate(now, target.previous).catch((error: unknown) => error as { code: string });
      if (!('code' in outcome)) break;
      expect(outcome.code).toBe('INSTANCE_REPLACED');
    }
    expect((await seen(world(), subject)).instances[0]).toMatchObject({ running: true, trouble: null });
  });

  test('ten instances at once cost few calls each', async () => {
    const { target, members } = await opened(10);
    await Promise.all(members.map((at) => recreate(at, target)));
    const [changes, calls] = [world().link.changes().length, world().link.calls().length];
    // Noted, ended, noted, started: two of the four are a record and the end of the one before it.
    expect(changes).toBeLessThanOrEqual(60);
    expect(calls).toBeLessThanOrEqual(400);
  });

  test('images cannot be pulled ahead: nothing is asked, nothing runs', async () => {
    const { subject, target, members } = await opened(2, 'big');
    await world().azSets.prePull(
      subject.set,
      members.map(({ member }) => member),
      Object.values(target.images),
      patience(),
    );
    expect(world().link.calls()).toEqual([]);
    expect(await world().starts(subject)).toEqual({});
  });
}
