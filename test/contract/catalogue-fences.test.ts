import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue } from '../../src/catalogue/types.ts';
import type { GroupRef } from '../../src/domain/types.ts';
import { createRelease, SHOP_WEB } from '../support/catalogue.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let url: string;
let catalogue: Catalogue;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.database('fences');
  catalogue = await openCatalogue(url);
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});

const groupOf = (group: string): GroupRef => ({ ...SHOP_WEB, group });
const code = (expected: string): object => ({ code: expected });

test('the holder passes the check at its epoch; nobody else does', async () => {
  const ref = groupOf('held');
  const { fences } = catalogue;
  expect(await fences.get(ref)).toBeNull();
  await expect(fences.check(ref, 'rel-1', 1)).rejects.toMatchObject(code('FENCE_LOST'));

  const { epoch } = await fences.claim(ref, 'rel-1');
  expect(await fences.claim(ref, 'rel-1')).toEqual({ epoch });
  expect(await fences.get(ref)).toEqual({ ref, holder: 'rel-1', epoch, dirty: false });
  await fences.check(ref, 'rel-1', epoch);
  await expect(fences.check(ref, 'rel-1', epoch + 1)).rejects.toMatchObject(code('FENCE_LOST'));
  await expect(fences.check(ref, 'rel-2', epoch)).rejects.toMatchObject(code('FENCE_LOST'));
  await expect(fences.check(groupOf('another'), 'rel-1', epoch)).rejects.toMatchObject(code('FENCE_LOST'));
  await expect(fences.claim(ref, 'rel-2')).rejects.toMatchObject({
    code: 'GROUP_BUSY',
    message: 'rel-1 holds pro/shop/held',
  });
  await fences.release(ref, 'rel-2', epoch, true);
  await fences.release(ref, 'rel-1', epoch + 1, true);
  expect(await fences.get(ref)).toEqual({ ref, holder: 'rel-1', epoch, dirty: false });
});

test('of claims at once one wins, and epochs only rise', async () => {
  const ref = groupOf('raced');
  const epochs: number[] = [];
  for (let round = 0; round < 5; round++) {
    const claims = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => catalogue.fences.claim(ref, `rel-${round}-${at}`)),
    );
    const won = claims.flatMap((claim) => (claim.status === 'fulfilled' ? [claim.value.epoch] : []));
    expect(won).toHaveLength(1);
    for (const claim of claims) {
      if (claim.status === 'rejected') expect(claim.reason).toMatchObject(code('GROUP_BUSY'));
    }
    const fence = await catalogue.fences.get(ref);
    epochs.push(...won);
    await catalogue.fences.release(ref, fence?.holder ?? '', fence?.epoch ?? 0, false);
    await expect(catalogue.fences.check(ref, fence?.holder ?? '', fence?.epoch ?? 0)).rejects.toMatchObject(
      code('FENCE_LOST'),
    );
  }
  expect(epochs).toEqual([...new Set(epochs)].toSorted((a, b) => a - b));
});

test('a dirty fence refuses late attempts and every claim but that of the operation that left it so', async () => {
  const ref = groupOf('dirty');
  const { fences } = catalogue;
  const { epoch } = await fences.claim(ref, 'rel-1');
  await fences.release(ref, 'rel-1', epoch, true);
  await fences.release(ref, 'rel-1', epoch, false); // a late repetition of the release does nothing
  expect(await fences.get(ref)).toMatchObject({ holder: 'rel-1', dirty: true });
  await expect(fences.check(ref, 'rel-1', epoch)).rejects.toMatchObject(code('FENCE_LOST'));
  await expect(fences.claim(ref, 'rel-2')).rejects.toMatchObject({
    code: 'GROUP_DIRTY',
    message: 'rel-1 left pro/shop/dirty half done',
  });

  const again = await fences.claim(ref, 'rel-1');
  expect(again.epoch).toBeGreaterThan(epoch);
  expect(await fences.claim(ref, 'rel-1')).toEqual(again);
  await fences.check(ref, 'rel-1', again.epoch);
  await fences.release(ref, 'rel-1', again.epoch, false);
  expect(await fences.get(ref)).toMatchObject({ holder: null, dirty: false });
  expect((await fences.claim(ref, 'rel-2')).epoch).toBeGreaterThan(again.epoch);

  const nameless = groupOf('nameless');
  await query(
    url,
    `INSERT INTO fences (env, app, group_name, epoch, dirty) VALUES ('pro', 'shop', 'nameless', 7, true)`,
  );
  await expect(fences.claim(nameless, 'rel-2')).rejects.toMatchObject(code('GROUP_DIRTY'));
});

test('a brake is told to whoever checks, for as long as it is on and by that operation alone', async () => {
  const ref = groupOf('braked');
  const { fences } = catalogue;
  const operation = async (id: string): Promise<string> => (await createRelease(catalogue, id, ref)).group;
  const mine = await operation('rel-braked');
  const other = await operation('rel-beside');
  const repair = await operation('rep-braked');
  const { epoch } = await fences.claim(ref, mine);
  expect(await fences.check(ref, mine, epoch)).toEqual({ braked: false });
  await fences.brake(other, true);
  expect(await fences.check(ref, mine, epoch)).toEqual({ braked: false });
  await fences.brake(mine, true);
  await fences.brake(mine, true);
  expect(await fences.check(ref, mine, epoch)).toEqual({ braked: true });
  expect(await fences.claim(ref, mine)).toEqual({ epoch });
  expect(await fences.check(ref, mine, epoch)).toEqual({ braked: true });
  await fences.brake(mine, false);
  expect(await fences.check(ref, mine, epoch)).toEqual({ braked: false });

  // Who takes it over, or comes after, begins without.
  await fences.brake(mine, true);
  const over = await fences.claim(ref, repair, mine);
  expect(await fences.check(ref, repair, over.epoch)).toEqual({ braked: false });
  await fences.brake(repair, true);
  await fences.release(ref, repair, over.epoch, false);
  const next = await fences.claim(ref, 'rel-3');
  expect(await fences.check(ref, 'rel-3', next.epoch)).toEqual({ braked: false });
});

