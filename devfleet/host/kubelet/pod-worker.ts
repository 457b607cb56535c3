import { setTimeout as sleep } from 'node:timers/promises';
import { AddressInUse } from '../addresses.ts';
import type { InstanceTag, InstanceView } from '../types.ts';
import { ApiError } from './api.ts';
import { ContainerRunner } from './container.ts';
import { NoAddress } from './ipam.ts';
import type { Around, KubeletParts } from './parts.ts';
import { apiTime, isTerminal, podPath, type Condition, type Pod, type PodStatus } from './pod.ts';
import { StatusWriter } from './status-writer.ts';
import { podStatus } from './status.ts';

/** Delays between attempts at a sandbox whose address is not to be had, ms. */
const SANDBOX_RETRY_MS = [500, 1000, 2000, 4000];
const DELETE_RETRY_MS = 500;

/** The life of one pod on a node: sandbox, init containers, containers, end. */
export class PodWorker {
  readonly tag: InstanceTag;
  /** Resolves when nothing of the pod is left on the machine. */
  readonly finished: Promise<void>;
  readonly #parts: KubeletParts;
  readonly #status: StatusWriter;
  readonly #init: ContainerRunner[];
  readonly #main: ContainerRunner[];
  readonly #sidecars: Set<string>;
  readonly #startTime: string;
  #pod: Pod;
  #address: string | null = null;
  #observed: number | null = null;
  #initialized: boolean;
  #evicted: string | null = null;
  #over = false;
  #goneFromApi = false;
  #ready: boolean | null = null;
  #conditions: Condition[];
  #teardown: Promise<void> | null = null;
  #deleting = false;
  readonly #ending = new AbortController();
  #finish!: () => void;

