import { afterAll, beforeAll, expect, test } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue, StageRow } from '../../src/catalogue/types.ts';
import { BY_ALICE } from '../support/catalogue.ts';
import { startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let catalogue: Catalogue;

beforeAll(async () => {
  postgres = await startPostgres();
  catalogue = await openCatalogue(await postgres.database('stages'));
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});

/** An operation that has begun, or not. */
async function operation(id: string, { begun = false } = {}): Promise<void> {
  const names = { env: 'fat → pro', app: 'shop', group: null, version: 'v2', workflowId: `release/${id}` };
  await catalogue.operations.create([
    { id, kind: 'releaseApp', root: id, ...names, input: {}, actor: BY_ALICE, namespace: 'here' },
  ]);
  if (begun) await catalogue.operations.markStarted(id);
}

const open = async (): Promise<string[]> =>
  (await catalogue.stages.open('here')).map(({ root, env }) => `${root} ${env}`);
const fat = (root: string): Pick<StageRow, 'root' | 'env' | 'attempt'> => ({ root, env: 'fat', attempt: 1 });
const trouble = { verdict: 'errored', code: 'GROUP_DIRTY', message: 'fat/shop/web' } as const;

test('what is asked for is open until it is accepted; asked again it is the same', async () => {
  await operation('rel-a', { begun: true });
  const { stages } = catalogue;
  const key = fat('rel-a');
  expect(await stages.get(key)).toBeNull();
  for (const digest of ['sha256:1', 'sha256:2']) await stages.ask({ ...key, pinned: { 'shop/web': digest } });
  const asked = { ...key, pinned: { 'shop/web': 'sha256:1' }, release: null, refusal: null, withdrawn: false };
  expect(await stages.get(key)).toEqual(asked);
  expect(await open()).toEqual(['rel-a fat']);
  expect(await stages.open('elsewhere')).toEqual([]);

  // Several at once: one id, which stays what it is.
  const claims = await Promise.all(['rel-1', 'rel-2', 'rel-3'].map((id) => stages.claim(key, id)));
  expect(new Set(claims).size).toBe(1);
  const release = claims[0] ?? '';
  expect(await stages.get(key)).toEqual({ ...asked, release });
  expect(await open()).toEqual(['rel-a fat']);
  await operation(release);
  await stages.refuse(key, trouble);
  expect((await stages.get(key))?.refusal).toBeNull();
  await stages.accept(key);
  expect(await open()).toEqual([]);

  await stages.ask({ ...key, attempt: 2, pinned: {} });
  expect((await stages.of('rel-a')).map(({ attempt }) => attempt)).toEqual([1, 2]);
});

test('refused it is open no more, and nobody takes it up; the first refusal counts', async () => {
  await operation('rel-b', { begun: true });
  const { stages } = catalogue;
  await stages.ask({ ...fat('rel-b'), pinned: {} });
  await stages.refuse(fat('rel-b'), trouble);
  await stages.refuse(fat('rel-b'), { ...trouble, code: 'IMAGE_UNKNOWN' });
  expect((await stages.get(fat('rel-b')))?.refusal).toEqual(trouble);
  expect(await stages.claim(fat('rel-b'), 'rel-x')).toBeNull();
  expect(await open()).not.toContain('rel-b fat');
});

test('withdrawn before anybody took it up, nobody does; after that it is for whoever did', async () => {
  await operation('rel-c', { begun: true });
  const { stages } = catalogue;
  for (const env of ['fat', 'pro']) await stages.ask({ root: 'rel-c', env, attempt: 1, pinned: {} });
  const pro = { ...fat('rel-c'), env: 'pro' };
  expect(await stages.claim(pro, 'rel-d')).toBe('rel-d');
  for (const key of [fat('rel-c'), pro]) await stages.withdraw(key);
  expect(await stages.claim(fat('rel-c'), 'rel-e')).toBeNull();
  expect(await stages.claim(pro, 'rel-e')).toBe('rel-d');
  expect((await stages.get(pro))?.withdrawn).toBe(true);
});

test("what a promotion asked for that has ended is nobody's business", async () => {
  await operation('rel-f', { begun: true });
  await catalogue.stages.ask({ ...fat('rel-f'), pinned: {} });
  expect(await open()).toContain('rel-f fat');
  await catalogue.operations.setState('rel-f', { state: 'REVOKED', waiting: '', trouble: null });
  expect(await open()).not.toContain('rel-f fat');
});
