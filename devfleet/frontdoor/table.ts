import type { Endpoint, JournalEntry } from './types.ts';

/** Where each Service's requests go, and the journal of every change of it. */
export class RoutingTable {
  readonly #routes = new Map<string, Endpoint[]>();
  readonly #turns = new Map<string, number>();
  readonly #journal: JournalEntry[] = [];

  /** Replaces a Service's endpoints; an entry is written where its set of addresses changed. */
  set(service: string, endpoints: Endpoint[]): void {
    const before = addressesOf(this.endpoints(service));
    const after = addressesOf(endpoints);
    if (endpoints.length === 0) this.#routes.delete(service);
    else this.#routes.set(service, endpoints);

    const added = [...after].filter((address) => !before.has(address));
    const removed = [...before].filter((address) => !after.has(address));
    if (added.length === 0 && removed.length === 0) return;
    this.#journal.push({
      seq: this.#journal.length + 1,
      time: new Date().toISOString(),
      ms: Number(process.hrtime.bigint() / 1000n) / 1000,
      service,
      addresses: [...after].sort(),
      added,
      removed,
      count: after.size,
    });
  }

  endpoints(service: string): Endpoint[] {
    return this.#routes.get(service) ?? [];
  }

  /** The next endpoint of the Service, round robin; null where it has none. */
  pick(service: string): Endpoint | null {
    const endpoints = this.endpoints(service);
    const turn = this.#turns.get(service) ?? 0;
    this.#turns.set(service, turn + 1);
    return endpoints[turn % endpoints.length] ?? null;
  }

  /** Is the place an endpoint of any Service? */
  routes(address: string, port: number): boolean {
    return [...this.#routes.values()].some((endpoints) =>
      endpoints.some((endpoint) => endpoint.address === address && endpoint.port === port),
    );
  }

  journal(after: number): JournalEntry[] {
    return this.#journal.slice(after);
  }
}

function addressesOf(endpoints: Endpoint[]): Set<string> {
  return new Set(endpoints.map((endpoint) => endpoint.address));
}
