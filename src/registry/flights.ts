/** How many digests are remembered of one registry. */
const REMEMBERED = 20_000;

/** Ends a flight. @param repository where the blob is now; null: it did not get there */
export type Land = (repository: string | null) => void;

/**
 * What is on its way to registries from this process, and what was seen there: a blob is sent to a registry once at a time,
 * whatever images and repositories it is for, and mounted where it is known to be.
 */
export class Flights {
  readonly #flying = new Map<string, Promise<string | null>>();
  readonly #seen = new Map<string, Map<string, string>>();

  /** @returns how to end the flight; or, where another one is on its way, what will have become of it */
  begin(registry: string, digest: string): Land | Promise<string | null> {
    const key = `${registry} ${digest}`;
    const flying = this.#flying.get(key);
    if (flying !== undefined) return flying;
    const { promise, resolve } = Promise.withResolvers<string | null>();
    this.#flying.set(key, promise);
    return (repository) => {
      this.#flying.delete(key);
      if (repository !== null) this.see(registry, digest, repository);
      resolve(repository);
    };
  }

  see(registry: string, digest: string, repository: string): void {
    let seen = this.#seen.get(registry);
    if (seen === undefined) this.#seen.set(registry, (seen = new Map<string, string>()));
    seen.delete(digest);
    seen.set(digest, repository);
    const [oldest] = seen.keys();
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest);
  }

  /** A repository of the registry that was seen to have the blob; it may have lost it since. */
  where(registry: string, digest: string): string | null {
    return this.#seen.get(registry)?.get(digest) ?? null;
  }
}
