import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { pack } from 'tar-stream';

/** One piece of an image as registries keep it. */
export interface Blob {
  mediaType: string;
  digest: string;
  bytes: Buffer;
}

export interface Layer extends Blob {
  /** Digest of the tar before compression, as the image's config lists it. */
  diffId: string;
}

const EPOCH = new Date(0);

export function sha256(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * Content that no compression shrinks. The same seed gives the same bytes on every machine, so images pushed to several
 * registries are the same image by digest.
 */
export function noise(seed: string, size: number): Buffer {
  return createHash('shake256', { outputLength: Math.max(1, size) })
    .update(seed)
    .digest();
}

/** A layer of one executable file; equal content gives equal bytes. */
export async function makeLayer(path: string, content: Buffer): Promise<Layer> {
  const tar = pack();
  tar.entry({ name: path, mtime: EPOCH, mode: 0o755, uid: 0, gid: 0, uname: 'root', gname: 'root' }, content);
  tar.finalize();
  const raw = await buffer(tar);
  const bytes = gzipSync(raw);
  return {
    mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
    digest: sha256(bytes),
    bytes,
    diffId: sha256(raw),
  };
}
