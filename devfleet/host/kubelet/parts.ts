import type { Logger } from 'pino';
import type { Faults } from '../faults.ts';
import type { Machine } from '../machine.ts';
import type { InstanceTag } from '../types.ts';
import type { Events } from './events.ts';
import type { Ipam } from './ipam.ts';
import type { NodeApi } from './node-api.ts';
import type { Pod } from './pod.ts';

/** What one node's kubelet is made of; pods and containers work with it. */
export interface KubeletParts {
  machine: Machine;
  api: NodeApi;
  faults: Faults;
  events: Events;
  ipam: Ipam;
  /** Number of the node's AZ in addresses. */
  azNumber: number;
  log: Logger;
}

/** The pod that a container belongs to. */
export interface Around {
  /** As the API has it now. */
  pod(): Pod;
  tag: InstanceTag;
  /** Only once the pod has one: no container starts before. */
  address(): string;
  /** Something that the status shows has changed. */
  changed(): void;
}
