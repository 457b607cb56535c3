// The AzSet driver for Marathon against a stub that keeps the state that the driver meets.
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Guard, MemberAt, StagedRevision } from '../../../src/drivers/azset/index.ts';
import { codeOf, eachAnswerLost, eachChangeGuarded, eachDeath, openGuard, patience } from '../../contract/world.ts';
import { startSmallServer } from '../../support/small-server.ts';
import { FOLDER, GROUP, marathonWorld, SET, specOf, type MarathonWorld } from './marathon-world.ts';

vi.mock('../../../src/drivers/kubernetes/limits.ts', async (original) => ({
  ...(await original<object>()),
  GATHER_MS: 0,
}));
vi.mock('../../../src/drivers/marathon/limits.ts', () => ({
  END_TIMEOUT_MS: 2_000,
  START_TIMEOUT_MS: 20_000,
  UNSCHEDULABLE_GRACE_MS: 100,
  PULL_GRACE_MS: 100,
  RECENT_MS: 200,
  STEADY_MS: 50,
  LOCK_GRACE_MS: 400,
  FOLLOW_TIMEOUT_MS: 10_000,
  POLL_MS: { watched: 20, blind: 20 },
}));

let world: MarathonWorld;
const made: MarathonWorld[] = [];
const fresh = async (mesos?: readonly string[]): Promise<MarathonWorld> => {
  world = await marathonWorld(mesos);
  made.push(world);
  return world;
};
beforeEach(async () => {
  await fresh();
});
afterEach(async () => {
  await Promise.all(made.splice(0).map((one) => one.stop()));
});

const settle = (revision: string) => world.azSets.settle(SET, revision, openGuard(), patience());
const unstage = () => world.azSets.unstage(SET, openGuard(), patience());
const open = (target: StagedRevision | StagedRevision['previous']) =>
  world.azSets.open(SET, target, openGuard(), patience());
const recreate = (at: MemberAt, target: StagedRevision | StagedRevision['previous'], guard: Guard = openGuard()) =>
  world.azSets.recreate(at, target, guard, patience());
const close = () => world.azSets.close(SET, openGuard(), patience());
const records = (): string[] => [...world.stub.apps.keys()].filter((id) => id.includes('/record-'));
const appsOf = (): Record<string, number> =>
  Object.fromEntries(
    [...world.stub.apps.values()]
      .filter(({ id }) => !id.includes('/record-'))
      .map(({ id, instances }) => [id, instances]),
  );
const refusing = (left: number): Guard => {
  let asked = 0;
  return () => (asked++ < left ? Promise.resolve() : Promise.reject(new Error('a later operation owns the group')));
};

describe('create, observe, remove', () => {
  test('one app of the revision, one record of the places; settled, in service, with addresses', async () => {
    await world.standing(3);
    const observed = await world.seen();
    expect(observed).toMatchObject({ desired: 3, settled: true, management: 'parallel' });
    expect(observed.updateRevision).toBe(observed.currentRevision);
    expect(observed.instances.map(({ member }) => member)).toEqual([0, 1, 2].map((n) => `shop-web-az-1-${String(n)}`));
    for (const instance of observed.instances) {
      expect(instance).toMatchObject({ ready: true, running: true, inService: true, outBy: {}, trouble: null });
      expect(instance.images).toEqual({ web: 'registry.north:5000/shop/web@sha256:v1' });
      expect(instance.address).toMatch(/^10\.0\.0\./);
    }
    expect(appsOf()).toEqual({ [`${FOLDER}/${observed.currentRevision}`]: 3 });
    expect(records()).toEqual([`${FOLDER}/record-1`]);
    expect(await world.azSets.observe([{ ...SET, name: 'absent' }, SET])).toEqual([null, observed]);
  });

  test('what stands is left as it is; another group, and a stranger, are not touched', async () => {
    await world.standing(1);
    await world.azSets.create(SET, GROUP, specOf('v2'), 5, openGuard());
    expect(world.stub.changes).toEqual([]);
    const other = { ...GROUP, group: 'other' };
    expect(await codeOf(world.azSets.create(SET, other, specOf('v1'), 1, openGuard()))).toMatchObject({
      code: 'FOREIGN_TEMPLATE',
    });
    await world.azSets.remove(SET, other, openGuard(), patience());
    expect(world.stub.changes).toEqual([]);
    const set = { ...SET, name: 'strange' };
    world.stub.apps.set('/pro/strange/app', { id: '/pro/strange/app', instances: 0, labels: {} });
    const { code, message } = await codeOf(world.azSets.create(set, GROUP, specOf('v1'), 1, openGuard()));
    expect(code).toBe('FOREIGN_TEMPLATE');
    expect(message).toContain('/pro/strange/app');
  });

  test('what Marathon refuses leaves nothing behind, nor does what it could not run', async () => {
    world.stub.refuse = [422, { message: 'Object is not valid', details: [{ path: '/mem', errors: ['too little'] }] }];
    const { code, message } = await codeOf(world.azSets.create(SET, GROUP, specOf('v1'), 1, openGuard()));
    expect([code, message]).toEqual(['APP_INVALID', expect.stringContaining('/mem too little')]);
    expect(world.stub.apps.size).toBe(0);
    const spec = specOf('v1', 1, { securityContext: {} }, { hostAliases: [] });
    const refused = await codeOf(world.azSets.create(SET, GROUP, spec, 1, openGuard()));
    expect(refused.code).toBe('APP_INVALID');
    expect(refused.message).toContain('spec.containers[0].securityContext');
    expect(refused.message).toContain('spec.hostAliases');
  });

  test('survives the loss of any answer, and death; every change is guarded', async () => {
    const create = (guard: Guard = openGuard()) => world.azSets.create(SET, GROUP, specOf('v1'), 2, guard);
    const judge = async (): Promise<void> => {
      expect(await world.seen()).toMatchObject({ settled: true, desired: 2 });
      expect(records()).toHaveLength(1);
    };
    for (let n = 0; n < 2; n++) {
      await fresh();
      world.stub.loseAnswer = n;
      expect(await codeOf(create())).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
      await create();
      await judge();
    }
    await eachDeath(
      () => fresh(),
      (_, guard) => create(guard),
      async () => {
        await create();
        await judge();
      },
    );
    await fresh();
    await eachChangeGuarded(
      world.link,
      () => Promise.resolve(),
      (_, guard) => create(guard),
    );
  });

  test('remove ends all and forgets the set; a removal that was cut off is finished, or taken back by creating', async () => {
    await world.standing(2);
    // Before its app goes, and after: a record alone is no set.
    for (const [passed, isThere] of [
      [2, true],
      [3, false],
    ] as const) {
      const cut = world.azSets.remove(SET, GROUP, refusing(passed), patience());
      await expect(cut).rejects.toThrow('a later operation');
      expect((await world.azSets.observe([SET]))[0] !== null).toBe(isThere);
      await world.azSets.create(SET, GROUP, specOf('v1'), 2, openGuard());
      expect(await world.seen()).toMatchObject({ desired: 2, settled: true });
      expect(records()).toHaveLength(1);
    }
    await world.azSets.remove(SET, GROUP, openGuard(), patience());
    expect(await world.azSets.observe([SET])).toEqual([null]);
    expect([world.stub.apps.size, world.stub.tasks.length]).toEqual([0, 0]);
    world.stub.forget();
    await world.azSets.remove(SET, GROUP, openGuard(), patience());
    expect(world.stub.changes).toEqual([]);
  });

  test('a record that somebody mangled is said', async () => {
    await world.standing(1);
    const [id = ''] = records();
    const record = world.stub.apps.get(id);
    world.stub.apps.set(id, { id, instances: 0, labels: { ...record?.labels, 'transship.dev/state': '{' } });
    const { code, message } = await codeOf(world.seen());
    expect([code, message]).toEqual(['FOREIGN_TEMPLATE', expect.stringContaining(id)]);
  });
});

