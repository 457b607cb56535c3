import type { CopyBeat, CopyProgress, CopyReport, CopyTally } from '../domain/sync/progress.ts';
import type { Copied } from '../registry/copy.ts';
import type { Place } from '../registry/manifest.ts';
import type { BlobProgress } from '../registry/progress.ts';

const NOTHING: CopyTally = { bytes: 0, sent: 0, mounted: 0, duplicates: 0, uploads: 0 };

/** Keeps account of a copy to several registries over its attempts: what one left in its heartbeat the next goes on from. */
export class Copying {
  readonly #startedAt: string;
  readonly #attempt: number;
  readonly #names: ReadonlyMap<Place, string>;
  readonly #before: Record<string, CopyTally>;
  readonly #arrived: Map<string, CopyReport>;
  readonly #blobs = new Map<string, Map<string, BlobProgress>>();

  /** @param left the last heartbeat of the attempt before; undefined: there was none */
  constructor(names: ReadonlyMap<Place, string>, attempt: number, left: Partial<CopyBeat> | undefined) {
    this.#names = names;
    this.#attempt = attempt;
    this.#startedAt = left?.startedAt ?? new Date().toISOString();
    this.#before = Object.fromEntries(
      [...names.values()].map((name) => [name, left?.registries?.[name]?.tally ?? NOTHING]),
    );
    // A worker of the release before left none.
    this.#arrived = new Map(Object.entries(left?.arrived ?? {}));
    for (const name of names.values()) this.#blobs.set(name, new Map<string, BlobProgress>());
  }

  note(progress: BlobProgress): void {
    this.#blobs.get(this.#nameOf(progress.place))?.set(progress.digest, progress);
  }

  /** Registries that have the image, and all that is attached to it, from this attempt or one before. */
  get arrived(): ReadonlyMap<string, CopyReport> {
    return this.#arrived;
  }

  /** To be sent as heartbeat. */
  beat(): CopyBeat {
    const registries = [...this.#blobs].map(([name, blobs]) => {
      const all = [...blobs.values()];
      const tally = sum(this.#before[name] ?? NOTHING, {
        bytes: all.reduce((bytes, one) => bytes + one.bytes, 0),
        sent: all.filter(({ state }) => state === 'done').length,
        mounted: all.filter(({ state }) => state === 'mounted').length,
        duplicates: all.filter(({ state }) => state === 'duplicate').length,
        uploads: all.reduce((uploads, { attempts }) => uploads + attempts, 0),
      });
      return [name, { ...progressOf(all, tally.bytes), tally }] as const;
    });
    return {
      startedAt: this.#startedAt,
      registries: Object.fromEntries(registries),
      arrived: Object.fromEntries(this.#arrived),
    };
  }

  /** A registry has the image now. */
  arrive({ place, tally, wasHere }: Copied): { registry: string; report: CopyReport } {
    const { skipped, attempts: uploads, ...own } = tally;
    const registry = this.#nameOf(place);
    const before = this.#before[registry] ?? NOTHING;
    const report: CopyReport = {
      startedAt: this.#startedAt,
      ms: Date.now() - Date.parse(this.#startedAt),
      wasHere: wasHere && this.#attempt === 1,
      ...sum(before, { ...own, uploads }),
      skipped,
      attempts: this.#attempt,
    };
    this.#arrived.set(registry, report);
    return { registry, report };
  }

  #nameOf(place: Place): string {
    return this.#names.get(place) ?? '';
  }
}

function progressOf(all: readonly BlobProgress[], sentBytes: number): CopyProgress {
  const isHere = ({ state }: BlobProgress): boolean => state !== 'queued' && state !== 'sending';
  return {
    blobs: all.length,
    here: all.filter(isHere).length,
    bytes: all.reduce((bytes, { size }) => bytes + size, 0),
    hereBytes: all.reduce((bytes, one) => bytes + (isHere(one) ? one.size : one.bytes), 0),
    sentBytes,
  };
}

function sum(one: CopyTally, other: CopyTally): CopyTally {
  return {
    bytes: one.bytes + other.bytes,
    sent: one.sent + other.sent,
    mounted: one.mounted + other.mounted,
    duplicates: one.duplicates + other.duplicates,
    uploads: one.uploads + other.uploads,
  };
}
