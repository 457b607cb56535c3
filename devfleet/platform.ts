import { isTerminal, needsPerson } from '../src/domain/states.ts';
import type { Release } from '../src/http/schemas/release.ts';
import { startFleet, type Devfleet, type FleetOptions } from './index.ts';
import { SHOP, pushShop, shopApp, type ShopOptions, type ShopPlace, type ShopVersion } from './shop.ts';
import { startTransship, type Transship, type TransshipOptions } from './transship.ts';

/** A fleet with Transship's own processes on it, as an operator would run them. */
export interface Platform extends Transship {
  fleet: Devfleet;
  /** By name: `worker`, or `worker-control` and `worker-<idc>`. */
  workers: Transship['workers'];
  /** Pushes one version of the shop's image to every IDC's registry. */
  push(version: string, behaviour?: ShopVersion): Promise<void>;
  /** Applies the shop's app file. */
  applyShop(places: ShopPlace[], options?: ShopOptions): Promise<void>;
  /** Starts a release of the shop; returns its id. */
  release(version: string, config?: object): Promise<string>;
  /** Waits until the release has ended or waits for a person. */
  settled(id: string, timeoutMs?: number): Promise<Release>;
  stop(): Promise<void>;
}

export interface PlatformOptions extends FleetOptions, Pick<TransshipOptions, 'workerEnv' | 'apiEnv' | 'prefix'> {
  /** One worker for every queue (default), or control and each IDC apart. */
  split?: boolean;
}

/** Starts a fleet, then worker.ts and api.ts on it. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const fleet = await startFleet(options);
  try {
    return await startPlatformOn(fleet, options);
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}

/** Starts worker.ts and api.ts on a fleet; its stop() ends the fleet too. */
export async function startPlatformOn(
  fleet: Devfleet,
  { split = false, workerEnv = {}, apiEnv = {}, prefix = '' }: Omit<PlatformOptions, keyof FleetOptions>,
): Promise<Platform> {
  const roles: Record<string, string[]> = split
    ? {
        'worker-control': ['--control'],
        ...Object.fromEntries(Object.keys(fleet.idcs).map((idc) => [`worker-${idc}`, ['--idc', idc]])),
      }
    : { worker: [] };
  const transship = await startTransship(fleet, { roles, workerEnv, apiEnv, prefix });
  const settled = async (id: string, timeoutMs = 120_000): Promise<Release> => {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const view = await transship.rest<Release>('GET', `/v1/releases/${id}`);
      if (isTerminal(view.state) || needsPerson(view.state)) return view;
      if (Date.now() > deadline) throw new Error(`release ${id} is not settled: ${JSON.stringify(view)}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };

  return {
    fleet,
    ...transship,
    settled,
    push: async (version, behaviour) => {
      await pushShop(
        Object.values(fleet.idcs).map(({ registry }) => registry.directUrl),
        version,
        behaviour,
      );
    },
    applyShop: async (places, more) => {
      await transship.rest('PUT', `/v1/apps/${SHOP.app}`, shopApp(places, more));
    },
    release: async (version, config) => {
      const { id } = await transship.rest<{ id: string }>('POST', '/v1/releases', {
        app: SHOP.app,
        env: SHOP.env,
        version,
        ...(config === undefined ? {} : { config }),
      });
      return id;
    },
    stop: () => fleet.stop(),
  };
}
