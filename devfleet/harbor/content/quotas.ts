import { Refusal } from '../refusal.ts';
import type { Blob } from '../store/rows.ts';
import type { Store } from '../store/store.ts';

/** Layers that lie elsewhere do not count (src/pkg/blob/dao: schema2.MediaTypeForeignLayer, and no other). */
const FOREIGN = 'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip';
/** What an upload is until a manifest says better. */
export const UPLOADED = 'application/octet-stream';
/** From here on QUOTA_WARNING. */
const WARN_AT = 0.85;
const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** No room in the project; what Harbor tells of it in an event, too. */
export class QuotaExceeded extends Refusal {}

/** Storage of projects: each counts a blob once, however many of its repositories hold it. */
export class Quotas {
  readonly #store: Store;
  /** Project → bytes of the blobs that it counts. */
  readonly #used = new Map<number, number>();
  /** Project → bytes that requests under way have been granted. */
  readonly #reserved = new Map<number, number>();

  constructor(store: Store) {
    this.#store = store;
    for (const { projectId, digest } of store.projectBlobs.all()) this.#count(projectId, this.#sizeOf(digest));
  }

  used(projectId: number): number {
    return (this.#used.get(projectId) ?? 0) + (this.#reserved.get(projectId) ?? 0);
  }

  has(projectId: number, digest: string): boolean {
    return this.#store.projectBlobs.get(`${projectId}/${digest}`) !== undefined;
  }

  /** Blob of the registry, whoever's; undefined: Harbor does not know it. */
  blob(digest: string): Blob | undefined {
    return this.#store.blobs.get(digest);
  }

  /** Bytes that it takes to have these blobs too. */
  missing(projectId: number, blobs: Blob[]): number {
    const wanted = new Map(blobs.map((blob) => [blob.digest, blob]));
    return [...wanted.values()]
      .filter(({ digest, mediaType }) => !this.has(projectId, digest) && mediaType !== FOREIGN)
      .reduce((sum, { size }) => sum + size, 0);
  }

  /**
   * Does what takes so many bytes, if the project has room for them.
   * @param bytes null: it takes none, and is not asked
   * @param deed says what the project counts from then on; null: it was not done
   * @returns what the deed returns, and a warning where the project is nearly full now
   * @throws Refusal DENIED with the arithmetic (src/pkg/quota/errors.go)
   */
  async request<T>(
    projectId: number,
    bytes: number | null,
    deed: () => Promise<{ result: T; gained: Blob[] | null }>,
  ): Promise<{ result: T; warning: string | null }> {
    const hard = this.#store.quotas.get(String(projectId))?.hard ?? -1;
    const used = this.used(projectId);
    if (bytes !== null && hard !== -1 && used + bytes > hard)
      throw new QuotaExceeded(
        'DENIED',
        `adding ${displayed(bytes)} of storage resource, which when updated to current usage of ${displayed(used)} ` +
          `will exceed the configured upper limit of ${displayed(hard)}.`,
      );
    this.#reserve(projectId, bytes ?? 0);
    let gained: Blob[] | null = null;
    try {
      const done = await deed();
      gained = done.gained;
      const warning = bytes === null || gained === null ? null : this.#warning(projectId, hard);
      return { result: done.result, warning };
    } finally {
      // In one go, so that nobody counts it twice or not at all.
      this.#reserve(projectId, -(bytes ?? 0));
      for (const blob of gained ?? []) this.#associate(projectId, blob);
    }
  }

  dissociate(projectId: number, digest: string): void {
    const row = this.#store.projectBlobs.get(`${projectId}/${digest}`);
    if (row === undefined) return;
    this.#store.projectBlobs.delete(row);
    this.#count(projectId, -this.#sizeOf(digest));
  }

  #associate(projectId: number, blob: Blob): void {
    const known = this.#store.blobs.get(blob.digest);
    const before = this.#sizeOf(blob.digest);
    // An upload says nothing of what it is; the manifest that names it does.
    const { digest, mediaType } = blob;
    if (known === undefined || (mediaType !== UPLOADED && known.mediaType !== mediaType))
      this.#store.blobs.put({ digest, mediaType, size: known?.size ?? blob.size });
    const size = this.#sizeOf(blob.digest);
    if (known !== undefined && size !== before)
      for (const row of this.#store.projectBlobs.all())
        if (row.digest === blob.digest) this.#count(row.projectId, size - before);
    if (this.has(projectId, blob.digest)) return;
    this.#store.projectBlobs.put({ projectId, digest: blob.digest });
    this.#count(projectId, size);
  }

  #warning(projectId: number, hard: number): string | null {
    const used = this.used(projectId);
    if (hard === -1 || used < hard * WARN_AT) return null;
    return `quota usage reach 85%: resource storage used ${displayed(used)} of ${displayed(hard)}`;
  }

  #reserve(projectId: number, bytes: number): void {
    this.#reserved.set(projectId, (this.#reserved.get(projectId) ?? 0) + bytes);
  }

  #count(projectId: number, bytes: number): void {
    this.#used.set(projectId, (this.#used.get(projectId) ?? 0) + bytes);
  }

  #sizeOf(digest: string): number {
    const blob = this.#store.blobs.get(digest);
    return blob === undefined || blob.mediaType === FOREIGN ? 0 : blob.size;
  }
}

/** As Harbor shows sizes (src/pkg/quota/types/format.go). */
function displayed(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  const exponent = Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length);
  return `${(bytes / 1024 ** exponent).toFixed(1)} ${UNITS[exponent - 1] ?? ''}`;
}
