import { podPath, type Pod } from '../../../devfleet/host/kubelet/pod.ts';
import { createPod, isReady, type PodOrder, type World } from './world.ts';

/** Every state of one pod that the API server told, in order. */
export class Followed {
  readonly states: Pod[];
  /** The last of them. */
  now: Pod;
  gone = false;
  #wake: () => void = () => undefined;

  constructor(first: Pod) {
    this.states = [first];
    this.now = first;
  }

  get name(): string {
    return this.now.metadata.name;
  }

  add(pod: Pod, gone: boolean): void {
    this.states.push(pod);
    this.now = pod;
    this.gone = gone;
    this.#wake();
  }

  /**
   * First state, from number `from` on, that fits.
   * @throws Error with the last state seen when there is none in time
   */
  async until(
    fits: (pod: Pod) => boolean,
    what: string,
    options: { from?: number; seconds?: number } = {},
  ): Promise<Pod> {
    const { from = 0, seconds = 15 } = options;
    return this.#wait(() => this.states.slice(from).find(fits), what, seconds);
  }

  async untilReady(): Promise<Pod> {
    return this.until(isReady, 'Ready', { from: this.states.length - 1 });
  }

  async untilGone(seconds = 15): Promise<void> {
    await this.#wait(() => this.gone || undefined, 'gone from the API', seconds);
  }

  async #wait<T>(look: () => T | undefined, what: string, seconds: number): Promise<T> {
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
      const found = look();
      if (found !== undefined) return found;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(`${this.name}: not ${what} after ${seconds} s; status: ${JSON.stringify(this.now.status)}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }
}

/** Watches a pod until the suites are done. */
export async function follow({ api, atEnd }: World, pod: Pod): Promise<Followed> {
  const followed = new Followed(pod);
  const { namespace, name, uid, resourceVersion } = pod.metadata;
  const end = new AbortController();
  atEnd.push(() => end.abort());
  const query = `watch=1&fieldSelector=metadata.name%3D${name}&resourceVersion=${resourceVersion}`;
  const body = await api.stream({
    method: 'GET',
    path: `/api/v1/namespaces/${namespace}/pods?${query}`,
    signal: end.signal,
  });
  const read = async (): Promise<void> => {
    let rest = '';
    for await (const chunk of body) {
      const lines = (rest + String(chunk)).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        const event = JSON.parse(line) as { type: string; object: Pod };
        if (event.object.metadata.uid === uid) followed.add(event.object, event.type === 'DELETED');
      }
    }
  };
  void read().catch((error: unknown) => {
    if (!end.signal.aborted) throw error;
  });
  return followed;
}

/** Creates a pod and watches it from its first state on. */
export async function followNew(world: World, order: PodOrder, name?: string): Promise<Followed> {
  return follow(world, await createPod(world, order, name));
}

export async function readPod({ api }: World, pod: { metadata: { namespace: string; name: string } }): Promise<Pod> {
  return api.request<Pod>({ method: 'GET', path: podPath(pod.metadata) });
}
