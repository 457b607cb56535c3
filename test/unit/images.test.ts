import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { extract } from 'tar-stream';
import { expect, test } from 'vitest';
import { makeImage } from '../../devfleet/images/index.ts';

const options = { repository: 'shop/web', tag: 'v1', labels: { b: '2', a: '1' } };
const digestOf = (bytes: Buffer) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;

test('equal options give the same digest, whatever the order of the labels', async () => {
  const one = await makeImage(options);
  const two = await makeImage({ ...options, labels: { a: '1', b: '2' } });
  expect(two.manifest.digest).toBe(one.manifest.digest);
});

test('another tag or label is another image; layers below the last are shared between tags', async () => {
  const v1 = await makeImage(options);
  const v2 = await makeImage({ ...options, tag: 'v2' });
  const slow = await makeImage({ ...options, labels: { a: '1', b: '3' } });
  expect(new Set([v1, v2, slow].map((image) => image.manifest.digest)).size).toBe(3);
  const digests = (image: typeof v1) => image.layers.map((layer) => layer.digest);
  expect(digests(v2).slice(0, -1)).toEqual(digests(v1).slice(0, -1));
  expect(digests(v2).at(-1)).not.toBe(digests(v1).at(-1));
});

test('the manifest names its blobs by digest and size, the config names the uncompressed layers', async () => {
  const { manifest, config, layers } = await makeImage({ ...options, layers: 2, layerBytes: 1000 });
  const parsed = JSON.parse(manifest.bytes.toString()) as {
    config: { digest: string; size: number };
    layers: { digest: string; size: number }[];
  };
  expect(parsed.config).toMatchObject({ digest: digestOf(config.bytes), size: config.bytes.length });
  expect(parsed.layers).toMatchObject(
    layers.map((layer) => ({ digest: digestOf(layer.bytes), size: layer.bytes.length })),
  );
  const image = JSON.parse(config.bytes.toString()) as {
    config: { Labels: unknown };
    rootfs: { diff_ids: string[] };
  };
  expect(image.config.Labels).toEqual(options.labels);
  expect(image.rootfs.diff_ids).toEqual(layers.map((layer) => digestOf(gunzipSync(layer.bytes))));
});

test('each layer is a tar of one file of the size asked for', async () => {
  const { layers } = await makeImage({ ...options, layers: 1, layerBytes: 777 });
  const files: { name: string; size: number | undefined }[] = [];
  const untar = Readable.from([gunzipSync(layers[0]?.bytes ?? Buffer.alloc(0))]).pipe(extract());
  for await (const entry of untar) {
    files.push({ name: entry.header.name, size: entry.header.size });
    await text(entry);
  }
  expect(files).toEqual([{ name: 'app/layer-0.bin', size: 777 }]);
});
