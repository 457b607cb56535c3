import type { InstanceView } from '../types.ts';
import { NodeAgent } from './node.ts';
import type { KubeletParts } from './parts.ts';
import type { Pod } from './pod.ts';
import { PodWorker } from './pod-worker.ts';

/** The kubelet of one node: a worker for each of its pods. */
export class Kubelet {
  readonly node: NodeAgent;
  readonly #parts: KubeletParts;
  readonly #workers = new Map<string, PodWorker>();

  constructor(parts: KubeletParts, options: { leaseSeconds: number; podsPerHost: number }) {
    this.#parts = parts;
    this.node = new NodeAgent(parts.machine, parts.api, options, parts.log);
  }

  get name(): string {
    return this.#parts.machine.name;
  }

  /** A pod of this node is new or changed. */
  seen(pod: Pod): void {
    if (!this.#reachable) return;
    const worker = this.#workers.get(pod.metadata.uid);
    if (worker === undefined) this.#adopt(pod);
    else worker.update(pod);
  }

  /** A pod of this node is gone from the API. */
  gone(uid: string): void {
    if (this.#reachable) this.#workers.get(uid)?.gone();
  }

  /** The node is back from a freeze or a partition: says so, and catches up with all that it missed. */
  resync(pods: Iterable<Pod>): void {
    if (!this.#reachable) return;
    void this.node.beat();
    const present = new Set<string>();
    for (const pod of pods) {
      if (pod.spec.nodeName !== this.name) continue;
      present.add(pod.metadata.uid);
      this.seen(pod);
    }
    for (const [uid, worker] of this.#workers) {
      if (present.has(uid)) worker.reconnect();
      else worker.gone();
    }
  }

  find(namespace: string, name: string): PodWorker | undefined {
    const found = [...this.#workers.values()].filter(({ tag }) => tag.namespace === namespace && tag.instance === name);
    return found.at(-1);
  }

  views(): InstanceView[] {
    return [...this.#workers.values()].flatMap((worker) => worker.views());
  }

  get #reachable(): boolean {
    return !this.#parts.faults.isFrozen(this.name) && !this.#parts.faults.isPartitioned(this.name);
  }

  #adopt(pod: Pod): void {
    const { namespace, name, uid } = pod.metadata;
    const earlier = this.find(namespace, name);
    const worker = new PodWorker(pod, this.#parts, earlier?.finished ?? Promise.resolve());
    this.#workers.set(uid, worker);
    void worker.finished.then(() => this.#workers.delete(uid));
  }
}
