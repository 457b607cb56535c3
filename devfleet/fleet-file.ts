import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { z } from 'zod';
import type { fleetSchema } from '../src/domain/fleet.ts';

/** Writes fleet.yml: the fleet as Transship is told of it. */
export async function writeFleetFile(
  path: string,
  fleet: {
    environments: string[];
    idcs: {
      name: string;
      azs: string[];
      registry: { url: string; host: string };
      probeProxy: string;
      kubeconfig: string;
    }[];
    catalogue: string;
    /** Empty where there is none. */
    temporalUi: string;
    apiPort: number;
  },
): Promise<void> {
  const file: z.input<typeof fleetSchema> = {
    fleet: 'devfleet',
    environments: fleet.environments.map((name) => ({ name })),
    idcs: fleet.idcs.map(({ name, azs, registry, probeProxy, kubeconfig }) => ({
      name,
      azs,
      registry: { url: registry.url, host: registry.host },
      probeProxy,
      clusters: [{ name: `${name}-k8s`, kind: 'kubernetes', kubeconfig, lostAfterSeconds: 5 }],
    })),
    limits: { drainSeconds: 0.2 }, // the front door follows within milliseconds
    catalogue: { url: fleet.catalogue },
    api: { listen: `127.0.0.1:${fleet.apiPort}` },
    ...(fleet.temporalUi === '' ? {} : { temporalUi: fleet.temporalUi }),
  };
  await writeFile(path, stringify(file));
}
