import { V1StatefulSet } from '@kubernetes/client-node';
import type { Platform } from '../../devfleet/platform.ts';
import { READINESS_PROBE, SHOP, shopApp, type ShopPlace } from '../../devfleet/shop.ts';
import { startTraffic, type Traffic } from '../../devfleet/traffic/index.ts';
import { Judge } from './judge.ts';
import { KubernetesHands } from './kubernetes-hands.ts';

/** A place of an app file that names the StatefulSet there. */
export type NamedPlace = ShopPlace & { set: string };

/** The places with names of sets by which judges know the instances as those of the app. */
export function named(app: string, places: ShopPlace[]): NamedPlace[] {
  return places.map((place, at) => ({ ...place, set: `${app}-${SHOP.group}-old${String(at)}` }));
}

/**
 * Somebody who has never heard of Transship runs a shop of the given version in these places: plain StatefulSets, and in
 * each cluster a Service `legacy-<app>` for all of them. Returns when all are ready.
 * @param options.ordered a pod is made only while all before it are ready
 */
export async function strangersShop(
  { fleet }: Pick<Platform, 'fleet'>,
  app: string,
  version: string,
  places: NamedPlace[],
  { ordered = false }: { ordered?: boolean } = {},
): Promise<void> {
  for (const { name: idc, adminKubeconfig, registry } of Object.values(fleet.idcs)) {
    const hands = new KubernetesHands(adminKubeconfig);
    const here = places.filter(({ cluster }) => cluster === `${idc}-k8s`);
    if (here.length === 0) continue;
    await hands.createService(SHOP.env, `legacy-${app}`, { legacy: app });
    for (const { set, az, instances } of here) {
      const labels = { legacy: app, part: set };
      const container = {
        name: 'web',
        image: `${registry.host}/${SHOP.repository}:${version}`,
        ports: [{ containerPort: SHOP.port }],
        readinessProbe: READINESS_PROBE,
      };
      const body = {
        metadata: { name: set },
        spec: {
          replicas: instances,
          serviceName: '',
          podManagementPolicy: ordered ? 'OrderedReady' : 'Parallel',
          selector: { matchLabels: labels },
          template: {
            metadata: { labels },
            spec: {
              terminationGracePeriodSeconds: 5,
              nodeSelector: { 'topology.kubernetes.io/zone': az },
              containers: [container],
            },
          },
        },
      };
      await hands.createSet(SHOP.env, Object.assign(new V1StatefulSet(), body));
    }
  }
}

/** Somebody's hands in the cluster of a place. */
export function handsIn({ fleet }: Platform, cluster: string): KubernetesHands {
  const idc = Object.values(fleet.idcs).find(({ name }) => cluster === `${name}-k8s`);
  return new KubernetesHands(idc?.adminKubeconfig ?? '');
}

/** A shop that is still a stranger's. */
export interface Legacy {
  app: string;
  places: NamedPlace[];
  judge: Judge;
  traffic(rate: number): Promise<Traffic>;
  /** Pod, uid and address of each instance. */
  before: string[];
}

/** A stranger's shop on v1, by the stranger's own Services, and an app file that names its sets. */
export async function legacy(
  platform: Platform,
  app: string,
  where: ShopPlace[],
  options: { ordered?: boolean } = {},
): Promise<Legacy> {
  const places = named(app, where);
  await strangersShop(platform, app, 'v1', places, options);
  await platform.rest('PUT', `/v1/apps/${app}`, shopApp(places, { app }));
  const judge = await Judge.of(platform.fleet, app);
  const url = `${platform.fleet.frontDoor.url}/${SHOP.env}/legacy-${app}/`;
  return {
    app,
    places,
    judge,
    traffic: (rate) => startTraffic({ url, rate, timeoutMs: 30_000 }),
    before: await judge.identities(),
  };
}
