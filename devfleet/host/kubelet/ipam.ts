import type { Pod } from './pod.ts';

export const IP_POOL = 'ovn.kubernetes.io/ip_pool';
export const IP_ADDRESS = 'ovn.kubernetes.io/ip_address';

/** No address for the pod; `holder` names who has it. */
export class NoAddress extends Error {}

/**
 * Who may use which address, by Kube-OVN's rules in small: an address asked for by annotation belongs to the pod from its
 * creation, gated or not; any other is given from the AZ's range when the pod comes to a node. Both last as long as the pod.
 */
export class Ipam {
  readonly #octet: number;
  readonly #owners = new Map<string, { uid: string; name: string }>();
  readonly #byUid = new Map<string, string>();
  readonly #cursor = new Map<number, number>();

  constructor(octet: number) {
    this.#octet = octet;
  }

  addressOf(uid: string): string | undefined {
    return this.#byUid.get(uid);
  }

  /** Leaves the pod the address that its status shows, from before this process started. To be asked before any assign. */
  recall(pod: Pod): void {
    const address = pod.status?.podIP;
    if (address === undefined || !address.startsWith(`10.${this.#octet}.`) || this.#byUid.has(pod.metadata.uid)) return;
    if (!this.#owners.has(address)) this.#own(address, pod);
  }

  /**
   * Address that the pod asks for by annotation; undefined where it asks for none. Kube-OVN's rules: `ip_address` wins;
   * a StatefulSet's pod takes the element of its ordinal, any other pod the first free one.
   * @throws NoAddress when its pool has none for it, or somebody else has it
   */
  claim(pod: Pod): string | undefined {
    const { uid } = pod.metadata;
    const has = this.#byUid.get(uid);
    const wanted = this.#wanted(pod);
    if (has !== undefined || wanted === undefined) return has;
    const free = wanted.find((address) => !this.#owners.has(address));
    if (free === undefined) {
      const holders = wanted.map((address) => `${address} is held by ${this.#owners.get(address)?.name ?? 'nobody'}`);
      throw new NoAddress(
        holders.length > 0
          ? `AddressConflict: ${holders.join(', ')}`
          : 'NoAvailableAddress: the pool has none for this pod',
      );
    }
    this.#own(free, pod);
    return free;
  }

  /** Gives the pod a free address of the AZ's range (or the one it has). */
  assign(pod: Pod, azNumber: number): string {
    const has = this.#byUid.get(pod.metadata.uid);
    if (has !== undefined) return has;
    // 245 addresses in each of 12 third octets, 16 apart: AZs never meet, multiples of 16 are the hosts', and the last
    // four of an AZ are those of Mesos tasks (../agent/ipam.ts).
    const size = 245 * 12;
    const start = this.#cursor.get(azNumber) ?? 0;
    for (let step = 0; step < size; step++) {
      const index = (start + step) % size;
      const address = `10.${this.#octet}.${azNumber + 16 * Math.floor(index / 245)}.${10 + (index % 245)}`;
      if (this.#owners.has(address)) continue;
      this.#cursor.set(azNumber, index + 1);
      this.#own(address, pod);
      return address;
    }
    throw new NoAddress(`NoAvailableAddress: all ${size} of AZ ${azNumber} are taken`);
  }

  release(uid: string): void {
    const address = this.#byUid.get(uid);
    this.#byUid.delete(uid);
    if (address !== undefined && this.#owners.get(address)?.uid === uid) this.#owners.delete(address);
  }

  #own(address: string, { metadata: { uid, namespace, name } }: Pod): void {
    this.#owners.set(address, { uid, name: `${namespace}/${name}` });
    this.#byUid.set(uid, address);
  }

  #wanted({ metadata }: Pod): string[] | undefined {
    const fixed = metadata.annotations?.[IP_ADDRESS];
    if (fixed !== undefined) return [fixed.trim()];
    const pool = metadata.annotations?.[IP_POOL];
    if (pool === undefined) return undefined;
    const addresses = pool.split(pool.includes(';') ? ';' : ',').map((address) => address.trim());
    const inSet = metadata.ownerReferences?.some(
      ({ apiVersion, kind }) => kind === 'StatefulSet' && apiVersion.startsWith('apps/'),
    );
    if (inSet !== true) return addresses;
    const own = addresses[Number(/-(\d+)$/.exec(metadata.name)?.[1])];
    return own === undefined ? [] : [own];
  }
}
