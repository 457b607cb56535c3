import { expect, test } from 'vitest';
import { noise, sha256 } from '../../../devfleet/images/layer.ts';
import { hasBlob } from '../../../src/registry/download.ts';
import { mountOrBegin, pushBytes, uploadBlob } from '../../../src/registry/upload.ts';
import { ask } from './hands.ts';
import type { RealRegistry } from './real.ts';
import type { RegistryWorld } from './world.ts';

/** Answers to uploads in which releases of distribution differ. */
export interface UploadAnswers {
  /** To a PATCH that does not begin where the last one ended. */
  outOfOrder: number;
  /** To the question how far an upload is, after a PATCH was broken off. */
  afterBrokenPatch: number;
  /** Uploads of a blob in chunks of which one PATCH is broken off. */
  uploadsOfBroken: number;
  /** To the last DELETE of an upload that was called off after some of it had come. */
  cancelled: number;
}

const MiB = 1024 * 1024;

/** What a real registry answers to uploads, told by somebody's own hands, and that the client copes with it. */
export function uploadAnswers(world: RegistryWorld, registry: () => RealRegistry, answers: UploadAnswers): void {
  test('a blob within the POST that begins an upload is ignored: it is sent again by PUT, and not tried any more', async () => {
    const tap = await world.tap(registry());
    const place = world.place(tap, 'answers/post');
    for (const bytes of [Buffer.from('one'), Buffer.from('two')]) {
      await pushBytes(place, sha256(bytes), bytes);
      expect(await hasBlob(place, sha256(bytes))).toBe(true);
    }
    const posts = tap.of(/^POST/);
    expect(posts.map(({ status, sent }) => [status, sent])).toEqual([
      [202, 3],
      [202, 0],
    ]);
    expect(posts[0]?.path).toContain('digest=');
    expect(tap.of(/^PUT/).map(({ status, sent }) => [status, sent])).toEqual([
      [201, 3],
      [201, 3],
    ]);
  });

  test.each([
    ['without the repository to mount from', null],
    ['from a repository that lacks it', 'answers/empty'],
  ])('a mount %s begins an upload instead', async (_what, from) => {
    const bytes = noise(`mount ${String(from)}`, 1000);
    const blob = { digest: sha256(bytes), size: bytes.length };
    const tap = await world.tap(registry());
    const place = world.place(tap, 'answers/mount');
    const session = await mountOrBegin(place, blob.digest, from);
    if (session === null) throw new Error('nobody has the blob');
    expect(tap.of(/^POST/).map(({ status }) => status)).toEqual([202]);
    await uploadBlob(place, blob, session, bytes);
    expect(await hasBlob(place, blob.digest)).toBe(true);
    expect(await mountOrBegin({ ...place, repository: 'answers/other' }, blob.digest, place.repository)).toBeNull();
  });

  test('a PATCH out of order, and how far an upload is', async () => {
    const begun = await ask(registry(), 'POST', 'answers/order', 'blobs/uploads/');
    const patch = async (location: unknown, start: number): ReturnType<typeof ask> =>
      ask(registry(), 'PATCH', '', String(location), {
        headers: { 'content-range': `${start}-${start + 9}`, 'content-type': 'application/octet-stream' },
        body: Buffer.alloc(10),
      });
    const first = await patch(begun.headers['location'], 0);
    expect(first).toMatchObject({ status: 202, headers: { range: '0-9' } });
    const far = await ask(registry(), 'GET', '', String(first.headers['location']));
    expect(far).toMatchObject({ status: 204, headers: { range: '0-9' } });
    const wrong = await patch(first.headers['location'], 50);
    expect(wrong.status).toBe(answers.outOfOrder);
  });

  test('a PATCH that is broken off: the upload goes on where it is known, else the blob is sent anew', async () => {
    const tap = await world.tap(registry());
    const layer = noise('broken', 10 * MiB);
    const blob = { digest: sha256(layer), size: layer.length };
    const place = world.place(tap, 'answers/broken');
    place.client.traits.takesWholeBlobs = false;
    let breaks = 1;
    tap.onPiece = async ({ method, sent }) => {
      const isSecond = method === 'PATCH' && tap.of(/^PATCH/).length === 2;
      if (isSecond && sent >= MiB && breaks-- > 0) throw new Error('the connection breaks');
    };
    await pushBytes(place, blob.digest, layer);
    expect(tap.of(/^GET .*uploads/).map(({ status }) => status)).toEqual([answers.afterBrokenPatch]);
    expect(tap.of(/^POST/)).toHaveLength(answers.uploadsOfBroken);
    const got = await ask(registry(), 'GET', place.repository, `blobs/${blob.digest}`);
    expect(got.bytes.equals(layer)).toBe(true);
  });

  test('of an upload that is called off nothing is kept', async () => {
    const tap = await world.tap(registry());
    const layer = noise('called off', 10 * MiB);
    const blob = { digest: sha256(layer), size: layer.length };
    const place = world.place(tap, 'answers/off');
    const session = await mountOrBegin(place, blob.digest, null);
    if (session === null) throw new Error('nobody has the blob');
    const abort = new AbortController();
    const reason = new Error('somebody called it off');
    tap.onPiece = async ({ method, sent }) => {
      if (method === 'PUT' && sent > 5 * MiB) abort.abort(reason);
    };
    await expect(uploadBlob(place, blob, session, layer, abort.signal)).rejects.toBe(reason);
    const last = tap.of(/^DELETE/).at(-1);
    expect(last?.status).toBe(answers.cancelled);
    expect(await ask(registry(), 'GET', '', String(last?.path))).toMatchObject({ status: 404 });
  });

  test('a blob that is not what its digest says is refused, and its upload given up', async () => {
    const tap = await world.tap(registry());
    const place = world.place(tap, 'answers/wrong');
    const other = sha256('another');
    const session = await mountOrBegin(place, other, null);
    if (session === null) throw new Error('nobody has the blob');
    const wrong = uploadBlob(place, { digest: other, size: 4 }, session, Buffer.from('this'));
    await expect(wrong).rejects.toMatchObject({ code: 'IMAGE_CORRUPT', status: 400 });
    expect(await hasBlob(place, other)).toBe(false);
    const last = tap.of(/^DELETE/).at(-1);
    expect(await ask(registry(), 'GET', '', String(last?.path))).toMatchObject({ status: 404 });
  });
}
