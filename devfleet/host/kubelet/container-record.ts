import type { StoredImage } from '../images.ts';
import type { ContainerProcess } from '../process.ts';
import { apiTime, type ContainerStatus, type Terminated } from './pod.ts';

/** What became of one container of a pod so far: its starts and ends, as its status tells them. */
export class ContainerRecord {
  /** Why it does not run yet, or again; null when it runs or has just ended. */
  waiting: { reason: string; message?: string } | null = null;
  /** Image of the last start: with the name the only thing in a container whose change restarts it. */
  image: StoredImage | null = null;
  /** Its end, while it does not run. */
  terminated: Terminated | null = null;
  /** When that was, ms. */
  endedAt = 0;
  restartCount = 0;
  #before: Terminated | null = null;
  #everStarted = false;

  /** Goes on from a status that an earlier kubelet process left; its containers died with it. */
  inherit(status: ContainerStatus): void {
    if (status.containerID === undefined) return;
    this.#everStarted = true;
    this.restartCount = status.restartCount;
    this.endedAt = Date.now();
    this.terminated = status.state.terminated ?? {
      exitCode: 255,
      reason: 'Unknown',
      startedAt: status.state.running?.startedAt ?? apiTime(new Date(0)),
      finishedAt: apiTime(new Date()),
      containerID: status.containerID,
    };
  }

  /** It is about to be started. @returns whether it is a restart */
  starting(image: StoredImage): boolean {
    const again = this.#everStarted;
    if (again) this.restartCount++;
    this.#everStarted = true;
    this.image = image;
    return again;
  }

  started(): void {
    this.waiting = null;
    this.#before = this.terminated ?? this.#before;
    this.terminated = null;
  }

  ended({ tag, startedAt, exit }: ContainerProcess): void {
    if (exit === null) return;
    this.endedAt = exit.at.getTime();
    this.terminated = {
      exitCode: exit.exitCode,
      reason: exit.exitCode === 0 ? 'Completed' : 'Error',
      ...(exit.message === '' ? {} : { message: exit.message }),
      startedAt: apiTime(startedAt),
      finishedAt: apiTime(exit.at),
      containerID: `sim://${tag.containerId}`,
    };
  }

  /**
   * @param running its process, if it has one that runs
   * @param now what the spec and the probes say
   */
  status(
    running: ContainerProcess | null,
    now: { name: string; specImage: string; ready: boolean; started: boolean; pending: string },
  ): ContainerStatus {
    const justEnded = running === null && this.waiting === null;
    const last = justEnded ? this.#before : (this.terminated ?? this.#before);
    const containerID =
      running === null ? (this.terminated ?? this.#before)?.containerID : `sim://${running.tag.containerId}`;
    return {
      name: now.name,
      image: running?.tag.image ?? this.image?.name ?? now.specImage,
      imageID: this.image?.imageId ?? '',
      ...(containerID === undefined ? {} : { containerID }),
      ready: now.ready,
      started: now.started,
      restartCount: this.restartCount,
      state: this.#state(running, now.pending),
      lastState: last === null ? {} : { terminated: last },
    };
  }

  #state(running: ContainerProcess | null, pending: string): ContainerStatus['state'] {
    if (running !== null) return { running: { startedAt: apiTime(running.startedAt) } };
    if (this.waiting !== null) return { waiting: this.waiting };
    if (this.terminated !== null) return { terminated: this.terminated };
    return { waiting: { reason: pending } };
  }
}
