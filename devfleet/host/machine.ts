import { randomBytes } from 'node:crypto';
import type { AddressTable } from './addresses.ts';
import type { Faults } from './faults.ts';
import type { ImageStore, StoredImage } from './images.ts';
import type { Journal } from './journal.ts';
import { ContainerProcess } from './process.ts';
import type { InstanceTag } from './types.ts';

/** What to start. */
export interface ContainerOrder extends InstanceTag {
  container: string;
  /** Image string as the scheduler gave it. */
  image: string;
  stored: StoredImage;
  address: string;
  /** Ports of the order; empty: what the image says. */
  ports: number[];
  restartCount: number;
}

/**
 * One physical machine: its image store, the addresses and containers on it. Whoever runs on it (a kubelet, a Mesos
 * agent) starts and stops containers through it.
 */
export class Machine {
  readonly name: string;
  readonly az: string;
  readonly idc: string;
  /** The machine's own address. */
  readonly address: string;
  readonly images: ImageStore;
  readonly containers = new Set<ContainerProcess>();
  readonly addresses: AddressTable;
  readonly journal: Journal;
  readonly #faults: Faults;

  constructor(
    identity: { name: string; az: string; idc: string; address: string },
    parts: { images: ImageStore; addresses: AddressTable; journal: Journal; faults: Faults },
  ) {
    this.name = identity.name;
    this.az = identity.az;
    this.idc = identity.idc;
    this.address = identity.address;
    this.images = parts.images;
    this.addresses = parts.addresses;
    this.journal = parts.journal;
    this.#faults = parts.faults;
  }

  /** Resolves when the machine is not frozen. */
  awake(): Promise<void> {
    return this.#faults.awake(this.name);
  }

  /** Starts a container; resolves when it listens, or has exited because it cannot. Every start is journalled first. */
  async start(order: ContainerOrder): Promise<ContainerProcess> {
    await this.awake();
    const { stored, ports, ...tag } = order;
    const { behaviour } = stored;
    const fromImage = behaviour.port === null ? [] : [behaviour.port];
    const process = await ContainerProcess.start(
      { ...tag, containerId: randomBytes(32).toString('hex'), version: behaviour.version },
      ports.length > 0 ? ports : fromImage,
      behaviour,
      {
        awake: () => this.awake(),
        mortal: ({ namespace, instance }) => this.#faults.mortal(namespace, instance),
        started: (started) => this.journal.append({ kind: 'container-started', ...started }),
        stopped: (stopped, { exitCode, reason }) => {
          this.journal.append({ kind: 'container-stopped', ...stopped, exitCode, reason });
        },
        collision: (colliding, error) => {
          const { node, namespace, instance, uid } = colliding;
          this.addresses.collision({ node, namespace, instance, uid }, error);
        },
      },
    );
    if (process.exit === null) {
      this.containers.add(process);
      void process.exited.then(() => this.containers.delete(process));
    }
    return process;
  }
}