describe('compare, stage, unstage', () => {
  test('any difference needs new tasks, and is named', async () => {
    await world.standing(1);
    const compare = (version: string, container?: object) => world.azSets.compare(SET, specOf(version, 2, container));
    expect(await compare('v1')).toEqual({ change: 'none', reasons: [], writers: null });
    expect(await compare('v2')).toEqual({ change: 'recreate', reasons: ['container.docker.image'], writers: null });
    expect(await compare('v1', { env: [{ name: 'A', value: '1' }] })).toMatchObject({ reasons: ['env.A'] });
    expect(await compare('v1', { readinessProbe: {} })).toMatchObject({ change: 'none' });
    expect(world.stub.changes).toEqual([]);
    const absent = { ...SET, name: 'absent' };
    expect(await codeOf(world.azSets.compare(absent, specOf('v1')))).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('stage makes an empty app beside, and no instance moves; again it finds it; unstage takes it away', async () => {
    await world.standing(2);
    const before = await world.seen();
    const staged = await world.stage('v2');
    expect(staged).toMatchObject({ change: 'recreate', previous: { revision: before.currentRevision } });
    expect(staged.previous.images).toEqual(before.instances[0]?.images);
    expect(appsOf()).toEqual({ [`${FOLDER}/${before.currentRevision}`]: 2, [`${FOLDER}/${staged.revision}`]: 0 });
    expect(await world.seen()).toMatchObject({
      settled: false,
      updateRevision: staged.revision,
      currentRevision: before.currentRevision,
      instances: before.instances,
    });
    world.stub.forget();
    expect(await world.stage('v2')).toEqual(staged);
    expect(world.stub.changes).toEqual([]);
    expect((await world.stage('v3')).previous).toEqual(staged.previous);
    await unstage();
    expect(await world.seen()).toEqual(before);
    expect(Object.keys(appsOf())).toHaveLength(1);
    world.stub.forget();
    await unstage();
    expect(world.stub.changes).toEqual([]);
  });

  test('the same spec is the same revision', async () => {
    await world.standing(1);
    const { revision, previous, change } = await world.stage('v1');
    expect([revision, change]).toEqual([previous.revision, 'in-place']);
    await settle(revision);
    expect(await world.seen()).toMatchObject({ settled: true });
  });

  test('an app that somebody changed is not written over, unless asked for: then all are made anew beside it', async () => {
    await world.standing(1);
    const { currentRevision } = await world.seen();
    const id = `${FOLDER}/${currentRevision}`;
    const app = world.stub.apps.get(id);
    if (app === undefined) throw new Error('no app');
    world.stub.apps.set(id, { ...app, env: { DEBUG: '1' } });
    const { code, message } = await codeOf(world.stage('v2'));
    expect(code).toBe('FOREIGN_TEMPLATE');
    expect(message).toContain('env');
    expect(await codeOf(world.azSets.compare(SET, specOf('v2')))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    const over = { overwrite: true };
    expect(await world.azSets.compare(SET, specOf('v1'), over)).toMatchObject({
      change: 'recreate',
      writers: expect.stringContaining('env') as string,
    });
    const staged = await world.azSets.stage(SET, specOf('v1'), openGuard(), patience(), over);
    expect(staged).toMatchObject({ revision: `${currentRevision}-2`, change: 'recreate' });
    // What is known does not stop it any more, until it is back on that.
    await world.pullIn(await world.anew(await world.at(0), staged));
    await settle(staged.revision);
    expect(await world.seen()).toMatchObject({ settled: true, currentRevision: staged.revision });
    expect(Object.keys(appsOf())).toEqual([`${FOLDER}/${staged.revision}`]);
    expect(await world.azSets.compare(SET, specOf('v1'))).toMatchObject({ change: 'none', writers: null });
  });

  test('an app that somebody changes just then is said, and counts again when that was taken back', async () => {
    await world.standing(1);
    const { currentRevision } = await world.seen();
    const id = `${FOLDER}/${currentRevision}`;
    const change = (): Promise<void> => {
      const app = world.stub.apps.get(id);
      if (app !== undefined) world.stub.apps.set(id, { ...app, env: { DEBUG: '1' } });
      return Promise.resolve();
    };
    world.stub.beforeChange = change;
    expect(await codeOf(world.stage('v2'))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    await world.azSets.stage(SET, specOf('v2', 2), openGuard(), patience(), { overwrite: true });
    await unstage();
    expect(await codeOf(world.stage('v2'))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
  });

  test('survives the loss of any answer, and every change is guarded', async () => {
    const standing = async (): Promise<void> => {
      await fresh();
      await world.standing(1);
    };
    await standing();
    for (const act of [() => world.stage('v2'), unstage]) {
      for (let n = 0; n < 3; n++) {
        await standing();
        if (act === unstage) await world.stage('v2');
        world.stub.loseAnswer = n;
        expect(await codeOf(act())).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
        await act();
        expect(records()).toHaveLength(1);
        expect(await world.seen()).toMatchObject({ settled: act === unstage });
      }
    }
    await standing();
    await eachChangeGuarded(
      world.link,
      () => Promise.resolve(),
      (_, guard) => world.azSets.stage(SET, specOf('v2', 2), guard, patience()),
    );
    await eachChangeGuarded(
      world.link,
      () => Promise.resolve(),
      (_, guard) => world.azSets.unstage(SET, guard, patience()),
    );
  });
});

describe('one instance', () => {
  const staged = async (count: number, version = 'v2'): Promise<StagedRevision> => {
    await world.standing(count);
    const target = await world.stage(version);
    world.stub.forget();
    return target;
  };

  test('ended by name, its app smaller; then one of the new app, out of traffic; all others stay', async () => {
    const target = await staged(3);
    const before = await world.seen();
    const at = await world.at(1);
    const born = await world.anew(at, target);
    expect(born.uid).not.toBe(at.uid);
    expect(appsOf()).toEqual({
      [`${FOLDER}/${target.previous.revision}`]: 2,
      [`${FOLDER}/${target.revision}`]: 1,
    });
    const { instances } = await world.seen();
    expect(instances[0]).toEqual(before.instances[0]);
    expect(instances[2]).toEqual(before.instances[2]);
    expect(instances[1]).toMatchObject({
      uid: born.uid,
      revision: target.revision,
      images: target.images,
      inService: false,
      outBy: { release: 'made anew' },
    });
    expect(world.stub.starts).toHaveLength(1);
    expect(world.stub.changes.filter((change) => !change.includes('record-') && change !== 'POST /v2/apps')).toEqual([
      `DELETE /v2/apps${FOLDER}/${target.previous.revision}/tasks/${at.uid}`,
      `PATCH /v2/apps${FOLDER}/${target.revision}`,
    ]);
    expect(await world.pullIn(born)).toEqual({});
    expect((await world.traffic.serving([SET])).size).toBe(3);
  });

  test('all of them, in any order and beside each other; settled on the new revision, the old app gone', async () => {
    const target = await staged(4);
    const members = await Promise.all([3, 1, 0, 2].map((n) => world.at(n)));
    await Promise.all(members.map((at) => world.pullOut(at)));
    await open(target);
    const born = await Promise.all(members.map((at) => recreate(at, target)));
    await close();
    expect(new Set(born.map(({ uid }) => uid)).size).toBe(4);
    await Promise.all(born.map(({ member, uid }) => world.pullIn({ set: SET, member, uid })));
    await settle(target.revision);
    expect(await world.seen()).toMatchObject({ settled: true, currentRevision: target.revision });
    expect(appsOf()).toEqual({ [`${FOLDER}/${target.revision}`]: 4 });
    expect(world.stub.starts).toHaveLength(4);
    expect(records()).toHaveLength(1);
    world.stub.forget();
    await settle(target.revision);
    expect(world.stub.changes).toEqual([]);
    expect((await world.traffic.serving([SET])).size).toBe(4);
  });

  test('those of a batch are ended by one deployment, and what is written of them is one record each time', async () => {
    const target = await staged(4);
    const members = await Promise.all([0, 1, 2].map((n) => world.at(n)));
    await Promise.all(members.map((at) => world.pullOut(at)));
    await open(target);
    world.stub.forget();
    await Promise.all(members.map((at) => recreate(at, target)));
    // Which tasks are to leave; that they have ended.
    expect(world.stub.changes.filter((change) => change === 'POST /v2/apps')).toHaveLength(2);
    expect(world.stub.changes.filter((change) => change.includes('/tasks/'))).toEqual(['POST /v2/tasks/delete']);
    expect(world.stub.starts).toHaveLength(3);
  });

  test('one of a batch that may not, or cannot, keeps no other from it, and leaves no trace', async () => {
    const target = await staged(4);
    const members = await Promise.all([0, 1, 2, 3].map((n) => world.at(n)));
    await Promise.all(members.map((at) => world.pullOut(at)));
    await open(target);
    const [first, second, third, fourth] = members as [MemberAt, MemberAt, MemberAt, MemberAt];
    const [done, shutOut, replaced, last] = await Promise.allSettled([
      recreate(first, target),
      recreate(second, target, refusing(0)),
      recreate({ ...third, uid: 'another' }, target),
      recreate(fourth, target),
    ]);
    expect(done).toMatchObject({ status: 'fulfilled', value: { revision: target.revision } });
    expect(last).toMatchObject({ status: 'fulfilled', value: { revision: target.revision } });
    expect(shutOut).toMatchObject({ reason: { message: 'a later operation owns the group' } });
    expect(replaced).toMatchObject({ reason: { code: 'INSTANCE_REPLACED' } });
    expect(world.stub.starts).toHaveLength(2);
    const { instances } = await world.seen();
    expect([instances[1], instances[2]]).toMatchObject([
      { uid: second.uid, revision: target.previous.revision },
      { uid: third.uid, revision: target.previous.revision },
    ]);
  });

  test('dead before any change, or any answer lost: repeated it finishes, without a second new task', async () => {
    const prepare = async (): Promise<{ target: StagedRevision; at: MemberAt }> => {
      await fresh();
      const target = await staged(2);
      const at = await world.at(1);
      await world.pullOut(at);
      await open(target);
      world.stub.forget();
      return { target, at };
    };
    const judge = async (target: StagedRevision): Promise<void> => {
      await close();
      expect((await world.seen()).instances[1]).toMatchObject({ revision: target.revision, running: true });
      expect(world.stub.starts).toHaveLength(1);
    };
    await eachDeath(
      prepare,
      ({ target, at }, guard) => recreate(at, target, guard),
      async ({ target, at }) => {
        await recreate(at, target);
        await judge(target);
      },
    );
    for (let n = 0; n < 6; n++) {
      const { target, at } = await prepare();
      world.stub.loseAnswer = n;
      expect(await codeOf(recreate(at, target))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
      await recreate(at, target);
      await judge(target);
    }
    const { target, at } = await prepare();
    await eachChangeGuarded(
      world.link,
      () => Promise.resolve(),
      (_, guard) => recreate(at, target, guard),
    );
  });

  test('dead before any change of a batch: the undo brings every place back to what it was', async () => {
    await eachDeath(
      async () => {
        await fresh();
        return staged(2);
      },
      async (target, guard) => world.anew(await world.at(1), target, guard),
      async (target) => {
        const at = await world.at(1);
        const { revision, outBy } = (await world.seen()).instances[1] ?? {};
        if (revision !== target.previous.revision || 'release' in (outBy ?? {})) {
          const back = await world.anew(at, target.previous);
          await world.pullIn(back);
        }
        await unstage();
        expect(await world.seen()).toMatchObject({ settled: true, currentRevision: target.previous.revision });
        expect(Object.keys(appsOf())).toHaveLength(1);
        expect((await world.traffic.serving([SET])).size).toBe(2);
      },
    );
  });

  test('decided, and cut off before it was begun: of the target, and not running, for whoever looks; gone back on, it stays', async () => {
    const target = await staged(2);
    const at = await world.at(1);
    await open(target);
    // Two changes are the record.
    await expect(recreate(at, target, refusing(2))).rejects.toThrow('a later operation');
    expect((await world.seen()).instances[1]).toMatchObject({
      uid: at.uid,
      revision: target.revision,
      images: target.images,
      terminating: false,
      running: false,
      ready: false,
    });
    await open(target.previous);
    expect(await recreate(at, target.previous)).toMatchObject({ uid: at.uid, terminating: false, ready: true });
    await close();
    await unstage();
    expect(world.stub.starts).toEqual([]);
    expect(await world.seen()).toMatchObject({ settled: true });
  });

  test('a restart that is cut off: one that was not begun stays, one that was ended comes again with the undo', async () => {
    for (const allowed of [2, 3]) {
      await fresh();
      const target = await staged(2, 'v1');
      const at = await world.at(1);
      await open(target);
      const restart = (guard: Guard) => world.azSets.restart(at, target, guard, patience());
      await expect(restart(refusing(allowed))).rejects.toThrow('a later operation');
      const wasEnded = allowed === 3;
      expect((await world.seen()).instances[1]).toMatchObject({ terminating: false, ready: !wasEnded });
      await unstage();
      expect(world.stub.starts).toHaveLength(wasEnded ? 1 : 0);
      await settle(target.revision);
      expect(await world.seen()).toMatchObject({ settled: true, desired: 2 });
      expect((await world.at(1)).uid === at.uid).toBe(!wasEnded);
      world.stub.forget();
      await settle(target.revision);
      expect(world.stub.changes).toEqual([]);
    }
  });

  test('another task in the place, or a set that is not open: refused, nothing is ended', async () => {
    const target = await staged(2);
    const at = await world.at(0);
    expect(await codeOf(recreate(at, target))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
    await open(target);
    world.stub.end(at.uid);
    world.stub.forget();
    const { code, message } = await codeOf(recreate(at, target));
    expect(code).toBe('INSTANCE_REPLACED');
    expect(message).toContain(at.uid);
    expect(world.stub.changes).toEqual([]);
    // It came back of the old revision, and serves nobody while the set is open.
    expect((await world.seen()).instances[0]).toMatchObject({ revision: target.previous.revision, inService: false });
  });

  test('places keep their tasks, whichever end and come back', async () => {
    await world.standing(4);
    const { currentRevision: revision, instances } = await world.seen();
    const before = instances.map(({ uid }) => uid);
    // As a first release does with each of them.
    await world.azSets.replace(await world.at(0), { revision, images: {} }, openGuard(), patience());
    expect(world.stub.changes).toHaveLength(2);
    world.stub.end(before[2] ?? '');
    await world.seen();
    world.stub.end(before[0] ?? '');
    const after = (await world.seen()).instances.map(({ uid }) => uid);
    expect([after[1], after[3]]).toEqual([before[1], before[3]]);
    expect(new Set(after).size).toBe(4);
    await world.azSets.replace(await world.at(2), { revision, images: {} }, openGuard(), patience());
    world.stub.end(after[0] ?? '');
    expect((await world.seen()).instances.slice(1).map(({ uid }) => uid)).toEqual(after.slice(1));
  });

  test('gone back on while its task is being ended: another one of what it was comes in its place', async () => {
    const target = await staged(2);
    const at = await world.at(1);
    await world.pullOut(at);
    await open(target);
    world.stub.isHeld = true;
    const waiting = patience();
    const attempt = world.azSets.recreate(at, target, openGuard(), waiting);
    while (!world.stub.tasks.some(({ state }) => state === 'TASK_KILLING')) await delay(10);
    waiting.abort(new Error('aborted'));
    await expect(attempt).rejects.toThrow('aborted');
    await open(target.previous);
    const back = recreate(at, target.previous);
    await delay(50);
    world.stub.isHeld = false;
    const { uid, revision } = await back;
    expect([uid === at.uid, revision]).toEqual([false, target.previous.revision]);
    await close();
    await world.pullIn({ ...at, uid });
    await unstage();
    expect(await world.seen()).toMatchObject({ settled: true, desired: 2 });
  });

  test('replace waits for what is there already, and refuses what only a new task can be', async () => {
    const target = await staged(1);
    const at = await world.at(0);
    const { code, message } = await codeOf(world.azSets.replace(at, target, openGuard(), patience()));
    expect([code, message]).toEqual(['RECREATE_UNSUPPORTED', expect.stringContaining('container.docker.image')]);
    expect(await world.azSets.replace(at, target.previous, openGuard(), patience())).toMatchObject({ uid: at.uid });
    const other = codeOf(world.azSets.replace({ ...at, uid: 'other' }, target, openGuard(), patience()));
    expect(await other).toMatchObject({ code: 'INSTANCE_REPLACED' });
  });

  test('restart makes it anew on what it runs, once', async () => {
    const target = await staged(2, 'v1');
    const at = await world.at(1);
    await world.pullOut(at);
    await open(target);
    const restart = () => world.azSets.restart(at, target, openGuard(), patience());
    const { uid } = await restart();
    expect(uid).not.toBe(at.uid);
    expect((await restart()).uid).toBe(uid);
    await close();
    expect(world.stub.starts).toHaveLength(1);
    await world.pullIn({ ...at, uid });
    await settle(target.revision);
    expect(await world.seen()).toMatchObject({ settled: true });
  });

  test('locked by another deployment: tried again, and told apart from a refusal', async () => {
    const target = await staged(2);
    const at = await world.at(1);
    await world.pullOut(at);
    await open(target);
    const locking = { id: 'other', affectedApps: [`${FOLDER}/${target.previous.revision}`], before: {} };
    world.stub.isHeld = true;
    world.stub.deployments.push(locking);
    const attempt = recreate(at, target);
    await delay(60);
    world.stub.deployments = [];
    world.stub.isHeld = false;
    expect(await attempt).toMatchObject({ revision: target.revision });
    expect(world.stub.changes.filter((change) => change.endsWith(`/tasks/${at.uid}`))).toHaveLength(1);
  });

  test('locked for long: the task is ended all the same, without force, and what comes instead is taken away', async () => {
    const target = await staged(2);
    const at = await world.at(1);
    await world.pullOut(at);
    await open(target);
    const old = `${FOLDER}/${target.previous.revision}`;
    const lock = setInterval(() => {
      world.stub.deployments = [{ id: 'other', affectedApps: [old], before: {} }];
    }, 1);
    world.stub.deployments.push({ id: 'other', affectedApps: [old], before: {} });
    world.stub.isHeld = true;
    const attempt = recreate(at, target);
    await delay(1_000);
    world.stub.isHeld = false;
    const born = await attempt;
    clearInterval(lock);
    world.stub.deployments = [];
    await close();
    expect(born).toMatchObject({ revision: target.revision });
    expect((await world.seen()).instances[1]?.uid).toBe(born.uid);
    const [low] = (await world.seen()).instances;
    await world.pullIn({ ...at, uid: born.uid });
    await world.pullIn(await world.anew({ set: SET, member: low?.member ?? '', uid: low?.uid ?? '' }, target));
    await settle(target.revision);
    expect(appsOf()).toEqual({ [`${FOLDER}/${target.revision}`]: 2 });
    expect(await world.seen()).toMatchObject({ settled: true });
  });

  test('a kill of a task that vanished is resolved by looking: 404, or 200 for nothing', async () => {
    for (const refuse of [
      [404, { message: `Path '${FOLDER}' does not exist` }],
      [200, {}],
    ] as [number, object][]) {
      await fresh();
      const target = await staged(1);
      const at = await world.at(0);
      await world.pullOut(at);
      await open(target);
      // The task ends by itself just before it is ended; Marathon has not launched another one yet.
      let asked = 0;
      const guard = (): Promise<void> => {
        if (++asked === 3) {
          world.stub.isHeld = true;
          world.stub.end(at.uid);
          world.stub.refuse = refuse;
        }
        if (asked === 4) world.stub.isHeld = false;
        return Promise.resolve();
      };
      expect(await recreate(at, target, guard)).toMatchObject({ revision: target.revision });
      expect(appsOf()[`${FOLDER}/${target.revision}`]).toBe(1);
    }
  });
});

describe('instances that do not start', () => {
  const begun = async (count: number): Promise<{ target: StagedRevision; at: MemberAt }> => {
    await world.standing(count);
    const target = await world.stage('v2');
    const at = await world.at(0);
    await world.pullOut(at);
    await open(target);
    return { target, at };
  };
  const back = async (target: StagedRevision): Promise<void> => {
    const born = await world.anew(await world.at(0), target.previous);
    await world.pullIn(born);
    await unstage();
    expect(await world.seen()).toMatchObject({ settled: true, currentRevision: target.previous.revision });
    expect(Object.keys(appsOf())).toHaveLength(1);
    expect(world.stub.deployments).toEqual([]);
  };

  test('no agent takes it: said with the reasons of the queue; the undo takes the stuck deployment back', async () => {
    const { target, at } = await begun(2);
    world.stub.unschedulable.add(`${FOLDER}/${target.revision}`);
    const waiting = patience();
    const told: string[] = [];
    const heard = { ...waiting, heartbeat: (what: string) => void told.push(what) };
    const { code, message } = await codeOf(world.azSets.recreate(at, target, openGuard(), heard));
    expect(code).toBe('INSTANCE_UNSCHEDULABLE');
    expect(message).toContain('UnfulfilledConstraint 3 of 3');
    const [empty] = (await world.seen()).instances;
    expect(empty).toMatchObject({ uid: `none:${target.revision}`, running: false, address: null });
    await close();
    await back(target);
    expect(told.some((what) => what.includes(`to run ${target.revision}`))).toBe(true);
  });

  test('one that does not start keeps no other from starting: it gets an app of its own beside', async () => {
    const { target, at } = await begun(2);
    const stuck = `${FOLDER}/${target.revision}`;
    world.stub.unschedulable.add(stuck);
    await codeOf(recreate(at, target));
    const next = await world.at(1);
    await world.pullOut(next);
    expect(await recreate(next, target)).toMatchObject({ revision: target.revision, running: true });
    expect(appsOf()).toMatchObject({ [stuck]: 1, [`${stuck}-2`]: 1 });
    await close();
    const members = await Promise.all([0, 1].map((n) => world.at(n)));
    for (const one of members) await world.pullIn(await world.anew(one, target.previous));
    await unstage();
    expect(await world.seen()).toMatchObject({ settled: true, desired: 2 });
    expect(Object.values(appsOf())).toEqual([2]);
  });

  test.each([
    ['CONTAINER_CRASHING', 'Container exited with status 1'],
    ['IMAGE_PULL_FAILED', "Failed to run 'docker -H unix:///var/run/docker.sock pull x': manifest unknown"],
  ])('%s: said once it lasts, and shown; going back works', async (code, message) => {
    const { target, at } = await begun(2);
    world.stub.failing.set(`${FOLDER}/${target.revision}`, message);
    const failed = await codeOf(recreate(at, target));
    expect(failed.code).toBe(code);
    expect(failed.message).toContain(at.member);
    // What fails again waits for its next start.
    expect(world.stub.changes.filter((change) => change.startsWith('DELETE /v2/queue'))).toHaveLength(1);
    expect((await world.seen()).instances[0]?.trouble).toMatchObject({ code, verdict: 'failed' });
    await close();
    await back(target);
  });

  test('an old version whose tasks failed before is brought back at once', async () => {
    const { target, at } = await begun(2);
    const old = `${FOLDER}/${target.previous.revision}`;
    const born = await recreate(at, target);
    world.stub.delays.set(old, 300);
    await open(target.previous);
    world.stub.forget();
    const again = await recreate({ ...at, uid: born.uid }, target.previous);
    expect(again).toMatchObject({ revision: target.previous.revision, running: true });
    expect(world.stub.changes).toContain(`DELETE /v2/queue${old}/delay`);

    // The other one ended by itself, and its place is gone back on.
    world.stub.delays.set(old, 300);
    world.stub.end((await world.at(1)).uid);
    const vacant = await world.at(1);
    expect(vacant.uid).toBe(`none:${target.previous.revision}`);
    expect(await recreate(vacant, target.previous)).toMatchObject({ running: true });
  });

  test.each([
    ['unreachable_tasks', 'TASK_UNREACHABLE'],
    ['unreachable_tasks', 'TASK_LOST'],
    ['tasks', 'TASK_LOST'],
  ])('a task that the master lost sight of has not ended: in %s, %s', async (list, state) => {
    let unreachable: string[] = [];
    const master = await startSmallServer(() => {
      const tasks = unreachable.map((value) => ({ task_id: { value }, state }));
      return [200, { get_tasks: { tasks: [], unreachable_tasks: [], [list]: tasks } }];
    });
    try {
      await fresh([master.url]);
      const { target, at } = await begun(2);
      unreachable = [at.uid];
      const { code, message } = await codeOf(recreate(at, target));
      expect([code, message]).toEqual(['CONTROLLER_STALLED', expect.stringContaining(at.uid)]);
      expect(appsOf()[`${FOLDER}/${target.revision}`]).toBe(0);
      // Nor is another one started in its place by what others do, forward or back.
      const next = await world.at(1);
      await world.pullOut(next);
      await recreate(next, target);
      await close();
      expect(appsOf()[`${FOLDER}/${target.revision}`]).toBe(1);
      await open(target.previous);
      expect(await codeOf(recreate(await world.at(0), target.previous))).toMatchObject({ code: 'CONTROLLER_STALLED' });
      expect(appsOf()[`${FOLDER}/${target.previous.revision}`]).toBe(0);
      unreachable = [];
      expect(await recreate(at, target.previous)).toMatchObject({ revision: target.previous.revision, running: true });
    } finally {
      await master.stop();
    }
  });

  test('it lives while it waits, and ends at once when told to', async () => {
    const { target, at } = await begun(1);
    world.stub.isHeld = true;
    const waiting = patience();
    const attempt = world.azSets.recreate(at, target, openGuard(), waiting);
    await delay(100);
    waiting.abort(new Error('cancelled'));
    await expect(attempt).rejects.toThrow('cancelled');
    expect(waiting.beats.length).toBeGreaterThan(0);
    world.stub.isHeld = false;
  });
});

describe('settle', () => {
  test('an instance that failed before is waited for, and not for long', async () => {
    await world.standing(2);
    const { currentRevision } = await world.seen();
    world.stub.delays.set(`${FOLDER}/${currentRevision}`, 300);
    world.stub.end((await world.at(0)).uid);
    await settle(currentRevision);
    expect(await world.seen()).toMatchObject({ settled: true });
    world.stub.delays.set(`${FOLDER}/${currentRevision}`, 300);
    await world.azSets.resize(SET, 3, openGuard(), patience());
    expect(await world.seen()).toMatchObject({ settled: true, desired: 3 });
  });

  test('places that are not on the revision are named', async () => {
    await world.standing(2);
    const target = await world.stage('v2');
    await world.pullIn(await world.anew(await world.at(1), target));
    const { code, message } = await codeOf(settle(target.revision));
    expect(code).toBe('INSTANCE_REPLACED');
    expect(message).toContain('shop-web-az-1-0');
    expect(await codeOf(unstage())).toMatchObject({ code: 'REVISION_IN_USE' });
    expect(await codeOf(settle(target.previous.revision))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
  });

  test('survives the loss of any answer, and every change is guarded', async () => {
    const prepare = async (): Promise<StagedRevision> => {
      await fresh();
      await world.standing(1);
      const target = await world.stage('v2');
      await world.pullIn(await world.anew(await world.at(0), target));
      world.stub.forget();
      return target;
    };
    const golden = await prepare();
    await settle(golden.revision);
    const { length } = world.stub.changes;
    for (let n = 0; n < length; n++) {
      const target = await prepare();
      world.stub.loseAnswer = n;
      expect(await codeOf(settle(target.revision))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
      await settle(target.revision);
      expect(await world.seen()).toMatchObject({ settled: true });
      expect(Object.keys(appsOf())).toHaveLength(1);
    }
    const { revision } = await prepare();
    await eachChangeGuarded(
      world.link,
      () => Promise.resolve(),
      (_, guard) => world.azSets.settle(SET, revision, guard, patience()),
    );
  });
});

describe('resize', () => {
  const resize = (count: number, guard: Guard = openGuard()) => world.azSets.resize(SET, count, guard, patience());
  const enlarge = async (count: number, guard?: Guard): Promise<void> => {
    const { currentRevision: revision } = await world.seen();
    await open({ revision, images: {} });
    await resize(count, guard);
    await close();
  };
  const reduce = async (count: number, guard?: Guard): Promise<void> => {
    const { instances } = await world.seen();
    for (const { member, uid } of instances.slice(count)) await world.pullOut({ set: SET, member, uid });
    await resize(count, guard);
  };

  test('what comes is out of traffic; what goes is the last, once it is out; to nothing and back', async () => {
    await world.standing(2);
    const before = await world.seen();
    await enlarge(4);
    const { instances, desired } = await world.seen();
    expect(desired).toBe(4);
    expect(instances.slice(0, 2)).toEqual(before.instances);
    expect(instances.slice(2).map(({ outBy }) => outBy)).toEqual([{ release: 'made anew' }, { release: 'made anew' }]);
    for (const { member, uid } of instances.slice(2)) await world.pullIn({ set: SET, member, uid });
    expect(await world.seen()).toMatchObject({ settled: true });
    expect(await codeOf(resize(2))).toMatchObject({ code: 'INSTANCE_REPLACED' });
    await reduce(2);
    expect(await world.seen()).toEqual(before);
    await reduce(0);
    expect((await world.seen()).instances).toEqual([]);
    await enlarge(2);
    expect((await world.seen()).instances).toHaveLength(2);
    world.stub.forget();
    await resize(2);
    expect(world.stub.changes).toEqual([]);
    expect(await world.azSets.scaler(SET)).toBeNull();
  });

  test('dead before any change: it finishes when repeated, or goes back', async () => {
    for (const count of [3, 1]) {
      const to = count === 3 ? enlarge : reduce;
      await eachDeath(
        async () => {
          await fresh();
          await world.standing(2);
        },
        (_, guard) => to(count, guard),
        async () => {
          await to(count);
          expect(await world.seen()).toMatchObject({ desired: count });
          expect((await world.seen()).instances).toHaveLength(count);
          expect(world.stub.starts).toHaveLength(count === 3 ? 1 : 0);
        },
      );
    }
    await eachDeath(
      async () => {
        await fresh();
        await world.standing(2);
      },
      (_, guard) => enlarge(3, guard),
      async () => {
        await close();
        await reduce(2);
        expect(await world.seen()).toMatchObject({ desired: 2, settled: true });
      },
    );
  });

  test('nothing is made of what somebody else wrote', async () => {
    await world.standing(1);
    const id = `${FOLDER}/${(await world.seen()).currentRevision}`;
    const app = world.stub.apps.get(id);
    if (app === undefined) throw new Error('no app');
    world.stub.apps.set(id, { ...app, cmd: 'sleep 1' });
    expect(await codeOf(resize(2))).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
  });
});

describe('fence', () => {
  const fence = (mark = 'rep-1/2/7', guard: Guard = openGuard()) => world.azSets.fence(SET, mark, guard, patience());
  /** Writes the fence when the first change of `act` has been sent: `act` has to ask its guard again, and is refused. */
  const shutOut = async (act: (guard: Guard) => Promise<unknown>): Promise<void> => {
    const refusal = new Error('a later operation owns the group');
    let shut = false;
    world.stub.beforeChange = async () => {
      // From another process: this one's own turn is held by `act`.
      const other = await marathonAgain();
      await other.fence();
      shut = true;
    };
    await expect(act(() => (shut ? Promise.reject(refusal) : Promise.resolve()))).rejects.toBe(refusal);
  };
  let step = 10;
  const marathonAgain = async (): Promise<{ fence: () => Promise<void> }> => {
    const { openMarathonCluster } = await import('../../../src/drivers/marathon/cluster.ts');
    const { marathonAzSetDriver } = await import('../../../src/drivers/azset/marathon/index.ts');
    const cluster = openMarathonCluster({ name: 'north-m', urls: [world.stub.url], network: 'routable' });
    const driver = marathonAzSetDriver({ cluster, imageHost: 'registry.north:5000' });
    return {
      fence: async () => {
        await driver.fence(SET, `rep-1/2/${String(step++)}`, openGuard(), patience());
        await cluster.close();
      },
    };
  };

  test('what was computed before it comes to nothing: out, in, open, anew, close, resize, remove', async () => {
    await world.standing(2);
    const target = await world.stage('v2');
    const at = await world.at(1);
    await shutOut((guard) => world.pullOut(at, guard));
    expect((await world.seen()).instances[1]).toMatchObject({ inService: true });
    await world.pullOut(at);
    await shutOut((guard) => world.traffic.pullIn(at, 'release', guard, patience()));
    await shutOut((guard) => world.azSets.open(SET, target, guard, patience()));
    await open(target);
    await shutOut((guard) => world.azSets.recreate(at, target, guard, patience()));
    expect((await world.seen()).instances[1]).toMatchObject({ uid: at.uid, terminating: false });
    await shutOut((guard) => world.azSets.close(SET, guard, patience()));
    await shutOut((guard) => world.azSets.resize(SET, 3, guard, patience()));
    await shutOut((guard) => world.azSets.remove(SET, GROUP, guard, patience()));
    expect((await world.seen()).instances).toHaveLength(2);
  });

  test('nothing else changes; the same mark, and a set that is not there, are no change; guarded', async () => {
    await world.standing(2);
    const before = await world.seen();
    await fence();
    expect(await world.seen()).toEqual(before);
    world.stub.forget();
    await fence();
    await world.azSets.fence({ ...SET, name: 'absent' }, 'm', openGuard(), patience());
    expect(world.stub.changes).toEqual([]);
    await eachChangeGuarded(
      world.link,
      () => Promise.resolve(),
      (_, guard) => fence('rep-1/2/8', guard),
    );
    await eachAnswerLost(
      world.link,
      () => Promise.resolve(`rep-1/3/${String(Math.random())}`),
      (mark) => fence(mark),
      async () => expect(await world.seen()).toEqual(before),
    );
  });

  test('a record that arrives late, under a number of the past, does not count', async () => {
    await world.standing(1);
    const [first = ''] = records();
    const late = world.stub.apps.get(first);
    await fence('a');
    await fence('b');
    if (late === undefined) throw new Error('no record');
    world.stub.apps.set(first, late);
    world.stub.forget();
    expect(await world.seen()).toMatchObject({ settled: true });
    await fence('c');
    expect(records()).toEqual([`${FOLDER}/record-4`]);
  });
});

describe('taken over, left, converted', () => {
  const examine = (spec = specOf('v1')) => world.azSets.examine(SET, GROUP, spec);
  const adopt = (spec = specOf('v1')) => world.azSets.adopt(SET, GROUP, spec, openGuard(), patience());

  test('left, it is an app of Marathon as before; what we left can be taken over again', async () => {
    await world.standing(2);
    await world.stage('v2');
    expect(await codeOf(world.azSets.detach(SET, openGuard(), patience()))).toMatchObject({ code: 'SET_NOT_AT_REST' });
    await unstage();
    world.stub.forget();
    await world.azSets.detach(SET, openGuard(), patience());
    expect(await world.azSets.observe([SET])).toEqual([null]);
    expect([world.stub.tasks.length, world.stub.starts.length]).toEqual([2, 0]);
    await world.azSets.detach(SET, openGuard(), patience());
    expect(await examine()).toEqual({ count: 2, difference: { change: 'none', reasons: [] } });
    await adopt();
    expect(await world.seen()).toMatchObject({ settled: true, desired: 2 });
    world.stub.forget();
    await adopt();
    expect(world.stub.changes).toEqual([]);
    expect(await examine(specOf('v2'))).toMatchObject({ count: 2, difference: { change: 'recreate' } });
  });

  test('what somebody else made cannot be: labels restart all of its tasks', async () => {
    expect(await codeOf(examine())).toMatchObject({ code: 'NOT_FOUND' });
    world.stub.apps.set(`${FOLDER}/web`, { id: `${FOLDER}/web`, instances: 2, labels: {} });
    for (const act of [() => examine(), () => adopt()]) {
      const { code, message } = await codeOf(act());
      expect(code).toBe('CLUSTER_UNABLE');
      expect(message).toContain(`${FOLDER}/web`);
    }
    world.stub.apps.clear();
    await world.standing(1);
    const other = world.azSets.adopt(SET, { ...GROUP, group: 'other' }, specOf('v1'), openGuard(), patience());
    expect(await codeOf(other)).toMatchObject({ code: 'FOREIGN_TEMPLATE' });
  });

  test('there are no ordered sets', async () => {
    await world.standing(1);
    const saved = await world.azSets.save(SET, patience());
    expect(saved).toMatchObject({ management: 'parallel', count: 1, revision: (await world.seen()).currentRevision });
    const convert = (to: 'parallel' | 'ordered') => world.azSets.convert(SET, saved, to, openGuard(), patience());
    await convert('parallel');
    expect(await codeOf(convert('ordered'))).toMatchObject({ code: 'CLUSTER_UNABLE' });
    await world.stage('v2');
    expect(await codeOf(world.azSets.save(SET, patience()))).toMatchObject({ code: 'SET_NOT_AT_REST' });
    await world.azSets.prePull(SET, [], [], patience());
  });
});
