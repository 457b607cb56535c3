import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue, OperationInstance } from '../../src/catalogue/types.ts';
import { BY_ALICE, createRelease, layout, SHOP_WEB, spec } from '../support/catalogue.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let catalogue: Catalogue;
let url: string;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.database('catalogue');
  catalogue = await openCatalogue(url);
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});

describe('apps', () => {
  const definition = {
    app: 'shop',
    groups: [
      {
        name: 'web',
        environment: 'pro',
        placement: [{ cluster: 'north-1', az: 'az-1', instances: 2 }],
        images: { web: 'shop/web' },
        health: spec('v1').health,
        ports: spec('v1').ports,
        traffic: ['service'],
        template: { spec: { containers: [{ name: 'web', args: ['--quiet'] }] } },
      },
    ],
  };

  test('an equal definition changes nothing; another one makes the next revision', async () => {
    expect(await catalogue.apps.get('shop')).toBeNull();
    expect(await catalogue.apps.apply(definition, BY_ALICE)).toEqual({ revision: 1, changed: true });
    const reordered = { groups: definition.groups, app: definition.app };
    expect(await catalogue.apps.apply(reordered, { name: 'bob', channel: 'rest' })).toEqual({
      revision: 1,
      changed: false,
    });
    expect(await catalogue.apps.get('shop')).toMatchObject({ definition, revision: 1, appliedBy: 'alice' });

    const owned = { ...definition, owner: 'shop-team' };
    expect(await catalogue.apps.apply(owned, { name: 'bob', channel: 'rest' })).toEqual({ revision: 2, changed: true });
    expect(await catalogue.apps.get('shop')).toMatchObject({ definition: owned, revision: 2, appliedBy: 'bob' });
    const [row] = await catalogue.apps.list();
    expect(row).toMatchObject({ name: 'shop', revision: 2 });
    expect(new Date(row?.appliedAt ?? '').toISOString()).toBe(row?.appliedAt);
  });

  test('people who apply at once get revisions one after the other', async () => {
    const applied = await Promise.all(
      Array.from({ length: 10 }, (_, at) =>
        catalogue.apps.apply({ ...definition, app: 'busy', owner: `team-${at}` }, BY_ALICE),
      ),
    );
    expect(applied.map(({ revision }) => revision).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });
});

describe('groups', () => {
  test('a group is created once, with its sets and instances in order', async () => {
    expect(await catalogue.groups.get(SHOP_WEB)).toBeNull();
    const { azSets, instances } = layout(SHOP_WEB, 2, 1);
    const [first, second] = await Promise.all([
      catalogue.groups.ensure(SHOP_WEB, azSets, instances),
      catalogue.groups.ensure(SHOP_WEB, azSets, instances),
    ]);
    expect(first).toEqual({
      ref: SHOP_WEB,
      released: null,
      azSets,
      instances: instances.map((instance) => ({ ...instance, address: null, uid: null })),
    });
    expect(second).toEqual(first);
    expect(await catalogue.groups.ensure(SHOP_WEB, [], [])).toEqual(first);
    expect(await catalogue.groups.get(SHOP_WEB)).toEqual(first);
    expect(await catalogue.groups.ofApp('pro', 'shop')).toEqual([first]);
    expect(await catalogue.groups.ofApp('uat', 'shop')).toEqual([]);
  });

  test('a group whose set another group has already is refused, and nothing of it stays', async () => {
    const { azSets, instances } = layout(SHOP_WEB, 2, 1);
    const other = { ...SHOP_WEB, group: 'other' };
    await expect(catalogue.groups.ensure(other, azSets, instances)).rejects.toMatchObject({
      code: 'APP_INVALID',
      message: expect.stringContaining('shop-web-az-1, shop-web-az-2') as string,
    });
    expect(await catalogue.groups.get(other)).toBeNull();
    expect((await catalogue.groups.get(SHOP_WEB))?.instances).toHaveLength(3);
  });

  test('specs are numbered per group; the same content again is the same spec', async () => {
    const added = await Promise.all(
      ['v1', 'v1', 'v1'].map((version) => catalogue.groups.addSpec(SHOP_WEB, spec(version))),
    );
    expect(added).toEqual(Array.from({ length: 3 }, () => ({ number: 1, ...spec('v1') })));
    expect(await catalogue.groups.addSpec(SHOP_WEB, spec('v2'))).toMatchObject({ number: 2, version: 'v2' });
    expect(await catalogue.groups.addSpec(SHOP_WEB, spec('v1'))).toMatchObject({ number: 1, version: 'v1' });
    expect(await catalogue.groups.spec(SHOP_WEB, 2)).toEqual({ number: 2, ...spec('v2') });
    expect(await catalogue.groups.spec(SHOP_WEB, 3)).toBeNull();

    await catalogue.groups.setReleased(SHOP_WEB, 2);
    expect((await catalogue.groups.get(SHOP_WEB))?.released).toEqual({ number: 2, ...spec('v2') });
    await expect(catalogue.groups.setReleased(SHOP_WEB, 9)).rejects.toMatchObject({ code: 'GROUP_UNKNOWN' });
    const nowhere = { ...SHOP_WEB, group: 'nowhere' };
    await expect(catalogue.groups.addSpec(nowhere, spec('v1'))).rejects.toMatchObject({ code: 'GROUP_UNKNOWN' });
  });

  test('what instances were seen to hold is noted', async () => {
    await catalogue.groups.noteInstances(SHOP_WEB, [
      { member: 'shop-web-az-2-0', uid: 'uid-1', address: '10.1.2.3' },
      { member: 'no-such-member', uid: 'uid-2', address: null },
    ]);
    const seen = (await catalogue.groups.get(SHOP_WEB))?.instances.map(({ name, uid, address }) => ({
      name,
      uid,
      address,
    }));
    expect(seen).toEqual([
      { name: 'web-0', uid: null, address: null },
      { name: 'web-1', uid: 'uid-1', address: '10.1.2.3' },
      { name: 'web-2', uid: null, address: null },
    ]);
  });
});

describe('operations', () => {
  const progress = (name: string, change: Partial<OperationInstance> = {}): OperationInstance => ({
    ...{ name, index: Number(name.slice(4)), idc: 'north', az: 'az-1', batch: 1, phase: 'pending', trouble: null },
    ...change,
  });

  test('a release and its group operations appear together, once', async () => {
    const { release, group } = await createRelease(catalogue, 'rel-1');
    await createRelease(catalogue, 'rel-1');
    expect(await catalogue.operations.get(release)).toMatchObject({
      id: 'rel-1',
      kind: 'releaseApp',
      root: 'rel-1',
      group: null,
      state: 'PENDING',
      waiting: '',
      trouble: null,
      input: { some: ['input'] },
      instances: [],
      actor: BY_ALICE,
      startedAt: null,
      endedAt: null,
    });
    expect((await catalogue.operations.children(release)).map(({ id }) => id)).toEqual([group]);
    expect(await catalogue.operations.get('rel-0')).toBeNull();

    expect(await catalogue.operations.get(group)).toMatchObject({ final: false });
    await catalogue.operations.setFinal([release, group]);
    await catalogue.operations.setFinal([release, group]);
    expect(await catalogue.operations.get(release)).toMatchObject({ final: true });
    expect(await catalogue.operations.get(group)).toMatchObject({ final: true });
  });

  test('a terminal state is never left', async () => {
    const { release } = await createRelease(catalogue, 'rel-2');
    await catalogue.operations.markStarted(release);
    await catalogue.operations.setState(release, { state: 'BAKING', waiting: 'web-0 to ignite\0', trouble: null });
    expect(await catalogue.operations.get(release)).toMatchObject({
      state: 'BAKING',
      waiting: 'web-0 to ignite\uFFFD',
      endedAt: null,
    });
    const trouble = { verdict: 'failed', code: 'IGNITION_FAILED', message: '527' } as const;
    await catalogue.operations.setState(release, { state: 'FAILURE', waiting: '', trouble });
    const ended = await catalogue.operations.get(release);
    expect(ended).toMatchObject({ state: 'FAILURE', trouble });
    expect(ended?.endedAt).not.toBeNull();

    await catalogue.operations.setState(release, { state: 'ROLLING_OUT', waiting: 'late', trouble: null });
    await catalogue.operations.setState(release, { state: 'SUCCESS', waiting: 'late', trouble: null });
    expect(await catalogue.operations.get(release)).toEqual(ended);
    await expect(
      catalogue.operations.setState('rel-none', { state: 'BAKING', waiting: '', trouble: null }),
    ).rejects.toMatchObject({ code: 'OPERATION_UNKNOWN' });
  });

  test('progress of instances is merged by name, in parallel', async () => {
    const { group } = await createRelease(catalogue, 'rel-3');
    await catalogue.operations.setInstances(
      group,
      ['web-2', 'web-0', 'web-1'].map((name) => progress(name)),
    );
    const trouble = { verdict: 'errored', code: 'CLUSTER_UNREACHABLE', message: 'no answer' } as const;
    await Promise.all([
      catalogue.operations.setInstances(group, [
        progress('web-1', { phase: 'out' }),
        progress('web-0', { batch: 0, phase: 'done' }),
      ]),
      catalogue.operations.setInstances(group, [progress('web-2', { phase: 'errored', trouble })]),
    ]);
    expect((await catalogue.operations.get(group))?.instances).toEqual([
      progress('web-0', { batch: 0, phase: 'done' }),
      progress('web-1', { phase: 'out' }),
      progress('web-2', { phase: 'errored', trouble }),
    ]);
    await catalogue.operations.setInstances(group, []);
    await expect(catalogue.operations.setInstances('rel-none', [progress('web-0')])).rejects.toMatchObject({
      code: 'OPERATION_UNKNOWN',
    });
  });

  test('lists are latest first and filtered; releases that never started are found', async () => {
    await createRelease(catalogue, 'rel-4', { env: 'uat', app: 'books', group: 'web' });
    const ids = async (filter: Parameters<Catalogue['operations']['list']>[0]): Promise<string[]> =>
      (await catalogue.operations.list(filter)).map(({ id }) => id);
    expect(await ids({ limit: 2 })).toEqual(['rel-4.web', 'rel-4']);
    expect(await ids({ kind: 'releaseApp', limit: 50 })).toEqual(['rel-4', 'rel-3', 'rel-2', 'rel-1']);
    expect(await ids({ kind: 'releaseApp', app: 'shop', env: 'pro', live: true, limit: 50 })).toEqual([
      'rel-3',
      'rel-1',
    ]);
    expect(await ids({ live: false, limit: 50 })).toEqual(['rel-2']);

    expect((await catalogue.operations.unstarted('transship', 0)).map(({ id }) => id)).toEqual([
      'rel-1',
      'rel-3',
      'rel-4',
    ]);
    expect(await catalogue.operations.unstarted('transship', 60)).toEqual([]);
    expect(await catalogue.operations.unstarted('another', 0)).toEqual([]);
    await catalogue.operations.markStarted('rel-1');
    const startedAt = (await catalogue.operations.get('rel-1'))?.startedAt;
    await catalogue.operations.markStarted('rel-1');
    expect((await catalogue.operations.get('rel-1'))?.startedAt).toBe(startedAt);
    expect((await catalogue.operations.unstarted('transship', 0)).map(({ id }) => id)).toEqual(['rel-3', 'rel-4']);
  });

  test('a release of a group that another live one is to work on is refused, unless that one was passed', async () => {
    const ref = { env: 'uat', app: 'contended', group: 'web' };
    const input = { env: ref.env, app: ref.app, version: 'v2', input: {}, actor: BY_ALICE };
    const workflowId = 'group/uat/contended/web';
    const create = (root: string, passed: string[]) =>
      catalogue.operations.create(
        [
          { ...input, id: root, root, kind: 'releaseApp', group: null, workflowId: `release/${root}` },
          { ...input, id: `${root}.web`, root, kind: 'releaseGroup', group: 'web', workflowId },
        ],
        { passed },
      );
    const ends = await Promise.allSettled(['rel-a', 'rel-b', 'rel-c'].map((root) => create(root, [])));
    expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
    const live = await catalogue.operations.list({ app: ref.app, kind: 'releaseApp', limit: 10 });
    expect(live).toHaveLength(1);
    const [winner = ''] = live.map(({ id }) => id);
    const refused = ends.flatMap((end) => (end.status === 'rejected' ? [end.reason as unknown] : []));
    for (const error of refused) {
      expect(error).toMatchObject({
        code: 'GROUP_BUSY',
        message: `uat/contended/web is to be released by ${winner} (v2)`,
      });
    }

    await create(winner, []);
    await create('rel-d', [winner]);
    for (const root of [winner, 'rel-d'])
      await catalogue.operations.setState(`${root}.web`, { state: 'SUCCESS', waiting: '', trouble: null });
    await create('rel-e', []);
    expect(await catalogue.operations.list({ app: ref.app, kind: 'releaseApp', limit: 10 })).toHaveLength(3);
  });
});

describe('commands', () => {
  test('a command is written once and answered once', async () => {
    const row = {
      id: 'cmd-1',
      operation: 'rel-1',
      command: 'abort',
      actor: BY_ALICE,
      notAfter: '2030-01-01T00:00:00.000Z',
    } as const;
    await catalogue.commands.add(row);
    await catalogue.commands.add({ ...row, operation: 'rel-2' });
    expect(await catalogue.commands.get('cmd-1')).toEqual({ ...row, state: 'pending', answer: '' });
    await catalogue.commands.settle('cmd-1', 'accepted', 'aborting');
    await catalogue.commands.settle('cmd-1', 'refused', 'late');
    expect(await catalogue.commands.get('cmd-1')).toEqual({ ...row, state: 'accepted', answer: 'aborting' });
    expect(await catalogue.commands.get('cmd-2')).toBeNull();
  });
});

describe('idempotency keys', () => {
  test('of requests at once with one key, one goes on; the others get its answer', async () => {
    const keys = catalogue.idempotency;
    const reserved = await Promise.all(
      Array.from({ length: 8 }, (_, at) => keys.reserve('alice', 'key-1', 'hash', `rel-${at}`)),
    );
    const winner = reserved.find(({ fresh }) => fresh);
    expect(reserved.filter(({ fresh }) => fresh)).toHaveLength(1);
    for (const { operation, response } of reserved) expect([operation, response]).toEqual([winner?.operation, null]);

    await keys.complete('alice', 'key-1', { status: 202, body: ['ok'] });
    await keys.forget('alice', 'key-1');
    expect(await keys.reserve('alice', 'key-1', 'hash', 'rel-9')).toEqual({
      fresh: false,
      operation: winner?.operation,
      response: { status: 202, body: ['ok'] },
    });
    await expect(keys.reserve('alice', 'key-1', 'other hash', 'rel-9')).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
    });
    expect(await keys.reserve('bob', 'key-1', 'other hash', 'rel-9')).toMatchObject({ fresh: true });
  });

  test('a key is not free while another request still works under it', async () => {
    const keys = catalogue.idempotency;
    await keys.reserve('alice', 'key-3', 'hash', 'rel-1');
    await keys.reserve('alice', 'key-3', 'hash', 'rel-2');
    await keys.forget('alice', 'key-3');
    expect(await keys.reserve('alice', 'key-3', 'hash', 'rel-3')).toMatchObject({ fresh: false, operation: 'rel-1' });
    await keys.forget('alice', 'key-3');
    await keys.forget('alice', 'key-3');
    expect(await keys.reserve('alice', 'key-3', 'hash', 'rel-4')).toMatchObject({ fresh: true, operation: 'rel-4' });
  });

  test('keys of long ago are forgotten, answered or not, and new from then on', async () => {
    const keys = catalogue.idempotency;
    await keys.reserve('alice', 'old-1', 'hash', 'rel-1');
    await keys.complete('alice', 'old-1', 'done');
    await keys.reserve('alice', 'old-2', 'hash', 'rel-1');
    await query(url, `UPDATE idempotency_keys SET created_at = now() - interval '31 days' WHERE key LIKE 'old-%'`);
    await keys.reserve('alice', 'new-1', 'hash', 'rel-1');
    expect(await keys.prune(30)).toBe(2);
    expect(await keys.prune(30)).toBe(0);
    expect(await keys.reserve('alice', 'old-1', 'other hash', 'rel-2')).toMatchObject({ fresh: true });
    expect(await keys.reserve('alice', 'new-1', 'hash', 'rel-2')).toMatchObject({ fresh: false });
  });

  test('a key that was given back is free', async () => {
    const keys = catalogue.idempotency;
    await keys.reserve('alice', 'key-2', 'hash', 'rel-1');
    await keys.forget('alice', 'key-2');
    expect(await keys.reserve('alice', 'key-2', 'other hash', 'rel-2')).toEqual({
      fresh: true,
      operation: 'rel-2',
      response: null,
    });
  });
});

