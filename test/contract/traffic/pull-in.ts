import { expect, test, vi } from 'vitest';
import type { Abilities } from '../abilities.ts';
import { bring } from '../azset/batch.ts';
import type { MemberAt } from '../../../src/drivers/azset/index.ts';
import type { TrafficOwner } from '../../../src/drivers/traffic/index.ts';
import {
  codeOf,
  eachAnswerLost,
  hurried,
  memberOf,
  openGuard,
  patience,
  seen,
  standing,
  type Subject,
  type World,
} from '../world.ts';

/** How traffic comes back. */
export function pullInContract(world: () => World, can: Abilities): void {
  const pullOut = (at: MemberAt, owner: TrafficOwner) =>
    world().traffic.pullOut(at, { owner, reason: `by ${owner}`, drainSeconds: 0 }, openGuard(), patience());
  const pullIn = (at: MemberAt, owner: TrafficOwner) => world().traffic.pullIn(at, owner, openGuard(), patience());
  const pulledOut = async (...owners: TrafficOwner[]): Promise<{ subject: Subject; at: MemberAt }> => {
    const subject = await standing(world(), 1);
    const at = await memberOf(world(), subject, 0);
    for (const owner of owners) await pullOut(at, owner);
    world().link.forget();
    return { subject, at };
  };

  test('done only when the data plane routes to it; the flag is gone', async () => {
    const { subject, at } = await pulledOut('release');
    expect(await pullIn(at, 'release')).toEqual({});
    expect(await world().traffic.serving([subject.set])).toEqual(new Set([at.member]));
    expect((await seen(world(), subject)).instances[0]).toMatchObject({ inService: true, outBy: {} });
    world().link.forget();
    expect(await pullIn(at, 'release')).toEqual({});
    expect(world().link.changes()).toEqual([]);
  });

  test('each owner clears its own flag only; traffic comes back with the last', async () => {
    const { subject, at } = await pulledOut('release', 'server', 'health');
    expect(await pullIn(at, 'release')).toEqual({ server: 'by server', health: 'by health' });
    expect(await pullIn(at, 'release')).toEqual({ server: 'by server', health: 'by health' });
    expect(await world().traffic.serving([subject.set])).toEqual(new Set());
    expect(await pullIn(at, 'health')).toEqual({ server: 'by server' });
    expect((await seen(world(), subject)).instances[0]).toMatchObject({
      inService: false,
      outBy: { server: 'by server' },
    });
    expect(await pullIn(at, 'server')).toEqual({});
    expect(await world().traffic.serving([subject.set])).toEqual(new Set([at.member]));
  });

  if (can.probes) {
    test('an instance that is not ready gets no traffic: said so, with who should route to it', async () => {
      const subject = await standing(world(), 1);
      const target = await world().azSets.stage(subject.set, world().spec(2, 'failing'), openGuard(), patience());
      const at = await memberOf(world(), subject, 0);
      await pullOut(at, 'release');
      await world().azSets.replace(at, target, openGuard(), patience());
      const { code, message } = await hurried(() => codeOf(pullIn(at, 'release')));
      expect(code).toBe('PULL_IN_TIMEOUT');
      expect(message).toContain(`${subject.group.app}-${subject.group.group}`);
      expect(await world().traffic.serving([subject.set])).toEqual(new Set());
    });

    test('one that gets ready while it waits is waited for', async () => {
      const subject = await standing(world(), 1);
      const target = await world().azSets.stage(subject.set, world().spec(2, 'slow'), openGuard(), patience());
      const at = await memberOf(world(), subject, 0);
      await pullOut(at, 'release');
      await world().azSets.replace(at, target, openGuard(), patience());
      expect(await world().traffic.serving([subject.set])).toEqual(new Set());
      await pullIn(at, 'release');
      expect(await world().traffic.serving([subject.set])).toEqual(new Set([at.member]));
    });
  } else {
    test('that an instance runs is all that the system knows: whoever pulls in has to have asked it', async () => {
      const subject = await standing(world(), 1);
      const target = await world().azSets.stage(subject.set, world().spec(2, 'failing'), openGuard(), patience());
      const [born] = await bring(world, can, [await memberOf(world(), subject, 0)], target);
      if (born === undefined) throw new Error('one');
      expect(await world().traffic.serving([subject.set])).toEqual(new Set());
      const at = { set: subject.set, member: born.member, uid: born.uid };
      const serving = () => world().traffic.serving([subject.set]);
      if (world().checksHealth) {
        // It may take it for well until its next check, and then the pull-in is done before that.
        const told = await hurried(() => pullIn(at, 'release').then(() => null, codeIn));
        expect([null, 'PULL_IN_TIMEOUT']).toContain(told);
        await vi.waitFor(async () => expect(await serving()).toEqual(new Set()), { timeout: 10_000, interval: 50 });
      } else {
        await pullIn(at, 'release');
        expect(await serving()).toEqual(new Set([born.member]));
      }
    });
  }

  if (can.controllersApart) {
    test('gone while it waits: told, not waited for', async () => {
      const { subject, at } = await pulledOut('release');
      world().pauseControllers();
      try {
        const pulling = codeOf(pullIn(at, 'release'));
        const release = await world().hang(at);
        expect(await pulling).toMatchObject({ code: 'INSTANCE_REPLACED' });
        world().resumeControllers();
        await release();
      } finally {
        world().resumeControllers();
      }
      expect((await seen(world(), subject)).instances).toHaveLength(1);
    });
  } else {
    test('on its way out: told, and not put in', async () => {
      const { subject, at } = await pulledOut('release');
      const release = await world().hang(at);
      expect(await codeOf(pullIn(at, 'release'))).toMatchObject({ code: 'INSTANCE_REPLACED' });
      expect(world().link.changes()).toEqual([]);
      await release();
      expect((await seen(world(), subject)).instances).toHaveLength(1);
    });
  }

  test('another uid is refused, and the guard that refuses stops the write', async () => {
    const { at } = await pulledOut('release');
    const refusal = new Error('a later operation owns the group');
    await expect(world().traffic.pullIn(at, 'release', () => Promise.reject(refusal), patience())).rejects.toBe(
      refusal,
    );
    expect(world().link.changes()).toEqual([]);
    await world().rebirth(at);
    expect(await codeOf(pullIn(at, 'release'))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    expect(world().link.changes()).toEqual([]);
  });

  test('the loss of any answer; a system that does not answer', async () => {
    await eachAnswerLost(
      world(),
      () => pulledOut('release'),
      ({ at }) => pullIn(at, 'release'),
      async ({ subject }) => {
        expect((await world().traffic.serving([subject.set])).size).toBe(1);
      },
    );
    const { at } = await pulledOut('release');
    world().link.cut();
    const codes = [await codeOf(pullIn(at, 'release')), await codeOf(world().traffic.serving([at.set]))];
    world().link.mend();
    expect(codes.map(({ code }) => code)).toEqual(['CLUSTER_UNREACHABLE', 'CLUSTER_UNREACHABLE']);
  });
}

function codeIn(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
