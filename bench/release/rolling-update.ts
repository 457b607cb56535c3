import { setTimeout as sleep } from 'node:timers/promises';
import { READINESS_PROBE } from '../../devfleet/shop.ts';
import type { ApiServer } from '../../src/drivers/kubernetes/api.ts';
import { paths } from '../../src/drivers/kubernetes/paths.ts';

interface StatefulSet {
  metadata: { generation: number };
  status: {
    observedGeneration?: number;
    updatedReplicas?: number;
    readyReplicas?: number;
    currentRevision?: string;
    updateRevision?: string;
  };
}

/** The peer: a StatefulSet of the same pods that its own controller updates, one pod at a time, by deleting them. */
export class RollingUpdate {
  readonly #api: ApiServer;
  readonly #namespace: string;
  readonly #replicas: number;
  readonly #template: { spec: { containers: object[] } };
  static readonly #NAME = 'peer';

  /** @param template pod spec of the group under test, without images */
  constructor(api: ApiServer, namespace: string, replicas: number, template: { spec: { containers: object[] } }) {
    this.#api = api;
    this.#namespace = namespace;
    this.#replicas = replicas;
    this.#template = template;
  }

  async create(image: string): Promise<void> {
    const labels = { app: RollingUpdate.#NAME };
    await this.#api.create(paths.statefulSets(this.#namespace), {
      apiVersion: 'apps/v1',
      kind: 'StatefulSet',
      metadata: { name: RollingUpdate.#NAME },
      spec: {
        replicas: this.#replicas,
        serviceName: RollingUpdate.#NAME,
        podManagementPolicy: 'Parallel',
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: this.#spec(image) },
      },
    });
    await this.#complete();
  }

  /** Changes the image and returns when every pod is updated and Ready. */
  async update(image: string): Promise<void> {
    await this.#api.patch(paths.statefulSets(this.#namespace, RollingUpdate.#NAME), 'strategic', {
      spec: { template: { spec: this.#spec(image) } },
    });
    await this.#complete();
  }

  #spec(image: string): object {
    return {
      ...this.#template.spec,
      containers: this.#template.spec.containers.map((container) => ({
        ...container,
        image,
        readinessProbe: READINESS_PROBE,
      })),
    };
  }

  async #complete(): Promise<void> {
    for (;;) {
      const set = await this.#api.get<StatefulSet>(paths.statefulSets(this.#namespace, RollingUpdate.#NAME));
      if (set === null) throw new Error('the peer is gone');
      const { metadata, status } = set;
      const seen = status.observedGeneration === metadata.generation;
      const all = status.updatedReplicas === this.#replicas && status.readyReplicas === this.#replicas;
      if (seen && all && status.currentRevision === status.updateRevision) return;
      await sleep(50);
    }
  }
}
