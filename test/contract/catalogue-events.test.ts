import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openCatalogue } from '../../src/catalogue/index.ts';
import type { Catalogue, EventRow } from '../../src/catalogue/types.ts';
import { createRelease, event } from '../support/catalogue.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;
let url: string;
let catalogue: Catalogue;

beforeAll(async () => {
  postgres = await startPostgres();
  url = await postgres.database('events');
  catalogue = await openCatalogue(url, { poolSize: 24 });
});
afterAll(async () => {
  await catalogue.close();
  await postgres.dispose();
});

const numbers = (events: EventRow[]): number[] => events.map(({ seq }) => seq);
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

test('a step that is done shows at once how far its instance is', async () => {
  const { group } = await createRelease(catalogue, 'rel-live');
  const at = { index: 0, idc: 'north', az: 'az-1', batch: 0, trouble: null };
  await catalogue.operations.setInstances(group, [
    { ...at, name: 'web-0', phase: 'pending' },
    { ...at, name: 'web-1', phase: 'failed' },
  ]);
  const phases = async (): Promise<string[] | undefined> =>
    (await catalogue.operations.get(group))?.instances.map(({ phase }) => phase);
  const step = (name: string, outcome: 'begun' | 'done'): Promise<void> =>
    catalogue.events.append([
      event('rel-live', { kind: 'step', operation: group, instance: 'web-0', step: name, outcome }),
    ]);

  await step('takeOut', 'begun');
  expect(await phases()).toEqual(['pending', 'failed']);
  await step('takeOut', 'done');
  expect(await phases()).toEqual(['out', 'failed']);
  await step('deploy', 'done');
  await step('ignite', 'done');
  expect(await phases()).toEqual(['ignited', 'failed']);
  await step('putIn', 'done');
  // Told twice, it happened once.
  await step('takeOut', 'done');
  expect(await phases()).toEqual(['done', 'failed']);
});

describe('append', () => {
  test('numbers events from 1 per root, in the order given', async () => {
    await catalogue.events.append([
      event('one', { message: 'first', data: { list: [1, null] } }),
      event('two', { message: 'other root' }),
      event('one', { message: 'second', instance: null, kind: 'state', step: 'BAKING', outcome: null }),
    ]);
    const [first, second, ...more] = await catalogue.events.list('one', 0, 10);
    expect(first).toEqual({ ...event('one', { message: 'first', data: { list: [1, null] } }), seq: 1, at: first?.at });
    expect(second).toMatchObject({ seq: 2, message: 'second', instance: null, outcome: null, data: null });
    expect(more).toEqual([]);
    expect(new Date(first?.at ?? '').toISOString()).toBe(first?.at);
    expect(numbers(await catalogue.events.list('two', 0, 10))).toEqual([1]);
    expect(numbers(await catalogue.events.list('one', 1, 10))).toEqual([2]);
    expect(numbers(await catalogue.events.list('one', 0, 1))).toEqual([1]);
    await catalogue.events.append([]);
  });

  test('an event is written once, and passing it over leaves no gap', async () => {
    const same = event('once');
    await Promise.all(Array.from({ length: 8 }, () => catalogue.events.append([same, same])));
    for (const change of [
      { attempt: 2 },
      { outcome: 'begun' as const },
      { instance: 'web-1' },
      { instance: null },
      { step: 'deploy' },
      { kind: 'note' as const },
      { operation: 'once.api' },
      { key: 'again' },
    ]) {
      await catalogue.events.append([same, event('once', change)]);
    }
    expect(numbers(await catalogue.events.list('once', 0, 100))).toEqual(upTo(9));
  });

  test('keeps what containers print, as far as text can hold it', async () => {
    await catalogue.events.append([event('odd', { message: 'a\0b \uD800 c', data: { log: '\0\\u0000' } })]);
    expect(await catalogue.events.list('odd', 0, 1)).toMatchObject([
      { message: 'a\uFFFDb \uFFFD c', data: { log: '\uFFFD\\u0000' } },
    ]);
  });

  test('20 writers at once: no gap, no duplicate, and a reader sees the order of commits', async () => {
    const writers = 20;
    const each = 15;
    const seen: EventRow[] = [];
    const read = async (): Promise<void> => {
      while (seen.length < writers * each * 2) {
        const more = await catalogue.events.list('race', seen.at(-1)?.seq ?? 0, 1000);
        // Each look goes on exactly where the one before ended: nothing was committed behind its back.
        expect(numbers(more)).toEqual(more.map((_, at) => seen.length + at + 1));
        seen.push(...more);
        await turn();
      }
    };
    const write = async (writer: number): Promise<void> => {
      for (const attempt of upTo(each)) {
        const change = { instance: `web-${writer}`, attempt };
        const own = event('race', change);
        // Calls hold several events of two roots, in one order or the other; one event comes twice.
        const added = [own, event('race', { ...change, outcome: 'begun' }), event('race-2', change)];
        await catalogue.events.append(writer % 2 === 0 ? added : added.toReversed());
        await catalogue.events.append([own]);
      }
    };
    await Promise.all([read(), ...upTo(writers).map(write)]);
    expect(numbers(await catalogue.events.list('race', 0, 1000))).toEqual(upTo(writers * each * 2));
    expect(numbers(await catalogue.events.list('race-2', 0, 1000))).toEqual(upTo(writers * each));
    for (const writer of upTo(writers)) {
      const attempts = seen.filter((row) => row.instance === `web-${writer}` && row.outcome === 'done');
      expect(attempts.map(({ attempt }) => attempt)).toEqual(upTo(each));
    }
    expect(seen.map(({ at }) => at)).toEqual(seen.map(({ at }) => at).toSorted());
  });

  test('all or none: a call with an impossible event writes nothing', async () => {
    const broken = event('atomic', { step: null as unknown as string });
    await expect(catalogue.events.append([event('atomic'), broken])).rejects.toThrow('null value');
    expect(await catalogue.events.list('atomic', 0, 10)).toEqual([]);
    await catalogue.events.append([event('atomic')]);
    expect(numbers(await catalogue.events.list('atomic', 0, 10))).toEqual([1]);
  });

  test.each(['UPDATE events SET message = $$forged$$', 'DELETE FROM events', 'TRUNCATE events'])(
    '%s is refused, by the owner of the database too',
    async (statement) => {
      await expect(query(url, statement)).rejects.toThrow('events are append-only');
    },
  );
});

describe('watch', () => {
  test('wakes the watchers of the root, over one connection, until they stop', async () => {
    const [first, second, other] = [vi.fn(), vi.fn(), vi.fn()];
    const stopFirst = await catalogue.events.watch('watched', first);
    const stopSecond = await catalogue.events.watch('watched', second);
    const stopOther = await catalogue.events.watch('unwatched', other);
    const listening = await query(url, `SELECT FROM pg_stat_activity WHERE query LIKE 'LISTEN%' OR query = 'SELECT'`);
    expect(listening).toHaveLength(1);

    await catalogue.events.append([event('watched')]);
    await vi.waitFor(() => expect([first.mock.calls.length, second.mock.calls.length]).toEqual([1, 1]));
    await stopFirst();
    await stopFirst();
    await catalogue.events.append([event('watched', { attempt: 2 })]);
    await vi.waitFor(() => expect(second).toHaveBeenCalledTimes(2));
    // Nothing new, nothing to tell.
    await catalogue.events.append([event('watched')]);
    await sleep(100);
    expect([first, second, other].map((watcher) => watcher.mock.calls.length)).toEqual([1, 2, 0]);
    await stopSecond();
    await stopOther();
  });
});
