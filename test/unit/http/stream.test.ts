import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { messages, type Message } from '../../../src/cli/watch/sse.ts';
import { createRelease, event } from '../../support/catalogue.ts';
import { startTestApi, type TestApi } from './support.ts';

// Real servers, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

let api: TestApi;
let base: string;

beforeAll(async () => {
  api = await startTestApi();
  await api.app.listen({ host: '127.0.0.1', port: 0 });
  base = `http://127.0.0.1:${(api.app.server.address() as AddressInfo).port}`;
});
afterAll(async () => api.close());

const open = async (id: string, headers: Record<string, string> = {}, query = ''): Promise<Response> =>
  fetch(`${base}/v1/releases/${id}/events${query}`, { headers: { accept: 'text/event-stream', ...headers } });

const body = (response: Response): ReadableStream<Uint8Array> => {
  if (response.body === null) throw new Error('no body');
  return response.body;
};

async function take(response: Response, count: number): Promise<Message[]> {
  const taken: Message[] = [];
  for await (const message of messages(body(response))) {
    if (message !== null) taken.push(message);
    if (taken.length === count) break;
  }
  return taken;
}

const append = async (id: string, ...steps: string[]): Promise<void> =>
  api.catalogue.events.append(steps.map((step) => event(id, { step })));

const end = async (id: string): Promise<void> => {
  await api.catalogue.events.append([
    event(id, { operation: id, kind: 'state', instance: null, step: 'SUCCESS', outcome: null }),
  ]);
  await api.catalogue.operations.setState(id, { state: 'SUCCESS', waiting: '', trouble: null });
};

test('events come as they happen, with seq as id, and the stream ends after the last', async () => {
  const { release } = await createRelease(api.catalogue, 'rel-aaaaaaaaaa');
  await append(release, 'one', 'two');
  const response = await open(release);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const all = take(response, Infinity);
  await append(release, 'three');
  await end(release);
  expect(
    (await all).map(({ id, event: kind, data }) => [id, kind, (JSON.parse(data) as { step: string }).step]),
  ).toEqual([
    ['1', 'step', 'one'],
    ['2', 'step', 'two'],
    ['3', 'step', 'three'],
    ['4', 'state', 'SUCCESS'],
  ]);
});

test('Last-Event-ID goes on where it was left; ?after does too; the header counts more', async () => {
  const { release } = await createRelease(api.catalogue, 'rel-bbbbbbbbbb');
  await append(release, 'one', 'two', 'three');
  await end(release);
  expect((await take(await open(release, { 'last-event-id': '2' }), Infinity)).map(({ id }) => id)).toEqual(['3', '4']);
  expect((await take(await open(release, {}, '?after=3'), Infinity)).map(({ id }) => id)).toEqual(['4']);
  expect((await take(await open(release, { 'last-event-id': '1' }, '?after=3'), 1)).map(({ id }) => id)).toEqual(['2']);
  expect((await open(release, { 'last-event-id': '4' })).status).toBe(204);
});

test('thousands of events come in order, each once', async () => {
  const { release } = await createRelease(api.catalogue, 'rel-cccccccccc');
  const all = take(await open(release), Infinity);
  for (let at = 0; at < 10; at++) {
    await append(release, ...Array.from({ length: 300 }, (_, nth) => `s${at * 300 + nth}`));
  }
  await end(release);
  const ids = (await all).map(({ id }) => Number(id));
  expect(ids).toEqual(Array.from({ length: 3001 }, (_, at) => at + 1));
});

test('a page of events as JSON', async () => {
  const { release } = await createRelease(api.catalogue, 'rel-dddddddddd');
  await append(release, 'one', 'two', 'three');
  const answer = await api.app.inject(`/v1/releases/${release}/events?after=1&limit=1`);
  expect(answer.json()).toMatchObject({ events: [{ seq: 2, step: 'two', operation: `${release}.web` }] });
});

test('an outage of the catalogue interrupts nothing', async () => {
  const { release } = await createRelease(api.catalogue, 'rel-eeeeeeeeee');
  await append(release, 'before');
  const all = take(await open(release), Infinity);
  await api.postgres.stop();
  expect((await api.app.inject(`/v1/releases/${release}`)).json()).toMatchObject({
    status: 503,
    code: 'CATALOGUE_UNREACHABLE',
  });
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  await api.postgres.start();
  await append(release, 'after');
  await end(release);
  expect((await all).map(({ id }) => id)).toEqual(['1', '2', '3']);
});

test('a client that goes away leaves nothing behind; open streams do not hold a shutdown up', async () => {
  const { release } = await createRelease(api.catalogue, 'rel-ffffffffff');
  await append(release, 'one');
  const gone = new AbortController();
  const response = await fetch(`${base}/v1/releases/${release}/events`, {
    headers: { accept: 'text/event-stream' },
    signal: gone.signal,
  });
  await take(response, 1).catch(() => []);
  gone.abort();

  const seen: string[] = [];
  const streamed = await open(release);
  const rest = (async () => {
    for await (const message of messages(body(streamed))) if (message !== null) seen.push(message.id);
  })();
  await expect.poll(() => seen).toEqual(['1']);
  const began = Date.now();
  await api.app.close();
  await rest;
  expect(Date.now() - began).toBeLessThan(3_000);
});
