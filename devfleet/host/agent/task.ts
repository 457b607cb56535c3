import { randomUUID } from 'node:crypto';
import type { MesosTaskInfo, MesosTaskState, MesosTaskStatus } from '../../mesos/types.ts';
import { AddressInUse } from '../addresses.ts';
import { readBehaviour } from '../behaviour.ts';
import { GracefulStop } from '../graceful-stop.ts';
import type { StoredImage } from '../images.ts';
import type { Machine } from '../machine.ts';
import type { ContainerProcess, Exit } from '../process.ts';
import type { InstanceTag, InstanceView } from '../types.ts';
import { ADDRESS_LABEL, NoTaskAddress, type TaskIpam } from './ipam.ts';

/** Namespace of Mesos tasks in the journal and among instances. */
export const MESOS_NAMESPACE = 'mesos';

const CONTAINER = 'task';
/** An address of the range that somebody sits on is given up for another so often. */
const ADDRESS_ATTEMPTS = 50;

/** What of a status the task itself knows. */
export type TaskReport = Pick<MesosTaskStatus, 'state' | 'message' | 'reason' | 'source' | 'addresses'>;

export interface TaskParts {
  machine: Machine;
  ipam: TaskIpam;
  /** Number of the machine's AZ in addresses. */
  azNumber: number;
}

/**
 * The life of one task on a machine: image, address, process, end. As with the Docker containerizer and a CNI network: it
 * stages until image and address are there; a launch that fails is not tried again, that is the framework's to do.
 */
export class TaskRunner {
  readonly info: MesosTaskInfo;
  readonly frameworkId: string;
  readonly tag: InstanceTag;
  state: MesosTaskState = 'TASK_STAGING';
  readonly #parts: TaskParts;
  readonly #report: (report: TaskReport) => void;
  #process: ContainerProcess | null = null;
  #exit: Exit | null = null;
  #address: string | null = null;
  #grace: number | null = null;
  #stop: GracefulStop | null = null;
  #interrupt!: () => void;
  readonly #interrupted = new Promise<null>((resolve) => (this.#interrupt = () => resolve(null)));

  /** @param report called with each change of its state */
  constructor(frameworkId: string, info: MesosTaskInfo, parts: TaskParts, report: (report: TaskReport) => void) {
    this.frameworkId = frameworkId;
    this.info = info;
    this.#parts = parts;
    this.#report = report;
    const { name: node } = parts.machine;
    this.tag = { node, namespace: MESOS_NAMESPACE, instance: info.taskId, uid: randomUUID() };
  }

  /** Runs it; resolves when it has ended, whatever came of it. */
  async run(): Promise<void> {
    try {
      const image = await Promise.race([this.#image(), this.#interrupted]);
      await this.#parts.machine.awake();
      if (image !== null) await this.#takeAddress();
      if (image === null || this.#killGrace() !== null) this.#neverRan();
      else await this.#execute(image);
    } catch (error) {
      const message = `Failed to launch container: ${error instanceof Error ? error.message : String(error)}`;
      this.#end({ state: 'TASK_FAILED', message, reason: 'REASON_CONTAINER_LAUNCH_FAILED', source: 'SOURCE_AGENT' });
    }
  }

  /** TERM, and KILL after the grace. Again: the shorter grace holds. */
  kill(graceSeconds: number): void {
    this.#grace = Math.min(graceSeconds, this.#grace ?? Infinity);
    this.#interrupt();
    const process = this.#process;
    if (process === null || process.exit !== null) return;
    if (this.#stop !== null) {
      this.#stop.shorten(graceSeconds);
      return;
    }
    this.#say('TASK_KILLING');
    this.#parts.machine.journal.append({ kind: 'container-stopping', ...process.tag, reason: 'Killing task' });
    this.#stop = new GracefulStop(process, null, graceSeconds);
  }

  /** The process dies by itself, now. False when none runs. */
  crash(exitCode: number): boolean {
    if (this.#process === null || this.#process.exit !== null) return false;
    void this.#process.crash(exitCode);
    return true;
  }

  view(): InstanceView {
    const process = this.#process;
    const running = process !== null && process.exit === null;
    return {
      ...this.tag,
      container: CONTAINER,
      containerId: process?.tag.containerId ?? null,
      image: this.info.image ?? '',
      version: process?.tag.version ?? null,
      address: this.#address ?? (this.#ownsAddress ? null : this.#parts.machine.address),
      ports: process?.ports ?? [],
      state: running ? 'running' : this.#exit !== null ? 'terminated' : 'waiting',
      restartCount: 0,
      startedAt: process?.startedAt.toISOString() ?? null,
      health: process?.health() ?? null,
      podReady: running,
    };
  }

  get #ownsAddress(): boolean {
    return this.info.network !== 'host' && this.info.network !== 'bridge';
  }

  /** Null while nobody killed it. A call, since it changes during every await, which the compiler does not know. */
  #killGrace(): number | null {
    return this.#grace;
  }

  async #execute(image: StoredImage): Promise<void> {
    this.#say('TASK_STARTING');
    const process = await this.#start(image);
    this.#process = process;
    if (process.exit === null) this.#say('TASK_RUNNING');
    const grace = this.#killGrace();
    if (grace !== null) this.kill(grace);
    this.#ended(await process.exited);
  }

  /** A command without an image behaves as an image without labels. */
  async #image(): Promise<StoredImage> {
    const { image, command } = this.info;
    if (image === null) return { name: command ?? '', imageId: '', behaviour: readBehaviour({}), bytes: 0 };
    await this.#parts.machine.awake();
    const { images } = this.#parts.machine;
    return images.get(image) ?? images.pull(image);
  }

