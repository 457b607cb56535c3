import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { fleetSchema } from '../src/domain/fleet.ts';
import type { DevfleetIdc } from './types.ts';

type FleetInput = z.input<typeof fleetSchema>;
type FleetIdc = Pick<DevfleetIdc, 'name' | 'azs' | 'azsOf' | 'probeProxy' | 'kubeconfig' | 'mesos'> & {
  registry: Pick<DevfleetIdc['registry'], 'url' | 'host'>;
};

/** The front door watches Kubernetes, and follows within milliseconds; of Marathon it reads all, after an event. */
const WATCHED_SECONDS = 0.2;
const READ_SECONDS = 1;

/** Writes fleet.yml: the fleet as Transship is told of it. */
export async function writeFleetFile(
  path: string,
  fleet: {
    environments: string[];
    idcs: FleetIdc[];
    catalogue: string;
    /** Empty where there is none. */
    temporalUi: string;
    apiPort: number;
  },
): Promise<void> {
  const file: FleetInput = {
    fleet: 'devfleet',
    environments: fleet.environments.map((name) => ({ name })),
    idcs: fleet.idcs.map((idc) => ({
      name: idc.name,
      azs: idc.azs,
      registry: { url: idc.registry.url, host: idc.registry.host },
      probeProxy: idc.probeProxy,
      clusters: clustersOf(idc),
    })),
    limits: { drainSeconds: fleet.idcs.some(({ mesos }) => mesos !== null) ? READ_SECONDS : WATCHED_SECONDS },
    catalogue: { url: fleet.catalogue },
    api: { listen: `127.0.0.1:${fleet.apiPort}` },
    ...(fleet.temporalUi === '' ? {} : { temporalUi: fleet.temporalUi }),
  };
  await writeFile(path, stringify(file));
}

/** Of each system that an AZ runs one: `<idc>-k8s`, `<idc>-marathon`. */
function clustersOf({ name, azsOf, kubeconfig, mesos }: FleetIdc): FleetInput['idcs'][number]['clusters'] {
  const lostAfterSeconds = 5;
  const [onKubernetes, onMesos] = [azsOf('kubernetes'), azsOf('mesos')];
  return [
    ...(onKubernetes.length === 0
      ? []
      : [{ name: `${name}-k8s`, kind: 'kubernetes' as const, kubeconfig, azs: onKubernetes, lostAfterSeconds }]),
    ...(mesos === null
      ? []
      : [
          {
            name: `${name}-marathon`,
            kind: 'marathon' as const,
            urls: mesos.marathon,
            mesos: { urls: mesos.masters },
            network: mesos.network,
            azs: onMesos,
            lostAfterSeconds,
          },
        ]),
  ];
}
