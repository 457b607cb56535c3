import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Comparison, IdcDrift } from '../../../src/domain/sync/drift.ts';
import { BY_ALICE } from '../../support/catalogue.ts';
import { pendingActivity, TemporalDouble } from '../../support/sync/temporal-double.ts';
import { rule } from '../domain/sync/fixtures.ts';
import { cli, listen, type CliRun, type ListeningApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const temporal = new TemporalDouble();
let api: ListeningApi;

beforeAll(async () => {
  api = await listen(temporal.link);
  await api.catalogue.syncRules.put({ ...rule(), to: ['edge'] }, BY_ALICE, { check: () => undefined });
});
afterAll(async () => api.close());
beforeEach(() => {
  temporal.started.length = 0;
  temporal.running.clear();
  temporal.results.clear();
});

const FINE: IdcDrift = { checked: 812, missing: 0, extra: 0, deleted: 0, held: 0, isCut: false, trouble: null };
const compared = (idc: Partial<IdcDrift> = {}, change: Partial<Comparison> = {}): Comparison => ({
  ...{
    revision: 1,
    by: 'li',
    startedAt: '2026-01-01T12:00:00.000Z',
    seconds: 4.2,
    idcs: { north: { ...FINE, ...idc } },
  },
  ...{ examples: [], unsupported: [], asked: 0, late: 0, ...change },
});
const rules = async (...args: string[]): Promise<CliRun> => api.cli(['image', 'rules', ...args]);

/** Compares; the workflow ends so. */
async function compare(result: unknown, ...args: string[]): Promise<CliRun> {
  temporal.ends.push(result);
  return rules('compare', 'shop', ...args);
}

test('a rule is compared now, by whoever asks, and the result says where it differs', async () => {
  const examples: Comparison['examples'] = [
    { what: 'missing', image: 'shop/web:v7', registries: ['edge'], why: null, detail: '' },
    { what: 'deleted', image: 'shop/web:v1', registries: ['edge', 'far'], why: null, detail: '' },
    { what: 'held', image: 'shop/web:v2', registries: ['edge'], why: 'many', detail: '30 in an hour, and 20 may go' },
    { what: 'held', image: 'shop/old:v2', registries: ['edge'], why: 'repository', detail: '' },
    { what: 'held', image: 'shop/web:v3', registries: ['edge'], why: 'rule', detail: 'all' },
    { what: 'held', image: 'shop/web:v4', registries: ['edge'], why: 'unsupported', detail: '' },
    { what: 'held', image: 'shop/web:v5', registries: ['edge'], why: 'failed', detail: 'REGISTRY_DENIED: no' },
  ];
  const run = await compare(compared({ missing: 1, extra: 6, deleted: 1, held: 5 }, { examples, asked: 1 }));
  expect(run.exit).toBe(0);
  expect(run.stdout).toMatch(/^Temporal UI: .*reconcile%2Fshop%2Fcmp-[a-z2-7]{10}\n/);
  expect(run.stdout).toMatch(/\nnorth +812 +1 +6 +1 +5\n/);
  for (const line of [
    'shop/web:v7 is missing in edge',
    'shop/web:v1 was deleted in edge, far: the source has it no more',
    'held back: shop/web:v2 stays in edge: the source has too many no more: 30 in an hour, and 20 may go',
    'held back: shop/old:v2 stays in edge: the source has no tag of the repository any more',
    'held back: shop/web:v3 stays in edge: rule all brings it there',
    'held back: shop/web:v4 stays in edge: the registry deletes no tags',
    'held back: shop/web:v5 stays in edge: REGISTRY_DENIED: no',
    'If they are to go: transship image rules compare shop --most-deletions N --delete-repositories',
  ])
    expect(run.stdout).toContain(line);
  expect(temporal.started[0]?.input).toEqual({ name: 'shop', by: 'li', dryRun: false, allow: {} });
});

test('what is held back is let go by options; a dry run tells by its exit code that they differ', async () => {
  const run = await compare(compared({ missing: 1 }), '--dry-run', '--most-deletions', '200', '--delete-repositories');
  expect(run.exit).toBe(1);
  expect(temporal.started[0]?.input).toMatchObject({ dryRun: true, allow: { most: 200, repositories: true } });
  temporal.started.length = 0;
  expect((await compare(compared(), '--dry-run')).exit).toBe(0);
  expect((await rules('compare', 'shop', '--most-deletions', '0')).exit).toBe(2);
});

test('an IDC that could not be compared, and images that did not get there, tell by the exit code', async () => {
  const trouble = { verdict: 'errored', code: 'REGISTRY_UNREACHABLE', message: 'away' } as const;
  const away = await compare(compared({ trouble }));
  expect(away.exit).toBe(7);
  expect(away.stdout).toContain('REGISTRY_UNREACHABLE: away');
  temporal.started.length = 0;
  expect((await compare(compared({ missing: 2, isCut: true }, { asked: 2, late: 1 }))).exit).toBe(1);
});

test('without waiting it says its id, by which it is found; what goes on is told in words', async () => {
  const { stdout } = await rules('compare', 'shop', '--no-wait', '--json');
  const { id, links } = JSON.parse(stdout) as { id: string; links: { status: string } };
  temporal.running.set(`reconcile/shop/${id}`, [
    pendingActivity('idc-north', null, {
      heartbeatDetails: { payloads: [{ data: Buffer.from('"compares shop/web: 12 tags so far"') }] },
      lastFailure: { message: 'away' },
    }),
    pendingActivity('control', null, { activityType: { name: 'bringMissing' } }),
  ]);
  const status = async (path: string) => (await api.app.inject(path)).json<object>();
  expect(await status(links.status)).toEqual({
    ...{ id, rule: 'shop', state: 'running', comparison: null },
    doing: ['idc-north: compares shop/web: 12 tags so far; last: away', 'control: bringMissing'],
  });
  expect(await status(links.status.replace(/.$/, '2'))).toMatchObject({ code: 'NOT_FOUND' });
  const gone = await rules('compare', 'shpo');
  expect([gone.exit, gone.stderr.includes('SYNC_RULE_UNKNOWN')]).toEqual([2, true]);
});

test('a rule that is gone by then has no result', async () => {
  const run = await compare(null);
  expect([run.exit, run.stderr.includes('shop is gone')]).toEqual([1, true]);
});

test('the last comparison stands in the list and, as comments, in the file of the rule', async () => {
  await api.catalogue.comparisons.put('shop', compared({ missing: 1, extra: 1, held: 1 }, { asked: 1, late: 1 }));
  expect((await rules('list')).stdout).toMatch(/every 10m +\d\.\d s ago +1 late, 1 held back, for 0\.\d s /);
  const shown = await rules('get', 'shop');
  expect(shown.stdout).toMatch(/# compared \d\.\d s ago in 4\.2 s \(li\); drift: 1 late, 1 held back, for/);
  expect(shown.stdout).toMatch(/# north +812 +1 +1 +0 +1\n/);
  await api.catalogue.comparisons.put('shop', compared());
  expect((await rules('list')).stdout).toMatch(/ s ago +none /);
  await api.catalogue.comparisons.put('shop', compared({}, { asked: 3, late: null }));
  expect((await rules('list')).stdout).toMatch(/ s ago +brings 3 /);
});

test('a tag that a rule has deleted is told where it is looked for', async () => {
  const digest = `sha256:${'1'.repeat(64)}`;
  await api.catalogue.syncs.put({
    ...{ repository: 'shop/web', digest, registry: 'edge', from: 'north', state: 'done', tags: { v1: 'moved' } },
    ...{ priority: 'normal', wantedBy: [], askedAt: new Date().toISOString(), endedAt: new Date().toISOString() },
    ...{ report: null, trouble: null, notBefore: null },
  });
  const dropped = {
    registry: 'edge',
    repository: 'shop/web',
    tag: 'v1',
    digest,
    outcome: 'deleted',
    detail: '',
  } as const;
  await api.catalogue.syncTags.settle('shop', [dropped]);
  const words = /shop\/web:v1 was deleted in edge at \S+ by rule shop, as north had it no more; it named sha256:1111/;
  expect((await api.cli(['image', 'status', 'shop/web:v1'])).stderr).toMatch(words);
  expect((await api.cli(['image', 'status', 'shop/web:v2'])).stderr).toBe('');
  temporal.registries.set('north', {});
  temporal.registries.set('edge', {});
  temporal.registries.set('far', {});
  expect((await api.cli(['image', 'diff', 'shop/web:v1', '--registries', 'north,edge'])).stderr).toMatch(words);
  expect((await api.cli(['image', 'diff', 'shop/web:v1', '--registries', 'north'])).stderr).toBe('');
});

test('help teaches', async () => {
  expect((await cli(['image', 'rules', 'compare', '--help'])).stdout).toContain('compare shop --dry-run');
});
