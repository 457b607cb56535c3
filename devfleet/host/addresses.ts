import { createServer, type Server } from 'node:net';
import type { Journal } from './journal.ts';
import type { InstanceTag } from './types.ts';

/**
 * Port that stands for "the address is up" on 127.x.y.z, as the pause container does on a real node: two holders of one
 * address collide on it whatever ports they serve, also from two processes.
 */
export const SANDBOX_PORT = 64_999;

/** Address that a pod listens on: 10.a.b.c is published, 127.a.b.c is real on this machine. */
export function loopbackOf(address: string): string {
  if (!address.startsWith('10.')) throw new Error(`${address} is not an address of a sim host`);
  return `127.${address.slice(3)}`;
}

/** Takes the address. @throws AddressInUse */
async function holdAddress(address: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? new AddressInUse(address, SANDBOX_PORT) : error);
    });
    server.listen({ host: loopbackOf(address), port: SANDBOX_PORT, exclusive: true }, resolve);
  });
  return server;
}

/** Somebody answers at the address already. */
export class AddressInUse extends Error {
  readonly address: string;
  readonly port: number;

  constructor(address: string, port: number) {
    super(`IP address ${address} has already been used (port ${port})`);
    this.address = address;
    this.port = port;
  }
}

/** Which instance of this process holds which address; what it does is journalled. */
export class AddressTable {
  readonly #held = new Map<string, { tag: InstanceTag; server: Server }>();
  readonly #journal: Journal;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** @throws AddressInUse, journalled, when anybody on this machine (also another process) holds it */
  async take(tag: InstanceTag, address: string): Promise<void> {
    try {
      const server = await holdAddress(address);
      this.#held.set(address, { tag, server });
      this.#journal.append({ kind: 'address-taken', ...tag, address });
    } catch (error) {
      if (error instanceof AddressInUse) this.collision(tag, error);
      throw error;
    }
  }

  collision(tag: InstanceTag, { address, port }: AddressInUse): void {
    const holder = this.#held.get(address)?.tag;
    const name =
      holder === undefined ? null : `${holder.namespace}/${holder.instance} (${holder.uid}) on ${holder.node}`;
    this.#journal.append({ kind: 'address-collision', ...tag, address, port, holder: name });
  }

  /** Gives the address back, if this instance holds it. */
  release(tag: InstanceTag, address: string): void {
    const held = this.#held.get(address);
    if (held?.tag.uid !== tag.uid) return;
    this.#held.delete(address);
    // Journalled first: whoever takes it, in this process or another, must come later.
    this.#journal.append({ kind: 'address-released', ...tag, address });
    held.server.close();
  }
}