test('a group follows the size of its sets: instances go and come, the others stay who they are', async () => {
  const ref = { ...SHOP_WEB, app: 'sized' };
  const { azSets, instances } = layout(ref, 2, 2);
  await catalogue.groups.ensure(ref, azSets, instances);
  await catalogue.groups.noteInstances(ref, [{ member: instances[0]?.member ?? '', uid: 'u-0', address: '10.0.0.1' }]);
  const [first, last] = [instances[0], instances.at(-1)];
  if (first === undefined || last === undefined) throw new Error('no instances');
  const born = { ...first, index: 9, name: 'web-9', member: `${first.azSet.name}-9` };
  const kept = instances.filter((instance) => instance !== last);
  const counts = azSets.map((set) => ({
    ...set,
    count: [...kept, born].filter(({ azSet }) => azSet.name === set.name).length,
  }));
  await catalogue.groups.resize(ref, counts, [...kept, born]);
  await catalogue.groups.resize(ref, counts, [...kept, born]);
  const group = await catalogue.groups.get(ref);
  expect(group?.instances.map(({ name }) => name)).toEqual([...kept.map(({ name }) => name), 'web-9']);
  expect(group?.instances[0]).toMatchObject({ uid: 'u-0', address: '10.0.0.1' });
  expect(group?.azSets.map(({ count }) => count)).toEqual(counts.map(({ count }) => count));
});

describe('versions that are held back', () => {
  test('are disabled once, by whoever came first, until they are enabled', async () => {
    const { versions } = catalogue;
    const row = { app: 'shop', version: 'v9', operation: 'rel-1.web', reason: 'orders fail', actor: BY_ALICE };
    expect(await versions.disabled('shop', 'v9')).toBeNull();
    await versions.disable(row);
    await versions.disable({ ...row, operation: 'rel-1.api', reason: 'again' });
    expect(await versions.disabled('shop', 'v9')).toMatchObject(row);
    expect(await versions.disabled('other', 'v9')).toBeNull();
    expect(await versions.ofApp('shop')).toMatchObject([row]);
    expect(await versions.enable('shop', 'v9')).toBe(true);
    expect(await versions.enable('shop', 'v9')).toBe(false);
    expect(await versions.ofApp('shop')).toEqual([]);
  });
});
