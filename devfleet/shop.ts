import { pushImage } from './images/index.ts';
import type { DevfleetIdc } from './types.ts';

/** The app that the demo, the fault runs and the benches release. */
export const SHOP = { app: 'shop', group: 'web', env: 'pro', repository: 'shop/web', port: 8080 } as const;

/** How a version of the shop behaves; see devfleet/host/behaviour.ts for the labels. */
export interface ShopVersion {
  igniteSeconds?: number;
  ignite?: 'ok' | 'fail' | 'never' | 'markdown';
  crashAfterSeconds?: number;
  /** How long it takes to end once it is told to. */
  stopSeconds?: number;
}

export interface ShopPlace {
  cluster: string;
  az: string;
  instances: number;
}

/** One place for each AZ of an IDC and each of the systems that its hosts run, with so many instances. */
export function placesIn(
  { name, azs, azsOf }: Pick<DevfleetIdc, 'name' | 'azs' | 'azsOf'>,
  instances: number,
): ShopPlace[] {
  const clusters = { [`${name}-k8s`]: azsOf('kubernetes'), [`${name}-marathon`]: azsOf('mesos') };
  return azs.flatMap((az) =>
    Object.entries(clusters).flatMap(([cluster, served]) => (served.includes(az) ? { cluster, az, instances } : [])),
  );
}

export interface ShopOptions {
  /** Default: `shop`. */
  app?: string;
  /** Seconds that ignition may take. Default 60. */
  healthTimeoutSeconds?: number;
  /** Does the kubelet probe readiness too? Default true. */
  readinessProbe?: boolean;
  /** Environment of the container: another one needs new pods. */
  environment?: Record<string, string>;
  /** CPUs that a container asks for. Default: it does not say. */
  cpus?: number;
  /** Traffic drivers of the fleet file. Default: its first. */
  traffic?: string[];
}

/** The kubelet's own probe of the health page, once a second. */
export const READINESS_PROBE = { httpGet: { path: '/health', port: SHOP.port }, periodSeconds: 1, failureThreshold: 1 };

/** The app file of a shop with the given places. */
export function shopApp(placement: ShopPlace[], options: ShopOptions = {}): object {
  const { repository, port, group, env } = SHOP;
  return {
    app: options.app ?? SHOP.app,
    owner: 'storefront',
    groups: [
      {
        name: group,
        environment: env,
        placement,
        images: { web: repository },
        health: { path: '/health', port, timeoutSeconds: options.healthTimeoutSeconds ?? 60 },
        ports: [{ name: 'http', port: 80, targetPort: port }],
        ...(options.traffic === undefined ? {} : { traffic: options.traffic }),
        template: {
          spec: {
            terminationGracePeriodSeconds: 5,
            containers: [
              {
                name: 'web',
                ports: [{ containerPort: port }],
                ...(options.environment === undefined ? {} : { env: environmentOf(options.environment) }),
                ...(options.cpus === undefined ? {} : { resources: { requests: { cpu: options.cpus } } }),
                ...(options.readinessProbe === false ? {} : { readinessProbe: READINESS_PROBE }),
              },
            ],
          },
        },
      },
    ],
  };
}

function environmentOf(environment: Record<string, string>): { name: string; value: string }[] {
  return Object.entries(environment).map(([name, value]) => ({ name, value }));
}

/** Pushes one version of the shop's image to every registry; the same bytes, so the same digest. */
export async function pushShop(registries: string[], version: string, behaviour: ShopVersion = {}): Promise<string> {
  const { igniteSeconds = 1, ignite = 'ok', crashAfterSeconds, stopSeconds } = behaviour;
  const labels: Record<string, string> = {
    'transship.dev/sim.version': version,
    'transship.dev/sim.ignite-seconds': String(igniteSeconds),
    'transship.dev/sim.ignite': ignite,
    ...(crashAfterSeconds === undefined ? {} : { 'transship.dev/sim.crash-after-seconds': String(crashAfterSeconds) }),
    ...(stopSeconds === undefined ? {} : { 'transship.dev/sim.stop': `slow:${stopSeconds}` }),
  };
  let digest = '';
  for (const registry of registries)
    ({ digest } = await pushImage(registry, { repository: SHOP.repository, tag: version, labels }));
  return digest;
}
