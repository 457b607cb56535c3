import { setTimeout as sleep } from 'node:timers/promises';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openCatalogue, openIdcCatalogue } from '../../src/catalogue/index.ts';
import { event } from '../support/catalogue.ts';
import { startLink } from '../support/link.ts';
import { query, startPostgres, type TestPostgres } from '../support/postgres.ts';

let postgres: TestPostgres;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(async () => {
  await postgres.dispose();
});

const UNREACHABLE = { code: 'CATALOGUE_UNREACHABLE' };

test('a server that is not there: the place is named, the password is not', async () => {
  const port = await getPort();
  for (const open of [openCatalogue, openIdcCatalogue]) {
    const error: unknown = await open(`postgres://transship:s3cret@127.0.0.1:${port}/none`).catch(
      (caught: unknown) => caught,
    );
    expect(error).toMatchObject(UNREACHABLE);
    expect((error as Error).message).toContain(`127.0.0.1:${port}/none`);
    expect((error as Error).message).not.toContain('s3cret');
  }
});

test('a login that is refused is told as such, without its password', async () => {
  const url = (await postgres.database('locked')).replace('transship:transship@', 'nobody:s3cret@');
  const error: unknown = await openCatalogue(url).catch((caught: unknown) => caught);
  expect(error).toMatchObject({
    ...UNREACHABLE,
    message: expect.stringContaining('role "nobody" does not exist') as string,
  });
  expect((error as Error).message).not.toContain('s3cret');
});

test('the server stops and returns: queries fail meanwhile, then pool and watchers go on by themselves', async () => {
  const url = await postgres.database('stopped');
  const catalogue = await openCatalogue(url);
  const wake = vi.fn();
  await catalogue.events.watch('rel-1', wake);
  await catalogue.events.append([event('rel-1')]);
  await vi.waitFor(() => expect(wake).toHaveBeenCalledTimes(1));

  // In use, idle and listening connections all lose their server.
  const busy = Promise.allSettled(
    Array.from({ length: 6 }, (_, at) => catalogue.events.append([event('rel-2', { attempt: at })])),
  );
  await postgres.stop();
  await busy;
  await expect(catalogue.apps.list()).rejects.toMatchObject(UNREACHABLE);
  await expect(catalogue.events.append([event('rel-1')])).rejects.toMatchObject(UNREACHABLE);
  await expect(catalogue.groups.ensure({ env: 'pro', app: 'shop', group: 'web' }, [], [])).rejects.toMatchObject(
    UNREACHABLE,
  );
  await expect(catalogue.events.watch('rel-1', wake)).rejects.toMatchObject(UNREACHABLE);
  await sleep(500);

  await postgres.start();
  await catalogue.apps.list();
  // What happened while it did not listen cannot be known: it wakes once for that, and then for each event.
  await vi.waitFor(() => expect(wake).toHaveBeenCalledTimes(2), { timeout: 10_000 });
  await catalogue.events.append([event('rel-1', { attempt: 2 })]);
  await vi.waitFor(() => expect(wake).toHaveBeenCalledTimes(3));
  await catalogue.close();
});

test('connections that an administrator ends are replaced', async () => {
  const url = await postgres.database('ended');
  const catalogue = await openCatalogue(url);
  const wake = vi.fn();
  await catalogue.events.watch('rel-1', wake);
  for (let round = 1; round <= 3; round++) {
    await query(url, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'transship'`);
    await vi.waitFor(() => expect(wake).toHaveBeenCalledTimes(round), { timeout: 10_000 });
    await catalogue.apps.list();
  }
  await catalogue.close();
});

test('closing while the server is away ends all attempts', async () => {
  const url = await postgres.database('closing');
  const catalogue = await openCatalogue(url);
  await catalogue.events.watch('rel-1', () => undefined);
  await postgres.stop();
  await sleep(300);
  await catalogue.close();
  await postgres.start();
  await sleep(300);
  expect(await query(url, `SELECT FROM pg_stat_activity WHERE application_name = 'transship'`)).toEqual([]);
});

test('a network that goes silent: a query gives up after 12 s, its connection is thrown away, and everything works once the link does', async () => {
  // The waits of this test are on a fake clock; sockets and the server are real.
  vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval', 'clearTimeout', 'clearInterval'] });
  const url = new URL(await postgres.database('silent'));
  const link = await startLink(Number(url.port));
  url.port = String(link.port);
  const catalogue = await openCatalogue(url.href, { poolSize: 1 });
  const wake = vi.fn();
  await catalogue.events.watch('rel-1', wake);
  await catalogue.apps.list();

  link.silence(true);
  let failure: unknown;
  const listing = catalogue.apps.list().catch((error: unknown) => (failure = error));
  await sleep(50);
  await vi.advanceTimersByTimeAsync(11_900);
  expect(failure).toBeUndefined();
  await vi.advanceTimersByTimeAsync(200);
  await listing;
  expect(failure).toMatchObject(UNREACHABLE);
  await vi.advanceTimersByTimeAsync(4000); // the listener's ping, sent at 10 s, is overdue now

  vi.useRealTimers();
  link.silence(false);
  await catalogue.apps.list();
  await vi.waitFor(() => expect(wake).toHaveBeenCalled(), { timeout: 10_000 });
  await catalogue.close();
  link.close();
});

test('an answer that is lost: the event is there, and appending it again changes nothing', async () => {
  const url = new URL(await postgres.database('answers'));
  const link = await startLink(Number(url.port));
  url.port = String(link.port);
  const catalogue = await openCatalogue(url.href, { poolSize: 1 });
  await catalogue.apps.list();
  link.loseAnswer();
  await expect(catalogue.events.append([event('rel-1')])).rejects.toMatchObject(UNREACHABLE);
  expect(await catalogue.events.list('rel-1', 0, 10)).toHaveLength(1);
  await catalogue.events.append([event('rel-1'), event('rel-1', { attempt: 2 })]);
  expect((await catalogue.events.list('rel-1', 0, 10)).map(({ seq }) => seq)).toEqual([1, 2]);

  link.loseAnswer();
  const ref = { env: 'pro', app: 'shop', group: 'web' };
  await expect(catalogue.fences.claim(ref, 'rel-1')).rejects.toMatchObject(UNREACHABLE);
  expect(await catalogue.fences.claim(ref, 'rel-1')).toEqual({ epoch: 1 });
  await catalogue.close();
  link.close();
});
