import { pushImage } from '../../devfleet/images/index.ts';
import type { HealthCheck, Spec } from '../../src/domain/types.ts';
import type { SpecOptions } from '../contract/world.ts';

// The versions of the contract's instances, and what specs of them say.

const REPOSITORY = 'shop/web';
const PORT = 8080;

export const HEALTH: HealthCheck = {
  path: '/health',
  port: PORT,
  timeoutSeconds: 30,
  codes: { ignited: [200], waiting: [526, 528], failed: [527], markedDown: [530] },
};

/** Version → how its container behaves; see devfleet/host/behaviour.ts. */
const BEHAVIOUR: Record<string, Record<string, string>> = {
  v1: {},
  v2: {},
  v3: {},
  big: {},
  slow: { 'ignite-seconds': '3' },
  failing: { ignite: 'fail' },
  down: { ignite: 'markdown' },
  crashing: { 'crash-after-seconds': '0.3' },
};

/** Pushes them all. @returns version → digest; that of `absent` is of nothing */
export async function pushVersions(registryUrl: string): Promise<Record<string, string>> {
  const digests: Record<string, string> = { absent: `sha256:${'0'.repeat(64)}` };
  for (const [version, behaviour] of Object.entries(BEHAVIOUR)) {
    const labels = Object.fromEntries(
      Object.entries({ version, ...behaviour }).map(([key, value]) => [`transship.dev/sim.${key}`, value]),
    );
    ({ digest: digests[version] } = await pushImage(registryUrl, { repository: REPOSITORY, tag: version, labels }));
  }
  return digests;
}

export function specOf(number: number, version: string, digest: string, options: SpecOptions = {}): Spec {
  const { labels = {}, annotations = {}, container = {}, pod = {} } = options;
  return {
    number,
    version,
    images: { web: { repository: REPOSITORY, tag: version, digest } },
    health: HEALTH,
    ports: [{ name: 'http', port: 80, targetPort: PORT }],
    traffic: ['service'],
    template: {
      metadata: { labels, annotations },
      spec: {
        terminationGracePeriodSeconds: 1,
        containers: [
          {
            name: 'web',
            ports: [{ containerPort: PORT }],
            readinessProbe: { httpGet: { path: '/health', port: PORT }, periodSeconds: 1, failureThreshold: 1 },
            ...container,
          },
        ],
        ...pod,
      },
    },
  };
}
