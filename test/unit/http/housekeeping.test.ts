import { pino } from 'pino';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { keepHouse } from '../../../src/http/housekeeping.ts';
import { FLEET, linkToNothing, startTestApi, type TestApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: TestApi;

beforeAll(async () => {
  api = await startTestApi();
});
afterAll(async () => api.close());

test('syncs that ended a month ago are forgotten, once the API runs', async () => {
  const { syncs } = api.catalogue;
  const ago = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();
  for (const [registry, days] of [
    ['old', 31],
    ['new', 29],
  ] as const) {
    await syncs.put({
      ...{ repository: 'shop/web', digest: `sha256:${'1'.repeat(64)}`, registry, from: 'north', state: 'done' },
      ...{ tags: {}, priority: 'normal', wantedBy: [], askedAt: ago(40), endedAt: ago(days) },
      ...{ report: null, trouble: null, notBefore: null },
    });
  }
  const stop = keepHouse({
    ...{ fleet: FLEET, catalogue: api.catalogue, temporal: linkToNothing(), log: pino({ level: 'silent' }) },
  });
  try {
    const left = async (): Promise<string[]> => (await syncs.list({ limit: 10 })).map(({ registry }) => registry);
    await vi.waitFor(async () => expect(await left()).toEqual(['new']), { timeout: 20_000 });
  } finally {
    await stop();
  }
});
