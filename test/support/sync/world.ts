import { Client, Connection } from '@temporalio/client';
import { startRegistryFleet, type RegistryFleet, type RegistryFleetOptions } from '../../../devfleet/registry-fleet.ts';
import { startTransship, type Transship, type TransshipOptions } from '../../../devfleet/transship.ts';
import { headManifest, type Place } from '../../../src/registry/manifest.ts';
import { registryClient } from '../../../src/worker/registry-client.ts';

/** Registries of several IDCs, with Transship's processes between them. */
export interface SyncWorld extends Transship {
  fleet: RegistryFleet;
  client: Client;
  /** Past all links. */
  place(registry: string, repository: string): Place;
  /** What a tag names in each of them; null where there is none. */
  tags(repository: string, tag: string, registries: readonly string[]): Promise<Record<string, string | null>>;
  stop(): Promise<void>;
}

/** What a registry is to send with what it tells of, in `Authorization`. */
export const SECRET = 'Bearer told-by-the-registry';

/** A distribution registry that tells Transship of pushes and deletions: options of a world. */
export function tellingOf(registry: string): Pick<RegistryFleetOptions, 'settings' | 'notified'> {
  return {
    settings: (name) => (name === registry ? { webhookSecret: SECRET } : {}),
    notified: (name, port) =>
      name === registry
        ? [
            {
              url: `http://127.0.0.1:${port}/v1/hooks/registry/${registry}`,
              headers: { Authorization: [SECRET] },
              ignoredActions: ['pull'],
            },
          ]
        : [],
  };
}

export async function startSyncWorld(options: RegistryFleetOptions & Partial<TransshipOptions>): Promise<SyncWorld> {
  const fleet = await startRegistryFleet(options);
  try {
    const { roles = { worker: [] } } = options;
    const transship = await startTransship(fleet, { ...options, roles, port: fleet.apiPort });
    const connection = await Connection.connect({ address: fleet.temporal.address });
    const client = new Client({ connection, namespace: fleet.temporal.namespace });
    const clients = new Map(
      Object.entries(fleet.registries).map(([name, { directUrl, harbor }]) => {
        const own = { url: new URL(directUrl).origin };
        const registry =
          harbor === null
            ? { ...own, kind: 'distribution' as const }
            : { ...own, kind: 'harbor' as const, credential: { user: harbor.user, password: harbor.password } };
        return [name, registryClient(registry, {})];
      }),
    );
    const place = (registry: string, repository: string): Place => {
      const found = clients.get(registry);
      if (found === undefined) throw new Error(`there is no registry ${registry}`);
      return { client: found, repository };
    };
    return {
      ...transship,
      fleet,
      client,
      place,
      tags: async (repository, tag, registries) =>
        Object.fromEntries(
          await Promise.all(
            registries.map(async (name) => [name, await headManifest(place(name, repository), tag)] as const),
          ),
        ),
      stop: async () => {
        await Promise.all([...clients.values()].map(async (one) => one.close()));
        await connection.close();
        await fleet.stop();
      },
    };
  } catch (error) {
    await fleet.stop();
    throw error;
  }
}