  /** @param after resolves when an earlier pod of the same name has left the machine */
  constructor(pod: Pod, parts: KubeletParts, after: Promise<void>) {
    const { namespace, name, uid } = pod.metadata;
    this.tag = { node: parts.machine.name, namespace, instance: name, uid };
    this.#pod = pod;
    this.#parts = parts;
    this.#startTime = pod.status?.startTime ?? apiTime(new Date());
    this.#conditions = pod.status?.conditions ?? [];
    this.finished = new Promise((resolve) => (this.#finish = resolve));
    const around: Around = {
      pod: () => this.#pod,
      tag: this.tag,
      address: () => this.#address ?? '',
      changed: () => this.#changed(),
    };
    const initSpecs = pod.spec.initContainers ?? [];
    this.#sidecars = new Set(
      initSpecs.filter(({ restartPolicy }) => restartPolicy === 'Always').map(({ name: sidecar }) => sidecar),
    );
    this.#init = initSpecs.map((spec) => {
      const kind = this.#sidecars.has(spec.name) ? 'sidecar' : 'init';
      return new ContainerRunner(
        spec,
        kind,
        parts,
        around,
        pod.status?.initContainerStatuses?.find((one) => one.name === spec.name),
      );
    });
    this.#main = pod.spec.containers.map(
      (spec) =>
        new ContainerRunner(
          spec,
          'main',
          parts,
          around,
          pod.status?.containerStatuses?.find((one) => one.name === spec.name),
        ),
    );
    this.#initialized = this.#init.length === 0;
    this.#status = new StatusWriter(parts, pod.metadata, () => this.#compute());
    parts.machine.journal.append({ kind: 'pod-adopted', ...this.tag });
    if (isTerminal(pod)) {
      // Its end was told by an earlier process; there is nothing to add.
      this.#over = true;
      this.#status.close();
    }
    this.update(pod);
    if (!this.#over) void this.#setUp(after);
  }

  /** The pod as the API has it now. */
  update(pod: Pod): void {
    this.#pod = pod;
    this.#observe(pod.metadata.generation ?? 0);
    if (pod.metadata.deletionTimestamp !== undefined) {
      const grace = pod.metadata.deletionGracePeriodSeconds ?? pod.spec.terminationGracePeriodSeconds ?? 30;
      void this.#terminate(grace, 'Stopping container').then(() => this.#delete());
      return;
    }
    if (this.#teardown !== null || this.#over) return;
    for (const runner of [...this.#init, ...this.#main]) {
      const spec = [...(pod.spec.initContainers ?? []), ...pod.spec.containers].find(
        ({ name }) => name === runner.name,
      );
      if (spec !== undefined) runner.update(spec);
    }
    this.#status.seen(pod);
    // A readiness gate may have opened.
    if ((pod.spec.readinessGates?.length ?? 0) > 0) this.#changed();
  }

  /** The pod is gone from the API, with or without this kubelet's consent: clear the machine of it. */
  gone(): void {
    this.#goneFromApi = true;
    this.#status.close();
    // Deleted by force: a last second for the containers.
    void this.#terminate(1, 'Stopping container').then(() => this.#leave());
  }

  /** Evicts it for want of a resource: the containers stop, the pod stays in the API as Failed. */
  evict(message: string): void {
    if (this.#over || this.#evicted !== null) return;
    this.#evicted = message;
    this.#parts.machine.journal.append({ kind: 'evicted', ...this.tag, message });
    this.#parts.events.emit(this.#pod, 'Warning', 'Evicted', message);
    void this.#terminate(1, 'Stopping container');
  }

  /** Makes a container's process die now. @returns false when there is none */
  crash(container: string | undefined, exitCode: number): boolean {
    const runner = this.#main.find(({ name }) => container === undefined || name === container);
    return runner?.crash(exitCode) ?? false;
  }

  /** The API server is reachable again. */
  reconnect(): void {
    this.#status.retryNow();
    this.#status.mark();
  }

  views(): InstanceView[] {
    return [...this.#init, ...this.#main].map((runner) => {
      const { image, state, restartCount } = runner.status();
      return {
        ...this.tag,
        containerId: runner.process?.tag.containerId ?? null,
        version: runner.process?.tag.version ?? null,
        ports: runner.process?.ports ?? [],
        startedAt: runner.process?.startedAt.toISOString() ?? null,
        health: runner.process?.health() ?? null,
        container: runner.name,
        image,
        address: this.#address,
        state: state.running ? 'running' : state.terminated ? 'terminated' : 'waiting',
        restartCount,
        podReady: this.#ready ?? false,
      };
    });
  }

  #observe(generation: number): void {
    if (generation <= (this.#observed ?? 0)) return;
    const { lagMs } = this.#parts.faults.observedGeneration(this.tag.node);
    const note = (): void => {
      this.#observed = Math.max(generation, this.#observed ?? 0);
      this.#changed();
    };
    if (lagMs === 0) note();
    else setTimeout(note, lagMs);
  }

  async #setUp(after: Promise<void>): Promise<void> {
    await after;
    for (let attempt = 0; this.#teardown === null; attempt++) {
      await this.#parts.machine.awake();
      this.#changed();
      if (await this.#takeAddress()) break;
      const wait = SANDBOX_RETRY_MS[Math.min(attempt, SANDBOX_RETRY_MS.length - 1)];
      await sleep(wait, undefined, { signal: this.#ending.signal }).catch(() => undefined);
    }
    this.#advance();
  }

  async #takeAddress(): Promise<boolean> {
    const { ipam, machine, azNumber, events } = this.#parts;
    try {
      const address = ipam.claim(this.#pod) ?? ipam.assign(this.#pod, azNumber);
      await machine.addresses.take(this.tag, address);
      if (this.#teardown === null) this.#address = address;
      else machine.addresses.release(this.tag, address);
      return true;
    } catch (error) {
      if (!(error instanceof AddressInUse || error instanceof NoAddress)) throw error;
      // An address of the range that somebody else sits on is given up for another; a wanted one is waited for.
      if (error instanceof AddressInUse) ipam.release(this.tag.uid);
      events.emit(
        this.#pod,
        'Warning',
        'FailedCreatePodSandBox',
        `Failed to create pod sandbox: failed to setup network for sandbox: ${error.message}`,
      );
      return false;
    }
  }

  /** Lets the next containers start; notes when all is done. */
  #advance(): void {
    if (this.#address === null || this.#teardown !== null) return;
    for (const runner of this.#init) {
      runner.allow();
      if (this.#initialized) continue;
      const passed = runner.kind === 'sidecar' ? runner.started : runner.final?.exitCode === 0;
      if (passed) continue;
      if (runner.kind === 'init' && runner.final !== null)
        void this.#terminate(0, 'Init container failed').then(() => this.#status.flush());
      return;
    }
    this.#initialized = true;
    for (const runner of this.#main) runner.allow();
    if (this.#main.every(({ final }) => final !== null))
      void this.#terminate(30, 'Pod completed').then(() => this.#status.flush());
  }

  #changed(): void {
    this.#advance();
    // Now, not when the patch goes out: transition times and the journal are to be true.
    const before = this.#ready;
    const status = this.#compute();
    // A restart may take less than a patch; that it was not Ready in between must be seen all the same.
    this.#status.mark(before === true && this.#ready !== true ? status : undefined);
  }

  #compute(): PodStatus {
    const status = podStatus(
      {
        pod: this.#pod,
        hostAddress: this.#parts.machine.address,
        address: this.#address ?? this.#pod.status?.podIP ?? null,
        startTime: this.#startTime,
        observedGeneration: this.#parts.faults.observedGeneration(this.tag.node).omit ? null : this.#observed,
        initialized: this.#initialized,
        init: this.#init.map((runner) => runner.told()),
        sidecars: this.#sidecars,
        main: this.#main.map((runner) => runner.told()),
        evicted: this.#evicted,
        over: this.#over,
        before: this.#conditions,
      },
      new Date(),
    );
    this.#conditions = status.conditions ?? [];
    const ready = this.#conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
    if (ready !== (this.#ready ?? false))
      this.#parts.machine.journal.append({ kind: 'ready-changed', ...this.tag, ready });
    this.#ready = ready;
    return status;
  }

  /** Stops all containers and gives the address back. A wait that has begun is not shortened by a later call. */
  async #terminate(graceSeconds: number, reason: string): Promise<void> {
    const began = Date.now();
    const left = (): number => Math.max(0, graceSeconds - (Date.now() - began) / 1000);
    const stop = async (): Promise<void> => {
      await Promise.all(
        [...this.#main, ...this.#init.filter(({ kind }) => kind === 'init')].map((one) =>
          one.terminate(graceSeconds, `${reason} ${one.name}`),
        ),
      );
      // Sidecars end after those they serve, the last first.
      for (const one of this.#init.filter(({ kind }) => kind === 'sidecar').reverse())
        await one.terminate(left(), `${reason} ${one.name}`);
    };
    if (this.#teardown !== null) return this.#teardown;
    this.#ending.abort();
    this.#teardown = stop().then(() => {
      this.#over = true;
      if (this.#address !== null) this.#parts.machine.addresses.release(this.tag, this.#address);
      this.#changed();
    });
    return this.#teardown;
  }

  /** Tells the API that nothing is left: the final status, then DELETE without grace, of this uid only. */
  async #delete(): Promise<void> {
    if (this.#deleting) return;
    this.#deleting = true;
    await this.#status.flush();
    while (!this.#goneFromApi) {
      try {
        const body = {
          kind: 'DeleteOptions',
          apiVersion: 'v1',
          gracePeriodSeconds: 0,
          preconditions: { uid: this.tag.uid },
        };
        await this.#parts.api.request({ method: 'DELETE', path: podPath(this.#pod.metadata), body });
        return;
      } catch (error) {
        if (error instanceof ApiError && (error.status === 404 || error.status === 409)) return;
        await sleep(DELETE_RETRY_MS);
      }
    }
  }

  #leave(): void {
    this.#parts.events.forget(this.tag.uid);
    this.#parts.machine.journal.append({ kind: 'pod-deleted', ...this.tag });
    this.#finish();
  }
}
