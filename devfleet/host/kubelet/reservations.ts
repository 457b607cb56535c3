import type { Logger } from 'pino';
import { ApiError, MERGE } from './api.ts';
import type { Events } from './events.ts';
import { IP_ADDRESS, NoAddress, type Ipam } from './ipam.ts';
import type { NodeApi } from './node-api.ts';
import { isTerminal, podPath, type Pod } from './pod.ts';

/** Gives pods the addresses that they ask for by annotation as soon as they are created, as Kube-OVN's controller does. */
export class Reservations {
  readonly #ipam: Ipam;
  readonly #api: NodeApi;
  readonly #events: Events;
  readonly #log: Logger;
  /** Pods whose address somebody else has. */
  readonly #waiting = new Map<string, Pod>();

  constructor(ipam: Ipam, api: NodeApi, events: Events, log: Logger) {
    this.#ipam = ipam;
    this.#api = api;
    this.#events = events;
    this.#log = log;
  }

  seen(pod: Pod): void {
    const { uid } = pod.metadata;
    if (isTerminal(pod)) this.gone(uid);
    else if (this.#ipam.addressOf(uid) === undefined) {
      this.#ipam.recall(pod);
      this.#reserve(pod);
    }
  }

  gone(uid: string): void {
    this.#waiting.delete(uid);
    if (this.#ipam.addressOf(uid) === undefined) return;
    this.#ipam.release(uid);
    for (const pod of [...this.#waiting.values()]) this.#reserve(pod);
  }

  #reserve(pod: Pod): void {
    const { uid } = pod.metadata;
    try {
      const address = this.#ipam.claim(pod);
      this.#waiting.delete(uid);
      if (address !== undefined) void this.#annotate(pod, address);
    } catch (error) {
      if (!(error instanceof NoAddress)) throw error;
      if (!this.#waiting.has(uid)) this.#events.emit(pod, 'Warning', 'AcquireAddressFailed', error.message);
      this.#waiting.set(uid, pod);
    }
  }

  async #annotate({ metadata }: Pod, address: string): Promise<void> {
    const annotations = { 'ovn.kubernetes.io/allocated': 'true', [IP_ADDRESS]: address };
    if (metadata.annotations?.['ovn.kubernetes.io/allocated'] === 'true') return;
    try {
      const body = { metadata: { uid: metadata.uid, annotations } };
      await this.#api.request({ method: 'PATCH', path: podPath(metadata), contentType: MERGE, body });
    } catch (error) {
      if (error instanceof ApiError && [404, 409, 422].includes(error.status)) return;
      this.#log.warn({ pod: metadata.name, err: String(error) }, 'address not written to the pod');
    }
  }
}
