import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Faults } from '../../devfleet/host/faults.ts';
import { ImageStore } from '../../devfleet/host/images.ts';
import type { Pod } from '../../devfleet/host/kubelet/pod.ts';
import { pullCredentials } from '../../devfleet/host/kubelet/pull-secrets.ts';

const sha256 = (bytes: string) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

/** A registry of one image that asks for a password, when told to, and counts what is read. */
describe('pulls', () => {
  const layers = ['layer one', 'layer two'];
  const config = JSON.stringify({ config: { Labels: { 'transship.dev/sim.version': 'v1' } } });
  const descriptor = (bytes: string) => ({ mediaType: 'x', digest: sha256(bytes), size: bytes.length });
  const manifest = JSON.stringify({ config: descriptor(config), layers: layers.map(descriptor) });
  const blobs = new Map([config, ...layers].map((bytes) => [sha256(bytes), bytes]));
  const index = JSON.stringify({
    manifests: [
      { ...descriptor('other'), platform: { os: 'linux', architecture: 's390x' } },
      {
        ...descriptor(manifest),
        platform: { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' },
      },
    ],
  });
  let server: Server;
  let store: ImageStore;
  let password: string | null;
  let corrupt: string | null;
  let reads: string[];

  beforeEach(async () => {
    password = corrupt = null;
    reads = [];
    server = createServer((request, response) => {
      if (password !== null && request.headers.authorization !== `Basic ${password}`) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end('who are you?');
        return;
      }
      const last = request.url?.split('/').at(-1) ?? '';
      reads.push(last);
      const manifests: Record<string, string> = {
        v1: manifest,
        v2: manifest,
        multi: index,
        [sha256(manifest)]: manifest,
      };
      const bytes = manifests[last] ?? blobs.get(last);
      if (bytes === undefined) response.writeHead(404).end('manifest unknown');
      else response.end(last === corrupt ? 'something else' : bytes);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const faults = new Faults(0, { startSeconds: 10, maxSeconds: 300 });
    store = new ImageStore('node-1', { 'registry.north': `http://127.0.0.1:${port}` }, faults);
  });
  afterEach(() => {
    server.close();
  });

  test('reads manifest, config and layers, and layers only once', async () => {
    const image = await store.pull('registry.north/shop/web:v1');
    expect(image.imageId).toBe(`registry.north/shop/web@${sha256(manifest)}`);
    expect(image.behaviour.version).toBe('v1');
    expect(reads.sort()).toEqual(['v1', ...blobs.keys()].sort());
    reads = [];
    await store.pull('registry.north/shop/web:v2');
    expect(reads.sort()).toEqual(['v2', sha256(config)].sort());
  });

  test('two pulls at once are one', async () => {
    await Promise.all([store.pull('registry.north/shop/web:v1'), store.pull('registry.north/shop/web:v1')]);
    expect(reads.filter((read) => read === 'v1')).toHaveLength(1);
  });

  test('of an index the image of this platform; its digest is the index', async () => {
    const image = await store.pull('registry.north/shop/web:multi');
    expect(image.imageId).toBe(`registry.north/shop/web@${sha256(index)}`);
    expect(reads).toContain(sha256(manifest));
  });

  test('a password is given when asked for, to its own host only', async () => {
    password = Buffer.from('user:secret').toString('base64');
    await expect(store.pull('registry.north/shop/web:v1')).rejects.toThrow('401 who are you?');
    await expect(store.pull('registry.north/shop/web:v1', [{ host: 'elsewhere', basic: password }])).rejects.toThrow(
      '401',
    );
    await store.pull('registry.north/shop/web:v1', [{ host: 'registry.north', basic: password }]);
  });

  test('bytes that are not the digest are refused', async () => {
    corrupt = sha256(layers[1] ?? '');
    await expect(store.pull('registry.north/shop/web:v1')).rejects.toThrow(`blob ${corrupt} came as`);
    expect(store.get('registry.north/shop/web:v1')).toBeUndefined();
  });

  test('an unknown host or tag is named', async () => {
    await expect(store.pull('registry.south/shop/web:v1')).rejects.toThrow('lookup registry.south: no such host');
    await expect(store.pull('registry.north/shop/web:v9')).rejects.toThrow('404 manifest unknown');
  });
});

test('pull secrets give the password of each registry; one that cannot be read is left out', async () => {
  const auths = { 'r1:5000': { auth: 'dTE6cDE=' }, r2: { username: 'u2', password: 'p2' } };
  const secret = { data: { '.dockerconfigjson': Buffer.from(JSON.stringify({ auths })).toString('base64') } };
  const api = {
    request: async <T>({ path }: { path: string }): Promise<T> => {
      if (path !== '/api/v1/namespaces/pro/secrets/good') throw new Error('not found');
      return secret as T;
    },
  };
  const pod: Pod = {
    metadata: { name: 'web-0', namespace: 'pro', uid: 'u', resourceVersion: '1' },
    spec: { containers: [], imagePullSecrets: [{ name: 'absent' }, { name: 'good' }] },
  };
  expect(await pullCredentials(api, pod)).toEqual([
    { host: 'r1:5000', basic: 'dTE6cDE=' },
    { host: 'r2', basic: Buffer.from('u2:p2').toString('base64') },
  ]);
});
