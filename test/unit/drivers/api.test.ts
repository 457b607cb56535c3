import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import { openCluster } from '../../../src/drivers/kubernetes/cluster.ts';
import { openApiDouble, type ApiDouble } from './api-double.ts';

let double: ApiDouble | undefined;
afterEach(async () => {
  await double?.close();
  double = undefined;
});

test.each([
  [400, 'APP_INVALID'],
  [401, 'CLUSTER_FORBIDDEN'],
  [403, 'CLUSTER_FORBIDDEN'],
  [404, 'NOT_FOUND'],
  [422, 'APP_INVALID'],
  [429, 'CLUSTER_UNREACHABLE'],
  [500, 'CLUSTER_UNREACHABLE'],
  [503, 'CLUSTER_UNREACHABLE'],
])("status %i, left alone, is %s, with the server's own words", async (status, code) => {
  double = await openApiDouble((_incoming, reply) => {
    reply.writeHead(status).end(JSON.stringify({ kind: 'Status', reason: 'Because', message: 'the reason why' }));
  });
  const listing = double.cluster.api.list('/api/v1/namespaces/pro/pods');
  await expect(listing).rejects.toMatchObject({
    code,
    status,
    reason: 'Because',
    message: expect.stringContaining('the reason why') as string,
  });
});

test('something in front of the API server that speaks no JSON; nobody there; half an answer', async () => {
  double = await openApiDouble((incoming, reply) => {
    if (incoming.url === '/half') reply.writeHead(200, { 'content-length': 100 }).write('{', () => reply.destroy());
    else reply.writeHead(502).end('<html>Bad Gateway</html>');
  });
  const { api } = double.cluster;
  await expect(api.get('/front')).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    message: expect.stringContaining('Bad Gateway') as string,
  });
  await expect(api.get('/half')).rejects.toMatchObject({ code: 'CLUSTER_UNREACHABLE' });
  await double.close();
  await expect(api.get('/nobody')).rejects.toMatchObject({
    code: 'CLUSTER_UNREACHABLE',
    message: expect.stringContaining('north') as string,
  });
  double = undefined;
});

test('a cluster that never answers is lost after a while, and no more as soon as it answers, be it to refuse', async () => {
  let status = 503;
  double = await openApiDouble((_incoming, reply) => reply.writeHead(status).end(), { lostAfterSeconds: 0.2 });
  const { api } = double.cluster;
  const ask = async (): Promise<string> => {
    try {
      await api.list('/pods');
      return 'answered';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(await ask()).toBe('CLUSTER_UNREACHABLE');
  await sleep(250);
  await expect(api.list('/pods')).rejects.toMatchObject({
    code: 'CLUSTER_LOST',
    message: expect.stringMatching(/^north has not answered for \d+ s: GET \/pods/) as string,
  });
  status = 409;
  expect(await ask()).toBe('INTERNAL');
  status = 503;
  expect(await ask()).toBe('CLUSTER_UNREACHABLE');
});

test('every write is under our name; reads ask no cache', async () => {
  const asked: string[] = [];
  double = await openApiDouble((incoming, reply) => {
    asked.push(`${incoming.method ?? ''} ${incoming.url ?? ''} ${incoming.headers['content-type'] ?? ''}`.trim());
    reply.end('{"items":[]}');
  });
  const { api } = double.cluster;
  await api.list('/pods', { labelSelector: 'a in (b,c)' });
  await api.create('/pods', {}, { dryRun: true });
  await api.patch('/pods/p', 'strategic', {});
  expect(asked).toEqual([
    'GET /pods?labelSelector=a+in+%28b%2Cc%29',
    'POST /pods?fieldManager=transship&dryRun=All application/json',
    'PATCH /pods/p?fieldManager=transship application/strategic-merge-patch+json',
  ]);
});

test('a token that was rotated is read anew, once, when the old one is refused', async () => {
  const tokens: (string | undefined)[] = [];
  double = await openApiDouble((incoming, reply) => {
    tokens.push(incoming.headers.authorization);
    reply.writeHead(incoming.headers.authorization === 'Bearer second' ? 200 : 401).end('{"items":[]}');
  });
  await double.setToken('second');
  expect(await double.cluster.api.list('/pods')).toEqual([]);
  expect(tokens).toEqual(['Bearer first', 'Bearer second']);
  await double.setToken('third');
  await double.cluster.api.list('/pods');
  expect(tokens).toHaveLength(3);
});

test('deleting what is gone, or what another object took the name of, is done', async () => {
  let status = 404;
  const bodies: string[] = [];
  double = await openApiDouble((incoming, reply) => {
    incoming.on('data', (chunk: Buffer) => bodies.push(chunk.toString()));
    incoming.on('end', () => reply.writeHead(status).end('{}'));
  });
  await double.cluster.api.delete('/sets/s', 'u-1');
  status = 409;
  await double.cluster.api.delete('/sets/s', 'u-1');
  expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ preconditions: { uid: 'u-1' } });
  status = 403;
  await expect(double.cluster.api.delete('/sets/s', 'u-1')).rejects.toMatchObject({ code: 'CLUSTER_FORBIDDEN' });
});

test('a kubeconfig that is not there, and one without the context, are faults of the fleet file', async () => {
  expect(() => openCluster({ name: 'n', kubeconfig: '/nowhere/kubeconfig' })).toThrow('/nowhere/kubeconfig');
  double = await openApiDouble(() => undefined);
  const kubeconfig = double.kubeconfig;
  const open = (): unknown => openCluster({ name: 'n', kubeconfig, context: 'other' });
  expect(open).toThrow(expect.objectContaining({ code: 'FLEET_INVALID' }) as Error);
  expect(open).toThrow('other');
});
