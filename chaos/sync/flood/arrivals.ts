import type { RegistryEvent } from './told.ts';

/** A tag that names an image now. */
export interface Arrival {
  registry: string;
  repository: string;
  tag: string;
  digest: string;
  /** Milliseconds since 1970, by the registry's clock. */
  at: number;
}

/** What destinations tell of: when their tags moved, and what was sent there. */
export class Arrivals {
  /** Of each tag the first time that it named each image: by `registry repository:tag@digest`. */
  readonly first = new Map<string, Arrival>();
  /** What each tag named last, by `registry repository:tag`. */
  readonly #last = new Map<string, { digest: string; at: number }>();
  /** Blobs that were completed, by `registry repository@digest`. */
  readonly #blobs = new Set<string>();
  duplicateBytes = 0;
  blobBytes = 0;
  readonly #onMoved: (arrival: Arrival) => void;

  /** @param onMoved called as soon as a registry tells that a tag names something */
  constructor(onMoved: (arrival: Arrival) => void) {
    this.#onMoved = onMoved;
  }

  hear(registry: string, { action, timestamp, target }: RegistryEvent): void {
    const { repository = '', tag, digest = '', size = 0, mediaType = '' } = target;
    if (action !== 'push') return;
    if (tag === undefined) {
      if (mediaType === 'application/octet-stream') this.#blob(`${registry} ${repository}@${digest}`, size);
      return;
    }
    const arrival = { registry, repository, tag, digest, at: Date.parse(timestamp) };
    const key = keyOf(registry, repository, tag, digest);
    if (!this.first.has(key)) this.first.set(key, arrival);
    this.#last.set(`${registry} ${repository}:${tag}`, arrival);
    this.#onMoved(arrival);
  }

  /** When it was told first that the tag names the image there; null: never. */
  of(registry: string, repository: string, tag: string, digest: string): number | null {
    return this.first.get(keyOf(registry, repository, tag, digest))?.at ?? null;
  }

  names(registry: string, repository: string, tag: string): string | null {
    return this.#last.get(`${registry} ${repository}:${tag}`)?.digest ?? null;
  }

  #blob(key: string, size: number): void {
    this.blobBytes += size;
    if (this.#blobs.has(key)) this.duplicateBytes += size;
    this.#blobs.add(key);
  }
}

function keyOf(registry: string, repository: string, tag: string, digest: string): string {
  return `${registry} ${repository}:${tag}@${digest}`;
}
