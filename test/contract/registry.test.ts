import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request } from 'undici';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { resolveBinaries } from '../../devfleet/binaries/resolve.ts';
import { pushImage } from '../../devfleet/images/index.ts';
import { startRegistry } from '../../devfleet/parts/registry.ts';
import { portsOf } from '../../devfleet/ports.ts';
import { Supervisor } from '../../devfleet/supervision/supervisor.ts';
import { RegistryClient } from '../../src/registry/client.ts';
import { resolveReference as resolve } from '../../src/registry/resolve.ts';

let supervisor: Supervisor | undefined;
let url = '';
const doubles: Server[] = [];

beforeAll(async () => {
  const binaries = await resolveBinaries(['registry'], () => undefined);
  supervisor = await Supervisor.start(await mkdtemp(join(tmpdir(), 'transship-registry-')), 1, () => undefined);
  const nextPort = portsOf(supervisor.octets[0] ?? 1);
  const { port } = await startRegistry(supervisor, binaries.registry.path, 'north', nextPort);
  url = `http://127.0.0.1:${String(port)}`;
});
afterAll(async () => supervisor?.stop());
afterEach(() => {
  for (const double of doubles.splice(0)) double.close().closeAllConnections();
});

/** Each time by a client of its own, as little patient as that of a worker. */
async function resolveReference(registry: { url: string }, repository: string, reference: string) {
  const client = new RegistryClient(registry, { attempts: 1 });
  return resolve(client, repository, reference).finally(() => client.close());
}

/** A registry that lacks what the real one has, for as long as a test. */
async function double(listener: RequestListener): Promise<{ url: string }> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  doubles.push(server);
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}` };
}

test('a tag is what was pushed under it, and follows when it is pushed anew', async () => {
  const push = (version: string) => pushImage(url, { repository: 'shop/web', tag: 'stable', labels: { version } });
  const first = await push('1');
  expect(await resolveReference({ url }, 'shop/web', 'stable')).toEqual(first);
  expect(await resolveReference({ url: `${url}/` }, 'shop/web', 'stable')).toEqual(first);
  expect(await resolveReference({ url }, 'shop/web', first.digest)).toEqual(first);
  expect(await resolveReference({ url }, 'shop/web', `sha256:${'0'.repeat(64)}`)).toBeNull();
  const second = await push('2');
  expect(second).not.toEqual(first);
  expect(await resolveReference({ url }, 'shop/web', 'stable')).toEqual(second);
});

test('an index is resolved to itself, not to one of its platforms', async () => {
  const { digest } = await pushImage(url, { repository: 'shop/multi', tag: 'amd', labels: {} });
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  const manifest = await request(`${url}/v2/shop/multi/manifests/${digest}`, {
    headers: { accept: 'application/vnd.oci.image.manifest.v1+json' },
  });
  const size = (await manifest.body.bytes()).length;
  const platform = { os: 'linux', architecture: 'amd64' };
  const manifests = [{ mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size, platform }];
  const body = JSON.stringify({ schemaVersion: 2, mediaType, manifests });
  const put = await request(`${url}/v2/shop/multi/manifests/all`, {
    method: 'PUT',
    headers: { 'content-type': mediaType },
    body,
  });
  await put.body.dump();
  expect(put.statusCode).toBe(201);
  const expected = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  expect(await resolveReference({ url }, 'shop/multi', 'all')).toEqual({ digest: expected });
});

test('no such tag, no such repository, and names that no registry allows', async () => {
  await pushImage(url, { repository: 'shop/some', tag: 'v1', labels: {} });
  for (const [repository, tag] of [
    ['shop/some', 'v2'],
    ['shop/none', 'v1'],
    ['shop/some', '../../v2/shop/some/manifests/v1'],
    ['Shop/Some', 'v1'],
    ['../shop/some', 'v1'],
    ['shop/some', ''],
  ] as const) {
    expect(await resolveReference({ url }, repository, tag)).toBeNull();
  }
});

test.each([
  ['does not name the digest', {}],
  ['names nonsense', { 'docker-content-digest': 'sha256:short' }],
])('a registry whose HEAD %s: the digest is that of the bytes', async (_what, headers) => {
  const bytes = Buffer.from('{"schemaVersion":2}');
  const asked: (string | undefined)[] = [];
  const registry = await double((incoming, reply) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''}`);
    reply
      .writeHead(200, { ...headers, 'content-length': bytes.length })
      .end(incoming.method === 'HEAD' ? undefined : bytes);
  });
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  expect(await resolveReference(registry, 'shop/web', 'v1')).toEqual({ digest });
  expect(asked).toEqual(['HEAD /v2/shop/web/manifests/v1', 'GET /v2/shop/web/manifests/v1']);
});

test('a registry that does not take HEAD', async () => {
  const registry = await double((incoming, reply) => {
    if (incoming.method === 'HEAD') reply.writeHead(405).end();
    else reply.writeHead(404).end('{}');
  });
  expect(await resolveReference(registry, 'shop/web', 'v1')).toBeNull();
});

test('a registry that is away, or does not answer as one: we cannot tell', async () => {
  const answers = (status: number): Promise<{ url: string }> =>
    double((_incoming, reply) => reply.writeHead(status).end('no'));
  const away = await answers(200);
  doubles.pop()?.close();
  for (const registry of [away, await answers(500), await answers(401)]) {
    await expect(resolveReference(registry, 'shop/web', 'v1')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  }
});
