import { setTimeout as sleep } from 'node:timers/promises';
import { GracefulStop } from '../graceful-stop.ts';
import type { StoredImage } from '../images.ts';
import type { ContainerProcess } from '../process.ts';
import { BackOff } from './back-off.ts';
import { ContainerRecord } from './container-record.ts';
import { runHandler, unsupported } from './handlers.ts';
import { ImagePuller } from './image-puller.ts';
import type { Around, KubeletParts } from './parts.ts';
import type { Container, ContainerStatus, Handler, Probe, Terminated } from './pod.ts';
import { Prober } from './probes.ts';

/** init: runs once, before; sidecar: an init container that keeps running; main: all others. */
export type ContainerKind = 'init' | 'sidecar' | 'main';

/** Brings one container of a pod to what its spec says, one step after the other, and knows its status. */
export class ContainerRunner {
  readonly name: string;
  readonly kind: ContainerKind;
  readonly #parts: KubeletParts;
  readonly #around: Around;
  readonly #record = new ContainerRecord();
  readonly #crashes: BackOff;
  readonly #puller: ImagePuller;
  #spec: Container;
  #allowed = false;
  #over = false;
  /** It ran under an earlier kubelet process and has to run again whatever came of it. */
  #stale = false;
  #process: ContainerProcess | null = null;
  #stopping: GracefulStop | null = null;
  #prober: Prober | null = null;
  #restartWanted: { reason: string; graceSeconds: number } | null = null;
  /** A restart under way: what was told before it, and the probes, which go on. */
  #restarting: { told: ContainerStatus; prober: Prober | null } | null = null;
  #timer: NodeJS.Timeout | null = null;
  #busy = false;
  #again = false;
  #interrupt: () => void = () => undefined;

  /** @param before status left by an earlier kubelet process */
  constructor(spec: Container, kind: ContainerKind, parts: KubeletParts, around: Around, before?: ContainerStatus) {
    this.name = spec.name;
    this.kind = kind;
    this.#spec = spec;
    this.#parts = parts;
    this.#around = around;
    this.#crashes = new BackOff(() => parts.faults.backOff);
    this.#puller = new ImagePuller(spec.name, parts, around);
    if (before === undefined) return;
    this.#record.inherit(before);
    // In a new sandbox even an init container that had completed runs again.
    this.#stale = kind === 'init';
  }

  get started(): boolean {
    return this.#process !== null && (this.#prober?.started ?? false);
  }

  get ready(): boolean {
    return this.#process !== null && (this.#prober?.ready ?? false);
  }

