import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError, STRATEGIC } from './api.ts';
import type { KubeletParts } from './parts.ts';
import { podPath, type Pod, type PodStatus } from './pod.ts';
import { contradicts } from './status.ts';

/** Changes within this time go into one patch. */
const GATHER_MS = 3;
const RETRY_MS = [50, 200, 500, 1000, 2000, 5000];

/** Writes one pod's status, one patch at a time, always the latest, until it is what the API has. */
export class StatusWriter {
  readonly #parts: KubeletParts;
  readonly #ref: Pod['metadata'];
  readonly #compute: () => PodStatus;
  #written: { json: string; status: PodStatus; version: number } | null = null;
  #closed = false;
  #writing: Promise<void> | null = null;
  #dirty = false;
  readonly #steps: PodStatus[] = [];
  #stopWaiting = new AbortController();

  /** @param compute the status as it is now */
  constructor(parts: KubeletParts, ref: Pod['metadata'], compute: () => PodStatus) {
    this.#parts = parts;
    this.#ref = ref;
    this.#compute = compute;
  }

  /**
   * The status may have changed.
   * @param step a status that has to be seen even if a later one is known before it is written
   */
  mark(step?: PodStatus): void {
    if (this.#closed) return;
    this.#dirty = true;
    if (step !== undefined) this.#steps.push(step);
    this.#writing ??= this.#write().finally(() => (this.#writing = null));
  }

  /** Resolves when the latest status is written, or cannot be any more. */
  async flush(): Promise<void> {
    this.mark();
    while (this.#writing !== null) await this.#writing;
  }

  /** Looks at what the API has; writes again where somebody else wrote over it. */
  seen(pod: Pod): void {
    if (
      this.#written === null ||
      this.#writing !== null ||
      Number(pod.metadata.resourceVersion) <= this.#written.version
    )
      return;
    if (!contradicts(this.#written.status, pod.status)) return;
    this.#written = null;
    this.mark();
  }

  /** The API server may be back: try again now. */
  retryNow(): void {
    this.#stopWaiting.abort();
  }

  /** The pod is gone from the API: nothing is to be written any more. */
  close(): void {
    this.#closed = true;
    this.#stopWaiting.abort();
  }

  async #write(): Promise<void> {
    let failures = 0;
    await sleep(GATHER_MS);
    while (this.#dirty && !this.#closed) {
      const step = this.#steps[0];
      this.#dirty = step !== undefined;
      const status = step ?? this.#compute();
      const json = JSON.stringify(status);
      if (json === this.#written?.json) {
        this.#steps.shift();
        continue;
      }
      try {
        const version = await this.#patch(status);
        this.#written = { json, status, version };
        this.#steps.shift();
        failures = 0;
      } catch (error) {
        if (await this.#isReplaced(error)) {
          this.close();
          return;
        }
        this.#dirty = true;
        this.#parts.log.warn({ pod: this.#ref.name, err: String(error) }, 'status not written; will try again');
        this.#stopWaiting = new AbortController();
        await sleep(RETRY_MS[Math.min(failures++, RETRY_MS.length - 1)], undefined, {
          signal: this.#stopWaiting.signal,
        }).catch(() => undefined);
      }
    }
  }

  /** @returns the pod's resource version after it */
  async #patch(status: PodStatus): Promise<number> {
    const { namespace, name, uid } = this.#ref;
    if (this.#parts.faults.takeStatusFailure(namespace, name))
      throw new ApiError(500, 'InternalError', 'injected fault');
    const pod = await this.#parts.api.request<Pod>({
      method: 'PATCH',
      path: `${podPath(this.#ref)}/status`,
      contentType: STRATEGIC,
      body: { metadata: { uid }, status: { ...status, ...wholeLists(status) } },
    });
    return Number(pod.metadata.resourceVersion);
  }

  /** The uid in the patch was refused, or there is no pod: another has taken its place. */
  async #isReplaced(error: unknown): Promise<boolean> {
    if (!(error instanceof ApiError)) return false;
    if (error.status === 404) return true;
    if (error.status !== 409 && error.status !== 422) return false;
    try {
      const now = await this.#parts.api.request<Pod>({ method: 'GET', path: podPath(this.#ref) });
      return now.metadata.uid !== this.#ref.uid;
    } catch (failure) {
      return failure instanceof ApiError && failure.status === 404;
    }
  }
}

/** Addresses would be merged by the strategic patch; ours are all there are. */
function wholeLists({ hostIPs, podIPs }: PodStatus): object {
  const whole = (list: { ip: string }[] | undefined): object[] | undefined => list && [{ $patch: 'replace' }, ...list];
  return { hostIPs: whole(hostIPs), podIPs: whole(podIPs) };
}
