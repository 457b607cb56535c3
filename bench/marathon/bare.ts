import type { HealthCheck } from '../../src/domain/types.ts';
import type { Waiting } from '../../src/drivers/azset/index.ts';
import { waitIgnited } from '../../src/drivers/ignition/wait.ts';
import type { Marathon } from '../../src/drivers/marathon/client.ts';
import { addressOf } from '../../src/drivers/marathon/places.ts';
import { appBy, runningIn, unlocked, until } from './apps.ts';

const nobody = (): Promise<void> => Promise.resolve();

/**
 * The floor: the same instances replaced by a script that does nothing but what Marathon cannot do without. Each batch is
 * ended by name, its app smaller by it; when it has ended the other app grows by as many; when those run they are asked
 * whether they are warm. Two changes a batch, whatever its size; no record, no traffic, no fence, no proof from Mesos.
 */
export class BareScript {
  readonly #marathon: Marathon;
  readonly #app: (version: string) => Record<string, unknown>;
  readonly #probe: { health: HealthCheck; proxy: string };

  /** @param app definition of an app for a version, without id and instances */
  constructor(
    marathon: Marathon,
    app: (version: string) => Record<string, unknown>,
    probe: { health: HealthCheck; proxy: string },
  ) {
    this.#marathon = marathon;
    this.#app = app;
    this.#probe = probe;
  }

  async create(version: string, instances: number): Promise<void> {
    const id = idOf(version);
    await this.#marathon.create({ ...this.#app(version), id, instances }, nobody);
    await until(async () => {
      const app = await appBy(this.#marathon, id);
      return runningIn(app).length === instances && app.deployments.length === 0 ? true : undefined;
    });
  }

  /** @param sizes of the batches; together as many as there are instances */
  async update(from: string, to: string, sizes: readonly number[]): Promise<void> {
    const [before, after] = [idOf(from), idOf(to)];
    await this.#marathon.create({ ...this.#app(to), id: after, instances: 0 }, nobody);
    let moved = 0;
    for (const size of sizes) {
      const ending = (await appBy(this.#marathon, before)).tasks.slice(0, size).map(({ id }) => id);
      await unlocked(() => this.#marathon.killAndScale(ending, nobody));
      await until(async () => {
        const { tasks } = await appBy(this.#marathon, before);
        return tasks.some(({ id }) => ending.includes(id)) ? undefined : true;
      });
      const known = new Set((await appBy(this.#marathon, after)).tasks.map(({ id }) => id));
      moved += size;
      await unlocked(() => this.#marathon.scale(after, moved, nobody));
      const addresses = await until(async () => {
        const fresh = runningIn(await appBy(this.#marathon, after)).filter(({ id }) => !known.has(id));
        const found = fresh.flatMap((task) => addressOf(task) ?? []);
        return found.length === size ? found : undefined;
      });
      await Promise.all(addresses.map((address) => this.#ignited(address)));
    }
    await unlocked(() => this.#marathon.remove(before, nobody));
  }

  async #ignited(address: string): Promise<void> {
    const { health, proxy } = this.#probe;
    const waiting: Waiting = { signal: new AbortController().signal, heartbeat: () => undefined };
    await waitIgnited(address, health, new Date(), waiting, { proxy });
  }
}

function idOf(version: string): string {
  return `/bare/${version}`;
}
