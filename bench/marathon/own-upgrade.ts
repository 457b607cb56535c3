import { request } from 'undici';
import type { HealthCheck } from '../../src/domain/types.ts';
import type { Marathon } from '../../src/drivers/marathon/client.ts';
import { appBy, until } from './apps.ts';

const ID = '/peer/web';

/** No more than a quarter is away, and none is there twice: as our batches. */
const STRATEGY = { minimumHealthCapacity: 0.75, maximumOverCapacity: 0 };

/** The peer: an app of the same instances that Marathon itself upgrades, by its own health checks. */
export class OwnUpgrade {
  readonly #marathon: Marathon;
  readonly #url: string;
  readonly #app: (version: string) => Record<string, unknown>;
  readonly #instances: number;

  /**
   * @param url of a Marathon process
   * @param app definition of an app for a version, without id and instances
   */
  constructor(
    marathon: Marathon,
    url: string,
    app: (version: string) => Record<string, unknown>,
    { instances, health }: { instances: number; health: HealthCheck },
  ) {
    this.#marathon = marathon;
    this.#url = url;
    this.#instances = instances;
    const check = {
      protocol: 'HTTP',
      path: health.path,
      portIndex: 0,
      intervalSeconds: 1,
      timeoutSeconds: 1,
      gracePeriodSeconds: health.timeoutSeconds,
      maxConsecutiveFailures: 0,
    };
    this.#app = (version) => ({ ...app(version), instances, upgradeStrategy: STRATEGY, healthChecks: [check] });
  }

  async create(version: string): Promise<void> {
    await this.#marathon.create({ ...this.#app(version), id: ID }, () => Promise.resolve());
    await this.#complete();
  }

  /** Changes the image, and returns when every instance is of the new version, and Marathon has nothing more to do. */
  async update(version: string): Promise<void> {
    const answer = await request(`${this.#url}/v2/apps${ID}?force=false`, {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(this.#app(version)),
    });
    const said = await answer.body.text();
    if (answer.statusCode !== 200) throw new Error(`the peer is not upgraded: ${answer.statusCode} ${said}`);
    await this.#complete();
  }

  async #complete(): Promise<void> {
    await until(async () => {
      const { version, tasks, deployments } = await appBy(this.#marathon, ID);
      const fresh = tasks.filter((task) => task.version === version && task.state === 'TASK_RUNNING');
      return fresh.length === this.#instances && deployments.length === 0 ? true : undefined;
    });
  }
}
