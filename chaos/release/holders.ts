import { SimHostsClient } from '../../devfleet/host/client.ts';
import type { Devfleet } from '../../devfleet/index.ts';

/** Who holds which address, by the hosts' journals, followed entry by entry: never two. */
export class Holders {
  readonly #hosts: { client: SimHostsClient; after: number }[];
  readonly #held = new Map<string, string>();

  constructor(fleet: Devfleet) {
    this.#hosts = Object.values(fleet.idcs).map(({ hostsAdmin }) => ({
      client: new SimHostsClient(hostsAdmin),
      after: 0,
    }));
  }

  /** Reads on. One line for each address that was taken while another pod held it. */
  async follow(): Promise<string[]> {
    const doubles: string[] = [];
    for (const host of this.#hosts) {
      for (const entry of await host.client.journal(host.after)) {
        host.after = entry.n;
        if (entry.kind === 'address-released' && this.#held.get(entry.address) === entry.uid)
          this.#held.delete(entry.address);
        if (entry.kind !== 'address-taken') continue;
        const holder = this.#held.get(entry.address);
        if (holder !== undefined && holder !== entry.uid)
          doubles.push(`${entry.address} was taken by ${entry.instance} (${entry.uid}) while ${holder} held it`);
        this.#held.set(entry.address, entry.uid);
      }
    }
    return doubles;
  }
}
