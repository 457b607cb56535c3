import { createHash } from 'node:crypto';
import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import type { Cluster } from '../../kubernetes/cluster.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { LABEL } from '../../kubernetes/labels.ts';
import { PRE_PULL_TIMEOUT_MS, PULL_GRACE_MS } from '../../kubernetes/limits.ts';
import { paths } from '../../kubernetes/paths.ts';
import type { Node, Pod, StatefulSet } from '../../kubernetes/resources.ts';
import { until } from '../../kubernetes/until.ts';
import type { Waiting } from '../index.ts';
import { getSet, listPods } from './sets.ts';
import { troubleOf } from './trouble.ts';
/** How long we take it that an image that was pulled is still there: hosts throw out what nothing runs. */
const REMEMBERED_MS = 600_000;

/**
 * Makes hosts pull images, by the only thing that reaches a host's image store: a pod. In place the kubelet stops the
 * old container before it pulls the new image, so every second of a pull is a second out.
 * Only hosts that do not name an image in their status, and were not made to pull it lately, get such a pod. Best effort:
 * whatever fails here is tried again, and reported, by the replacement itself.
 */
export class PrePull {
  readonly #cluster: Cluster;
  /** `<host> <image>` → when it was pulled: hosts tell what they hold with a delay only. */
  readonly #pulled = new Map<string, number>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async pull(ref: AzSetRef, members: string[], images: string[], waiting: Waiting): Promise<void> {
    const { api } = this.#cluster;
    try {
      const set = await getSet(api, ref);
      const pods = (await listPods(api, ref.namespace, [set])).filter(({ metadata }) =>
        members.includes(metadata.name),
      );
      const hosts = new Set(pods.flatMap(({ spec }) => spec.nodeName ?? []));
      await Promise.all([...hosts].map((host) => this.#pullOn(set, host, images, waiting)));
    } catch (error) {
      waiting.signal.throwIfAborted();
      if (!(error instanceof TransshipError)) throw error;
    }
  }

  async #pullOn(set: StatefulSet, host: string, images: string[], waiting: Waiting): Promise<void> {
    const { api } = this.#cluster;
    const unknown = images.filter((image) => Date.now() - (this.#pulled.get(`${host} ${image}`) ?? 0) > REMEMBERED_MS);
    if (unknown.length === 0) return;
    const { status } = (await api.get<Node>(paths.nodes(host))) ?? {};
    const present = new Set(status?.images?.flatMap(({ names }) => names ?? []));
    const missing = unknown.filter((image) => !present.has(image));
    const isReady = status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True');
    if (missing.length === 0 || isReady !== true) return;
    if (await this.#runPod(set, host, missing, waiting)) {
      for (const image of missing) this.#pulled.set(`${host} ${image}`, Date.now());
    }
  }

  /** @returns whether the images were pulled */
  async #runPod(set: StatefulSet, host: string, images: string[], waiting: Waiting): Promise<boolean> {
    const { api, feeds } = this.#cluster;
    const { namespace } = set.metadata;
    const pod = pullPod(set, host, images);
    const { name } = pod.metadata;
    await api.create(paths.pods(namespace), pod).catch((error: unknown) => {
      // An earlier attempt made it.
      if (!isStatus(error, 409)) throw error;
    });
    let stuckSince: number | null = null;
    try {
      return await until(waiting, {
        what: `${host} to pull ${images.join(', ')}`,
        timeoutMs: PRE_PULL_TIMEOUT_MS,
        late: () => new TransshipError('IMAGE_PULL_FAILED', `${host} did not pull ${images.join(', ')}`),
        feed: feeds.of(paths.pods(namespace), LABEL.prePull),
        wakes: (object, gone) => object.metadata.name === name && (gone || hasPulled(object as Pod)),
        look: async () => {
          const now = await api.get<Pod>(paths.pods(namespace, name));
          if (now === null) return false;
          if (hasPulled(now)) return true;
          // A host that does not take the pod up, or cannot pull, is not waited for: the replacement will tell.
          const isStuck = now.status?.containerStatuses === undefined || troubleOf(now) !== null;
          stuckSince = isStuck ? (stuckSince ?? Date.now()) : null;
          return stuckSince !== null && Date.now() - stuckSince > PULL_GRACE_MS ? false : undefined;
        },
      });
    } finally {
      await endPod(api, namespace, name);
    }
  }
}

/** Ends what pulls of this set left behind: of a worker that died meanwhile, or of one that nobody waited for. */
export async function endPulls({ api }: Cluster, { namespace, name }: AzSetRef): Promise<void> {
  const left = await api.list<Pod>(paths.pods(namespace), { labelSelector: `${LABEL.prePull}=${name}` });
  await Promise.all(left.map(({ metadata }) => endPod(api, namespace, metadata.name)));
}

/** By eviction: the right to delete pods is one that we do without. Whoever comes next finds what is left. */
async function endPod(api: ApiServer, namespace: string, name: string): Promise<void> {
  try {
    await api.create(`${paths.pods(namespace, name)}/eviction`, {
      apiVersion: 'policy/v1',
      kind: 'Eviction',
      metadata: { namespace, name },
      deleteOptions: { gracePeriodSeconds: 0 },
    });
  } catch (error) {
    if (!(error instanceof TransshipError)) throw error;
  }
}

/** Once a container was tried to start, or has run, its image is there. */
function hasPulled({ metadata, status }: Pod): boolean {
  if (metadata.deletionTimestamp !== undefined || status?.phase === 'Failed' || status?.phase === 'Succeeded')
    return true;
  const containers = status?.containerStatuses ?? [];
  return (
    containers.length > 0 &&
    containers.every(({ state }) => state?.running !== undefined || state?.terminated !== undefined)
  );
}

/**
 * A pod on that host whose containers cannot start: the command does not exist, so nothing of the application runs
 * outside its set. It has none of the labels that Services and sets select, and goes with the set if we never come back.
 */
function pullPod(set: StatefulSet, host: string, images: string[]): { metadata: { name: string }; spec: object } {
  const { name, uid, namespace } = set.metadata;
  const hash = createHash('sha256')
    .update([host, ...images].join())
    .digest('hex')
    .slice(0, 10);
  const { imagePullSecrets } = set.spec.template.spec;
  const metadata = {
    name: `${name}-pull-${hash}`,
    namespace,
    labels: { [LABEL.prePull]: name },
    ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name, uid, controller: false }],
  };
  return {
    metadata,
    spec: {
      nodeName: host,
      restartPolicy: 'Never',
      activeDeadlineSeconds: PRE_PULL_TIMEOUT_MS / 1000,
      terminationGracePeriodSeconds: 0,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      tolerations: [{ operator: 'Exists' }],
      ...(imagePullSecrets === undefined ? {} : { imagePullSecrets }),
      // What the strictest Pod Security level asks for.
      securityContext: { runAsNonRoot: true, runAsUser: 65534, seccompProfile: { type: 'RuntimeDefault' } },
      containers: images.map((image, index) => ({
        name: `pull-${String(index)}`,
        image,
        command: ['/transship-only-pulls'],
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
      })),
    },
  };
}