  /** @throws NoTaskAddress, AddressInUse */
  async #takeAddress(): Promise<void> {
    if (!this.#ownsAddress) return;
    const { ipam, machine, azNumber } = this.#parts;
    const { taskId, networkLabels } = this.info;
    const wanted = networkLabels[ADDRESS_LABEL];
    for (let attempt = 0; ; attempt++) {
      const address = wanted === undefined ? ipam.assign(taskId, azNumber) : ipam.claim(taskId, wanted, azNumber);
      try {
        await machine.addresses.take(this.tag, address);
        this.#address = address;
        return;
      } catch (error) {
        ipam.release(taskId, address);
        const another = error instanceof AddressInUse && wanted === undefined && attempt < ADDRESS_ATTEMPTS;
        if (!another) throw error instanceof AddressInUse ? new NoTaskAddress(error.message) : error;
      }
    }
  }

  /** In the host's network, and bridged to it, it listens at the host's address. */
  async #start(stored: StoredImage): Promise<ContainerProcess> {
    const { machine } = this.#parts;
    const { image, ports } = this.info;
    return machine.start({
      ...this.tag,
      container: CONTAINER,
      image: image ?? '',
      stored,
      address: this.#address ?? machine.address,
      ports: ports.flatMap(({ container, host }) => (this.#ownsAddress ? container : (host ?? []))),
      restartCount: 0,
    });
  }

  #ended(exit: Exit): void {
    this.#exit = exit;
    const state = this.#grace !== null ? 'TASK_KILLED' : exit.exitCode === 0 ? 'TASK_FINISHED' : 'TASK_FAILED';
    const message = `Container exited with status ${exit.exitCode}`;
    this.#end({ state, message, reason: null, source: 'SOURCE_EXECUTOR' });
  }

  #neverRan(): void {
    const message = 'Killed before delivery to the executor';
    const reason = 'REASON_TASK_KILLED_DURING_LAUNCH';
    this.#end({ state: 'TASK_KILLED', message, reason, source: 'SOURCE_AGENT' });
  }

  /** The address is given back before anybody hears that it is free. */
  #end(report: Omit<TaskReport, 'addresses'>): void {
    const addresses = this.#addresses;
    if (this.#address !== null) {
      this.#parts.machine.addresses.release(this.tag, this.#address);
      this.#parts.ipam.release(this.info.taskId, this.#address);
    }
    this.state = report.state;
    this.#report({ ...report, addresses });
  }

  #say(state: MesosTaskState): void {
    this.state = state;
    this.#report({ state, message: '', reason: null, source: 'SOURCE_EXECUTOR', addresses: this.#addresses });
  }

  get #addresses(): string[] {
    return this.#address === null ? [] : [this.#address];
  }
}
