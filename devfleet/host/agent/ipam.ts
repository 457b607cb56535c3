/** NetworkInfo label by which a task asks for one address of its AZ; without it, it gets any. */
export const ADDRESS_LABEL = 'ip_address';

/** No address for the task. */
export class NoTaskAddress extends Error {}

const PER_OCTET = 245;
const FIRST_BLOCK = 12;
const BLOCKS = 4;

/**
 * Addresses of Mesos tasks in container networks, as a CNI plugin with an address plan of its own gives them. It knows
 * nothing of the pods' (and their plan nothing of this): the ranges from which each gives are apart, and an address that
 * is asked for is free when nobody on any machine holds it (AddressTable).
 */
export class TaskIpam {
  readonly #octet: number;
  readonly #owners = new Map<string, string>();
  readonly #cursor = new Map<number, number>();

  constructor(octet: number) {
    this.#octet = octet;
  }

  /** @throws NoTaskAddress when it is not of the AZ, or another task has it */
  claim(taskId: string, address: string, azNumber: number): string {
    const [ten, octet, third = NaN, last = NaN] = address.split('.').map(Number);
    const inAz =
      ten === 10 && octet === this.#octet && third % 16 === azNumber && third <= 255 && last >= 1 && last <= 254;
    if (!inAz) throw new NoTaskAddress(`requested address ${address} is not in the range of this network`);
    const owner = this.#owners.get(address);
    if (owner !== undefined && owner !== taskId)
      throw new NoTaskAddress(`requested address ${address} is not available: allocated to ${owner}`);
    this.#owners.set(address, taskId);
    return address;
  }

  /** The next address of the AZ that no task has. @throws NoTaskAddress */
  assign(taskId: string, azNumber: number): string {
    // The last four of an AZ's 16 third octets; the others are the pods' (../kubelet/ipam.ts).
    const size = PER_OCTET * BLOCKS;
    const start = this.#cursor.get(azNumber) ?? 0;
    for (let step = 0; step < size; step++) {
      const index = (start + step) % size;
      const third = azNumber + 16 * (FIRST_BLOCK + Math.floor(index / PER_OCTET));
      const address = `10.${this.#octet}.${third}.${10 + (index % PER_OCTET)}`;
      if (this.#owners.has(address)) continue;
      this.#cursor.set(azNumber, index + 1);
      this.#owners.set(address, taskId);
      return address;
    }
    throw new NoTaskAddress(`no IP addresses available in network: all ${size} of AZ ${azNumber} are taken`);
  }

  release(taskId: string, address: string): void {
    if (this.#owners.get(address) === taskId) this.#owners.delete(address);
  }
}