  /** Ended, and by the pod's restart policy not to be started again. Null while it has a future. */
  get final(): Terminated | null {
    const { terminated } = this.#record;
    if (this.#process !== null || terminated === null) return null;
    return this.#over || !this.#restartsAfter(terminated) ? terminated : null;
  }

  /** Lets it start; before, it only waits. */
  allow(): void {
    if (this.#allowed) return;
    this.#allowed = true;
    this.#wake();
  }

  /** The pod's spec changed. */
  update(spec: Container): void {
    const changed = spec.image !== this.#spec.image;
    this.#spec = spec;
    if (!changed) return;
    // A new image begins with a clean record.
    this.#crashes.reset();
    this.#puller.reset();
    this.#wake();
  }

  /** Stops it for good. Resolves when it has exited; a later call only shortens the grace. */
  async terminate(graceSeconds: number, reason: string): Promise<void> {
    this.#over = true;
    this.#endRestart();
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#interrupt();
    await this.#stop(graceSeconds, reason);
    // A start under way is not called back; what it started is stopped.
    while (this.#busy) {
      await sleep(5);
      await this.#stop(graceSeconds, reason);
    }
    this.#record.waiting = null;
  }

  /** The process dies by itself, now. False when none runs. */
  crash(exitCode: number): boolean {
    if (this.#process === null) return false;
    void this.#process.crash(exitCode);
    return true;
  }

  /**
   * What the API is told. A kubelet stops a container, pulls and starts the next in one go, and tells nothing in between:
   * not Ready comes from the readiness probe alone, if there is one. Only where the start fails is the end told first.
   */
  told(): ContainerStatus {
    if (this.#restarting === null) return this.status();
    const { told, prober } = this.#restarting;
    return { ...told, ready: prober?.ready ?? false };
  }

  /** As it is. */
  status(): ContainerStatus {
    const initializing = this.kind === 'main' && !this.#allowed && this.#around.pod().spec.initContainers !== undefined;
    return this.#record.status(this.#process?.exit === null ? this.#process : null, {
      name: this.name,
      specImage: this.#spec.image,
      ready: this.kind === 'init' ? this.#record.terminated?.exitCode === 0 : this.ready,
      started: this.started,
      pending: initializing ? 'PodInitializing' : 'ContainerCreating',
    });
  }

  /** The process that runs now. */
  get process(): ContainerProcess | null {
    return this.#process;
  }

  #wake(): void {
    if (this.#busy) {
      this.#again = true;
      this.#interrupt();
      return;
    }
    this.#busy = true;
    void this.#work().catch((error: unknown) => {
      const { instance } = this.#around.tag;
      this.#parts.log.error({ err: error, pod: instance, container: this.name }, 'container loop failed');
    });
  }

  async #work(): Promise<void> {
    try {
      do {
        await this.#parts.machine.awake();
        while (!this.#isOver() && this.#allowed && (await this.#step()));
      } while (this.#wokenMeanwhile());
    } finally {
      this.#busy = false;
    }
    this.#around.changed();
  }

  #wokenMeanwhile(): boolean {
    const again = this.#again && !this.#over;
    this.#again = false;
    return again;
  }

  /** A call, since it changes during every await, which the compiler does not know. */
  #isOver(): boolean {
    return this.#over;
  }

  /** One step towards the spec. False when there is none to take now. */
  async #step(): Promise<boolean> {
    if (this.#process !== null) {
      const why = this.#whyRestart();
      if (why === null) return false;
      this.#restarting ??= { told: this.status(), prober: this.#prober };
      await this.#stop(why.graceSeconds, why.reason);
      return true;
    }
    const { terminated, endedAt } = this.#record;
    const passed = this.kind === 'init' && terminated?.exitCode === 0;
    if (terminated !== null && (passed || !this.#imageChanged())) {
      if (!this.#restartsAfter(terminated)) return false;
      const wait = this.#crashes.left(Date.now(), endedAt);
      if (wait > 0) return this.#backOff(wait);
    }
    const gap = unsupported(this.#spec);
    if (gap !== null) {
      this.#emit('Warning', 'Failed', `Error: ${gap}`);
      return this.#waitFor({ reason: 'CreateContainerConfigError', message: gap }, 60_000);
    }
    const spec = this.#spec;
    const interrupted = new Promise<null>((resolve) => (this.#interrupt = () => resolve(null)));
    const image = await Promise.race([this.#puller.ensure(spec, (waiting) => this.#show(waiting)), interrupted]);
    if (image === null || this.#isOver() || this.#spec.image !== spec.image) return true;
    if ('waitMs' in image) return this.#waitFor(image, image.waitMs);
    await this.#start(spec, image);
    return true;
  }

  #imageChanged(): boolean {
    const { image } = this.#record;
    return image !== null && image.name !== this.#spec.image;
  }

  #whyRestart(): { reason: string; graceSeconds: number } | null {
    if (this.#restartWanted !== null) return this.#restartWanted;
    if (this.kind === 'init' || !this.#imageChanged()) return null;
    return { reason: `Container ${this.name} definition changed, will be restarted`, graceSeconds: this.#grace };
  }

  get #grace(): number {
    return this.#around.pod().spec.terminationGracePeriodSeconds ?? 30;
  }

  #restartsAfter({ exitCode }: Terminated): boolean {
    if (this.kind === 'sidecar' || this.#stale) return true;
    const policy = this.#around.pod().spec.restartPolicy ?? 'Always';
    if (this.kind === 'init') return exitCode !== 0 && policy !== 'Never';
    return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0);
  }

  #backOff(ms: number): boolean {
    this.#emit('Warning', 'BackOff', `Back-off restarting failed container ${this.name}`);
    const { instance, namespace, uid } = this.#around.tag;
    const pod = `${instance}_${namespace}(${uid})`;
    const message = `back-off ${this.#crashes.delay} restarting failed container=${this.name} pod=${pod}`;
    return this.#waitFor({ reason: 'CrashLoopBackOff', message }, ms);
  }

  #waitFor({ reason, message }: { reason: string; message: string }, ms: number): boolean {
    this.#show({ reason, message });
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#wake(), ms);
    return false;
  }

  #show(waiting: { reason: string; message: string }): void {
    this.#record.waiting = waiting;
    this.#endRestart();
    this.#around.changed();
  }

  async #start(spec: Container, image: StoredImage): Promise<void> {
    const newImage = this.#imageChanged();
    if (this.#record.starting(image) && !newImage) this.#crashes.next(Date.now());
    this.#stale = false;
    this.#restartWanted = null;
    this.#emit('Normal', 'Created', `Container created: ${this.name}`);
    const process = await this.#parts.machine.start({
      ...this.#around.tag,
      container: this.name,
      image: spec.image,
      stored: image,
      address: this.#around.address(),
      ports: (spec.ports ?? []).flatMap(({ containerPort, protocol = 'TCP' }) =>
        protocol === 'TCP' ? containerPort : [],
      ),
      restartCount: this.#record.restartCount,
    });
    this.#record.started();
    this.#process = process;
    this.#endRestart();
    void process.exited.then(() => this.#exited(process));
    this.#emit('Normal', 'Started', `Container started: ${this.name}`);
    const { postStart } = spec.lifecycle ?? {};
    if (postStart !== undefined && !(await this.#postStart(postStart, spec, process))) return;
    if (process.exit === null) this.#probe(spec, process);
    this.#around.changed();
  }

  async #postStart(hook: Handler, spec: Container, process: ContainerProcess): Promise<boolean> {
    const exited = process.exited.then(() => ({ ok: false, output: 'the container exited' }));
    const { ok, output } = await Promise.race([runHandler(hook, spec, this.#around.address(), 30_000), exited]);
    if (ok) return true;
    this.#emit('Warning', 'FailedPostStartHook', `PostStartHook failed: ${output}`);
    this.#restartWanted = { reason: 'FailedPostStartHook', graceSeconds: this.#grace };
    return false;
  }

  #probe(spec: Container, process: ContainerProcess): void {
    const { machine, faults } = this.#parts;
    this.#prober = new Prober(spec, this.#around.address(), () => !faults.isFrozen(machine.name), {
      changed: () => this.#around.changed(),
      unhealthy: (kind, output) => this.#emit('Warning', 'Unhealthy', `${kind} probe failed: ${output}`),
      fatal: (kind, probe: Probe) => {
        if (this.#process !== process) return;
        const reason = `Container ${this.name} failed ${kind.toLowerCase()} probe, will be restarted`;
        this.#restartWanted = { reason, graceSeconds: probe.terminationGracePeriodSeconds ?? this.#grace };
        this.#wake();
      },
    });
    this.#prober.start();
  }

  #exited(process: ContainerProcess): void {
    if (this.#process !== process) return;
    if (this.#restarting === null) this.#prober?.stop();
    this.#prober = null;
    this.#stopping = null;
    this.#process = null;
    this.#restartWanted = null;
    this.#record.ended(process);
    this.#around.changed();
    this.#wake();
  }

  #endRestart(): void {
    this.#restarting?.prober?.stop();
    this.#restarting = null;
  }

  async #stop(graceSeconds: number, reason: string): Promise<void> {
    const process = this.#process;
    if (process === null) return;
    if (this.#stopping === null) {
      this.#emit('Normal', 'Killing', reason);
      this.#parts.machine.journal.append({ kind: 'container-stopping', ...process.tag, reason });
      const hook = this.#spec.lifecycle?.preStop;
      this.#stopping = new GracefulStop(process, hook === undefined ? null : () => this.#preStop(hook), graceSeconds);
    } else {
      this.#stopping.shorten(graceSeconds);
    }
    await process.exited;
  }

  async #preStop(hook: Handler): Promise<void> {
    const { ok, output } = await runHandler(hook, this.#spec, this.#around.address(), 24 * 3_600_000);
    if (!ok) this.#emit('Warning', 'FailedPreStopHook', `PreStopHook failed: ${output}`);
  }

  #emit(type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#parts.events.emit(this.#around.pod(), type, reason, message, this.name);
  }
}
