import { RegistryClient, type ClientOptions } from '../../../src/registry/client.ts';
import type { Place } from '../../../src/registry/manifest.ts';
import { Adversary } from './adversary.ts';
import type { Quirks } from './quirks.ts';
import { Tap } from './tap.ts';

/** Fast enough for tests, as patient as they need. */
const SWIFT: ClientOptions = { attempts: 4, baseMs: 5, capMs: 2000, answerMs: 5000, stallMs: 5000 };

/** Registries, clients and proxies of one test. */
export class RegistryWorld {
  readonly #ends: (() => unknown)[] = [];

  async registry(quirks: Quirks = {}): Promise<Adversary> {
    const registry = await new Adversary(quirks).start();
    this.#ends.push(() => registry.stop());
    return registry;
  }

  /** A proxy before a registry. */
  async tap(registry: { url: string }): Promise<Tap> {
    const tap = await new Tap(registry).start();
    this.#ends.push(() => tap.stop());
    return tap;
  }

  client(registry: { url: string }, options: ClientOptions = {}): RegistryClient {
    const client = new RegistryClient(registry, { ...SWIFT, ...options });
    this.#ends.push(() => client.close());
    return client;
  }

  place(registry: { url: string }, repository = 'shop/web', options: ClientOptions = {}): Place {
    return { client: this.client(registry, options), repository };
  }

  async end(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
