import type { ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { TransshipError } from '../../../src/domain/errors.ts';
import { until } from '../../../src/drivers/kubernetes/until.ts';
import { openApiDouble, type ApiDouble } from './api-double.ts';

let double: ApiDouble | undefined;
afterEach(async () => {
  await double?.close();
  double = undefined;
});

const event = (type: string, resourceVersion: string, name = 'p'): string =>
  `${JSON.stringify({ type, object: { metadata: { name, resourceVersion } } })}\n`;

/** A double whose watches are kept in hand. */
async function watched(): Promise<{ watches: { version: string | null; reply: ServerResponse }[]; double: ApiDouble }> {
  const watches: { version: string | null; reply: ServerResponse }[] = [];
  double = await openApiDouble((incoming, reply) => {
    const query = new URL(incoming.url ?? '', 'http://api').searchParams;
    reply.writeHead(200).flushHeaders();
    watches.push({ version: query.get('resourceVersion'), reply });
  });
  return { watches, double };
}

async function soon(check: () => boolean): Promise<void> {
  const deadline = Date.now() + 5_000;
  while (!check()) {
    if (Date.now() > deadline) throw new Error('it did not come true');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('all who wait share one watch; it goes on from the last change, and anew where that is too old', async () => {
  const {
    watches,
    double: { cluster },
  } = await watched();
  const told: string[] = [];
  const feed = cluster.feeds.of('/pods', 'a');
  expect(cluster.feeds.of('/pods', 'a')).toBe(feed);
  const stop = [
    feed.listen(({ metadata }, gone) => void told.push(`1 ${metadata.name} ${String(gone)}`)),
    feed.listen(({ metadata }, gone) => void told.push(`2 ${metadata.name} ${String(gone)}`)),
  ];
  await soon(() => watches.length === 1 && feed.live);
  expect(watches[0]?.version).toBe('0');
  // A line in two pieces.
  const line = event('ADDED', '7');
  watches[0]?.reply.write(line.slice(0, 20));
  watches[0]?.reply.write(line.slice(20) + event('BOOKMARK', '8', '') + event('DELETED', '9', 'q'));
  await soon(() => told.length === 4);
  expect(told).toEqual(['1 p false', '2 p false', '1 q true', '2 q true']);

  watches[0]?.reply.destroy();
  await soon(() => watches.length === 2);
  expect(watches[1]?.version).toBe('9');
  watches[1]?.reply.write(`${JSON.stringify({ type: 'ERROR', object: { code: 410 } })}\n`);
  await soon(() => watches.length === 3);
  expect(watches[2]?.version).toBe('0');
  for (const end of stop) end();
});

test('a wait looks when it is woken, and from time to time while the watch is broken', async () => {
  const {
    watches,
    double: { cluster },
  } = await watched();
  let looks = 0;
  const controller = new AbortController();
  const waiting = { signal: controller.signal, heartbeat: () => undefined };
  const wait = until(waiting, {
    what: 'it',
    timeoutMs: 60_000,
    late: () => new TransshipError('CONTROLLER_STALLED', 'late'),
    feed: cluster.feeds.of('/pods'),
    wakes: ({ metadata }) => metadata.name === 'mine',
    look: () => Promise.resolve(++looks === 4 ? 'found' : undefined),
  });
  await soon(() => watches.length === 1);
  await new Promise((resolve) => setTimeout(resolve, 700));
  const before = looks;
  expect(before).toBeLessThanOrEqual(2);
  watches[0]?.reply.write(event('MODIFIED', '1', 'other'));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(looks).toBe(before);
  watches[0]?.reply.write(event('MODIFIED', '2', 'mine'));
  await soon(() => looks === before + 1);
  watches[0]?.reply.destroy();
  expect(await wait).toBe('found');
});

test('a wait that is late says so; one that is told to end ends, also in the middle of a look', async () => {
  const {
    double: { cluster },
  } = await watched();
  const controller = new AbortController();
  const waiting = { signal: controller.signal, heartbeat: () => undefined };
  const wait = {
    what: 'it',
    late: () => new TransshipError('CONTROLLER_STALLED', 'late'),
    feed: cluster.feeds.of('/pods'),
  };
  await expect(
    until(waiting, { ...wait, timeoutMs: 50, look: () => Promise.resolve(undefined) }),
  ).rejects.toMatchObject({ code: 'CONTROLLER_STALLED' });
  const hanging = until(waiting, { ...wait, timeoutMs: 60_000, look: () => new Promise<undefined>(() => undefined) });
  controller.abort(new Error('cancelled'));
  await expect(hanging).rejects.toThrow('cancelled');
});
