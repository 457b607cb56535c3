// What operators look at: metrics, and the saved queries of docs/operating.md in the Temporal UI.
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startPlatformOn, type Platform } from '../../devfleet/platform.ts';
import { startFleet } from '../../devfleet/index.ts';
import { everywhere, PATIENCE, standingApp, temporalOf } from '../support/shop-apps.ts';
import { twice } from '../support/twice.ts';

let platform: Platform;
let metricsUrl: string;

beforeAll(async () => {
  const fleet = await twice(() => startFleet({ headless: true }));
  const address = `127.0.0.1:${String(await fleet.freePort())}`;
  metricsUrl = `http://${address}/metrics`;
  platform = await startPlatformOn(fleet, { workerEnv: { TRANSSHIP_METRICS: address } });
  for (const version of ['v1', 'v2']) await platform.push(version, { igniteSeconds: 0.3 });
  await platform.push('bad', { ignite: 'fail' });
});

afterAll(() => platform.stop());

/** Queries of the page, by the words before them. */
function savedQueries(): Record<string, string> {
  const page = readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  const rows = [...page.matchAll(/^\| ([a-z][^|]*?) +\| `([^`]+)` +\|$/gm)];
  return Object.fromEntries(rows.map(([, name = '', query = '']) => [name, query]));
}

async function found(query: string): Promise<string[]> {
  const { workflow } = await temporalOf(platform);
  const ids: string[] = [];
  for await (const { workflowId } of workflow.list({ query })) ids.push(workflowId);
  return ids;
}

test('metrics tell outcomes, brakes, and how long what was waited for; saved queries find who waits', async () => {
  const queries = savedQueries();
  expect(Object.keys(queries)).toEqual([
    'needs an operator',
    'waits at a gate',
    'braked',
    'failed, and held for a decision',
    'releases at work in one IDC',
    'one group, now and before',
  ]);

  const shop = await standingApp(platform, 'shop', everywhere(platform, 1));
  const group = 'group/pro/shop/web';
  const held = await shop.released('v2', { gates: { rollout: 'manual' } });
  expect(held.state).toBe('BAKE_SUCCESS');
  await vi.waitFor(async () => expect(await found(queries['waits at a gate'] ?? '')).toEqual([group]), PATIENCE);
  expect((await shop.commanded(held.id, 'brake')).state).toBe('BAKE_SUCCESS_BRAKED');
  await vi.waitFor(async () => expect(await found(queries['braked'] ?? '')).toEqual([group]), PATIENCE);
  expect(await found(queries['needs an operator'] ?? '')).toEqual([group]);
  expect((await shop.commanded(held.id, 'resume')).state).toBe('BAKE_SUCCESS');
  expect((await shop.commanded(held.id, 'rollout')).state).toBe('SUCCESS');

  const failed = await shop.released('bad');
  const query = queries['failed, and held for a decision'] ?? '';
  await vi.waitFor(async () => expect(await found(query)).toEqual([group]), PATIENCE);
  expect((await found(queries['releases at work in one IDC'] ?? '')).sort()).toEqual([group]);
  expect((await shop.commanded(failed.id, 'abort')).state).toBe('REVOKED');
  await vi.waitFor(async () => {
    expect(await found(queries['needs an operator'] ?? '')).toEqual([]);
    expect((await found(queries['one group, now and before'] ?? '')).length).toBe(3);
  }, PATIENCE);

  const text = await (await fetch(metricsUrl)).text();
  const value = (line: RegExp): number =>
    Number(
      text
        .split('\n')
        .find((one) => line.test(one))
        ?.split(' ')
        .at(-1),
    );
  expect(value(/^transship_releases_total\{.*flavor="release".*outcome="SUCCESS"/)).toBe(2);
  expect(value(/^transship_releases_total\{.*outcome="REVOKED"/)).toBe(1);
  expect(value(/^transship_brakes_total\{.*reason="BRAKED"/)).toBe(1);
  expect(value(/^transship_wait_seconds_count\{.*reason="gate:BAKE_SUCCESS"/)).toBe(2);
  expect(value(/^transship_wait_seconds_count\{.*reason="IGNITION_FAILED"/)).toBe(1);
  expect(value(/^transship_state_seconds_count\{.*state="SMOKING"/)).toBe(2);
  expect(value(/^transship_state_seconds_sum\{.*state="SMOKING"/)).toBeGreaterThan(0);
});