test('an operation that has ended claims no more: its late attempt would hold the fence for ever', async () => {
  const ref = groupOf('late');
  const { group: operation } = await createRelease(catalogue, 'rel-late', ref);
  const { epoch } = await catalogue.fences.claim(ref, operation);
  await catalogue.operations.setState(operation, { state: 'SUCCESS', waiting: '', trouble: null });
  expect(await catalogue.fences.claim(ref, operation)).toEqual({ epoch });
  await catalogue.fences.release(ref, operation, epoch, false);
  await expect(catalogue.fences.claim(ref, operation)).rejects.toMatchObject(code('FENCE_LOST'));
  expect(await catalogue.fences.get(ref)).toMatchObject({ holder: null });
  await catalogue.fences.claim(ref, 'rel-next');
});

test('an attempt that was taken for dead changes nothing once a later one, or a later step, had its turn', async () => {
  const { fences } = catalogue;
  const ref = groupOf('turns');
  const { epoch } = await fences.claim(ref, 'rel-1');
  const turn = (activity: number, attempt: number) => ({ subject: 'web-1', activity, attempt });

  await fences.takeTurn('rel-1', turn(9, 1));
  await fences.takeTurn('rel-1', turn(9, 1));
  await fences.check(ref, 'rel-1', epoch, turn(9, 1));
  await fences.takeTurn('rel-1', { ...turn(12, 1), subject: 'web-2' });
  await fences.check(ref, 'rel-1', epoch, turn(9, 1));

  await fences.takeTurn('rel-1', turn(9, 2));
  await expect(fences.check(ref, 'rel-1', epoch, turn(9, 1))).rejects.toMatchObject(code('FENCE_LOST'));
  await expect(fences.takeTurn('rel-1', turn(9, 1))).rejects.toMatchObject(code('FENCE_LOST'));
  await fences.check(ref, 'rel-1', epoch, turn(9, 2));

  // The second attempt of an early step is late all the same when a later step has begun.
  await fences.takeTurn('rel-1', turn(10, 1));
  await expect(fences.check(ref, 'rel-1', epoch, turn(9, 2))).rejects.toMatchObject(code('FENCE_LOST'));
  await fences.check(ref, 'rel-1', epoch, turn(10, 1));
  await expect(fences.check(ref, 'rel-1', epoch + 1, turn(10, 1))).rejects.toMatchObject(code('FENCE_LOST'));
});

test('a check is one look into an index', async () => {
  await query(url, `INSERT INTO fences SELECT 'pro', 'app-' || n, 'web', 'rel', 1 FROM generate_series(1, 2000) n`);
  await query(url, 'ANALYZE fences');
  const plan = await query<{ 'QUERY PLAN': string }>(
    url,
    `EXPLAIN SELECT epoch FROM fences
      WHERE env = 'pro' AND app = 'shop' AND group_name = 'web' AND holder = 'rel-1' AND epoch = 1`,
  );
  expect(JSON.stringify(plan)).toMatch(/Index Scan using fences_pkey/);
});

test('whoever puts an operation right takes the fence from it, and from nobody else', async () => {
  const ref = groupOf('taken-over');
  const { fences } = catalogue;
  const { epoch } = await fences.claim(ref, 'rel-1');
  await expect(fences.claim(ref, 'repair-1', 'rel-0')).rejects.toMatchObject(code('GROUP_BUSY'));
  await fences.release(ref, 'rel-1', epoch, true);
  await expect(fences.claim(ref, 'repair-1', 'rel-0')).rejects.toMatchObject(code('GROUP_DIRTY'));

  const taken = await fences.claim(ref, 'repair-1', 'rel-1');
  expect(taken.epoch).toBeGreaterThan(epoch);
  // The answer was lost: the same again.
  expect(await fences.claim(ref, 'repair-1', 'rel-1')).toEqual(taken);
  expect(await fences.get(ref)).toEqual({ ref, holder: 'repair-1', epoch: taken.epoch, dirty: false });
  await expect(fences.claim(ref, 'repair-2', 'rel-1')).rejects.toMatchObject(code('GROUP_BUSY'));
  await expect(fences.check(ref, 'rel-1', epoch)).rejects.toMatchObject(code('FENCE_LOST'));

  await fences.release(ref, 'repair-1', taken.epoch, false);
  expect(await fences.get(ref)).toMatchObject({ holder: null, dirty: false });
  // A fence that its holder left without a word, clean as it looks, is taken over too.
  await fences.claim(ref, 'rel-2');
  await fences.claim(ref, 'repair-3', 'rel-2');
  expect(await fences.get(ref)).toMatchObject({ holder: 'repair-3' });
});
