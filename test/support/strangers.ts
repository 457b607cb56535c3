import { V1StatefulSet } from '@kubernetes/client-node';
import type { Platform } from '../../devfleet/platform.ts';
import { READINESS_PROBE, SHOP, type ShopPlace } from '../../devfleet/shop.ts';
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
 */
export async function strangersShop(
  { fleet }: Pick<Platform, 'fleet'>,
  app: string,
  version: string,
  places: NamedPlace[],
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
          podManagementPolicy: 'Parallel',
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
