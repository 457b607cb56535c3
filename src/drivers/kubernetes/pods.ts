import { TransshipError } from '../../domain/errors.ts';
import type { Guard, MemberAt } from '../azset/index.ts';
import type { ApiServer } from './api.ts';
import { coalesce } from './coalesce.ts';
import { isStatus } from './errors.ts';
import { LABEL } from './labels.ts';
import { paths } from './paths.ts';
import type { Pod } from './resources.ts';

/** Fresh reads of pods. Those who ask for pods of one set at about the same time share one list. */
export class PodReads {
  readonly #api: ApiServer;
  readonly #sets = new Map<string, (member: string) => Promise<Map<string, Pod>>>();

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /**
   * The pod that holds the instance's place, alive.
   * @throws INSTANCE_REPLACED when it is gone, on its way out, or another
   */
  async held({ set, member, uid }: MemberAt): Promise<Pod> {
    const pod = await this.find({ set, member });
    const is = (what: string): TransshipError =>
      new TransshipError('INSTANCE_REPLACED', `pod ${member} (${uid}) in ${this.#api.name} ${what}`);
    if (pod === undefined) throw is('is gone');
    if (pod.metadata.uid !== uid) throw is(`was replaced by ${pod.metadata.uid}`);
    if (pod.metadata.deletionTimestamp !== undefined) throw is('is being deleted');
    return pod;
  }

  /** Whatever holds the place; undefined when nothing does. */
  async find({ set: { namespace, name }, member }: Omit<MemberAt, 'uid'>): Promise<Pod | undefined> {
    const key = `${namespace}/${name}`;
    let read = this.#sets.get(key);
    if (read === undefined) {
      read = coalesce((members) => this.#load(namespace, name, members));
      this.#sets.set(key, read);
    }
    return (await read(member)).get(member);
  }

  async #load(namespace: string, set: string, members: Set<string>): Promise<Map<string, Pod>> {
    const [only, ...others] = members;
    if (only !== undefined && others.length === 0) {
      const pod = await this.#api.get<Pod>(paths.pods(namespace, only));
      return new Map(pod === null ? [] : [[only, pod]]);
    }
    const pods = await this.#api.list<Pod>(paths.pods(namespace), { labelSelector: `${LABEL.azSet}=${set}` });
    return new Map(pods.map((pod) => [pod.metadata.name, pod]));
  }
}

/** A strategic merge patch, without its preconditions. */
export interface PodChange {
  metadata: { labels?: Record<string, string | null>; annotations?: Record<string, string | null> };
  spec?: { containers: { name: string; image: string }[] };
}

/**
 * Writes the change in one PATCH that only this pod, unchanged since it was read, accepts. When somebody was faster it
 * reads again: the change is computed from what is there, never from what was.
 * @param change what to write, given the pod as it is; asked again after every read
 * @returns the pod as it is after that
 * @throws INSTANCE_REPLACED
 */
export async function changePod(
  { api, pods }: { api: ApiServer; pods: PodReads },
  at: MemberAt,
  change: (pod: Pod) => PodChange | null | Promise<PodChange | null>,
  guard: Guard,
): Promise<Pod> {
  for (;;) {
    const pod = await pods.held(at);
    const wanted = await change(pod);
    if (wanted === null) return pod;
    await guard();
    const { uid, resourceVersion } = pod.metadata;
    try {
      const patched = await api.patch<Pod>(paths.pods(at.set.namespace, at.member), 'strategic', {
        ...wanted,
        metadata: { ...wanted.metadata, uid, resourceVersion },
      });
      // A pod that is on its way out takes patches like any other.
      if (patched.metadata.deletionTimestamp === undefined) return patched;
    } catch (error) {
      // 409: changed since the read. 404, 422: gone, or reborn under the same name. The next read tells which; an
      // invalid change (also 422) of a pod that is still the same one is thrown.
      if (isStatus(error, 422)) {
        await pods.held(at);
        throw error;
      }
      if (!isStatus(error, 404, 409)) throw error;
    }
  }
}

export function isConditionTrue(pod: Pod, wanted: string): boolean {
  return (pod.status?.conditions ?? []).some(({ type, status }) => type === wanted && status === 'True');
}
