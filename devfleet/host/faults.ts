import { EventEmitter, once } from 'node:events';
import type { BackOffLimits, Fault } from './types.ts';

export interface PullFault {
  delayMs: number;
  error: string | undefined;
}

/** The switches that tests set; kubelets and machines ask here. */
export class Faults {
  readonly #frozen = new Set<string>();
  readonly #partitioned = new Set<string>();
  readonly #neverStop = new Set<string>();
  readonly #pulls = new Map<string, PullFault & { node: string | undefined; image: string }>();
  readonly #observed = new Map<string, { lagMs: number; omit: boolean }>();
  readonly #failStatus = new Map<string, number>();
  readonly #defaultLagMs: number;
  /** Restart and pull back-off of every kubelet. */
  backOff: BackOffLimits;
  /** `changed` after each switch; `healed` with the node's name when it is reachable again. */
  readonly events = new EventEmitter<{ changed: []; healed: [node: string] }>();

  constructor(defaultLagMs: number, backOff: BackOffLimits) {
    this.#defaultLagMs = defaultLagMs;
    this.backOff = backOff;
    this.events.setMaxListeners(0);
  }

  /** Sets a switch. Acts that happen once (evict, crash, break-watch) are not for here. */
  set(fault: Exclude<Fault, { kind: 'evict' | 'crash' | 'break-watch' }>): void {
    switch (fault.kind) {
      case 'freeze':
        toggle(this.#frozen, fault.node, fault.on);
        break;
      case 'partition':
        toggle(this.#partitioned, fault.node, fault.on);
        break;
      case 'never-stop':
        toggle(this.#neverStop, `${fault.namespace}/${fault.pod}`, fault.on);
        break;
      case 'observed-generation':
        this.#observed.set(fault.node ?? '', { lagMs: fault.lagMs ?? this.#defaultLagMs, omit: fault.omit ?? false });
        if (fault.node === undefined)
          for (const node of this.#observed.keys()) if (node !== '') this.#observed.delete(node);
        break;
      case 'pull': {
        const key = `${fault.node ?? ''} ${fault.image}`;
        if (fault.on) this.#pulls.set(key, fault as PullFault & { node: string | undefined; image: string });
        else this.#pulls.delete(key);
        break;
      }
      case 'back-off':
        this.backOff = fault;
        break;
      case 'fail-status':
        this.#failStatus.set(statusKey(fault.namespace, fault.pod), fault.count);
        break;
    }
    this.events.emit('changed');
    if ((fault.kind === 'freeze' || fault.kind === 'partition') && !fault.on) this.events.emit('healed', fault.node);
  }

  isPartitioned(node: string): boolean {
    return this.#partitioned.has(node);
  }

  isFrozen(node: string): boolean {
    return this.#frozen.has(node);
  }

  /** Resolves when the node is not frozen. */
  async awake(node: string): Promise<void> {
    while (this.#frozen.has(node)) await once(this.events, 'changed');
  }

  /** Resolves when signals may end the pod's containers. */
  async mortal(namespace: string, pod: string): Promise<void> {
    while (this.#neverStop.has(`${namespace}/${pod}`)) await once(this.events, 'changed');
  }

  observedGeneration(node: string): { lagMs: number; omit: boolean } {
    return this.#observed.get(node) ?? this.#observed.get('') ?? { lagMs: this.#defaultLagMs, omit: false };
  }

  pull(node: string, image: string): PullFault | undefined {
    for (const rule of this.#pulls.values()) {
      if ((rule.node === undefined || rule.node === node) && image.includes(rule.image)) return rule;
    }
    return undefined;
  }

  /** True when the status patch about to be sent must fail; counts it. */
  takeStatusFailure(namespace: string, pod: string): boolean {
    for (const key of [statusKey(namespace, pod), statusKey(undefined, undefined)]) {
      const left = this.#failStatus.get(key) ?? 0;
      if (left === 0) continue;
      this.#failStatus.set(key, left - 1);
      return true;
    }
    return false;
  }
}

function statusKey(namespace: string | undefined, pod: string | undefined): string {
  return pod === undefined ? '' : `${namespace ?? 'default'}/${pod}`;
}

function toggle(set: Set<string>, key: string, on: boolean): void {
  if (on) set.add(key);
  else set.delete(key);
}
