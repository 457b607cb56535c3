import type { ImageDrivers } from '../activities/image.ts';
import { TransshipError } from '../domain/errors.ts';
import { bytesPerSecondAt, type Link } from '../domain/fleet-registry.ts';
import type { Fleet } from '../domain/fleet.ts';
import { registriesOf, type FleetRegistry } from '../domain/registries.ts';
import { projectOf } from '../drivers/harbor/api.ts';
import { makeProject } from '../drivers/harbor/projects.ts';
import type { RegistryClient } from '../registry/client.ts';
import { Copier } from '../registry/copy.ts';
import { Pacer } from '../registry/pacer.ts';
import type { CountCopiers } from './copiers.ts';
import { registryClient } from './registry-client.ts';

/** An attempt of ours ends in seconds where a registry is away: Temporal tries again, and shows that it does. */
const ATTEMPTS = 3;

/** How soon a link has the rate of another time of day, or of other workers beside this one, in ms. */
const PACE_MS = 10_000;

/** What all IDCs of a worker's process share: one client for each registry, one copier. */
export interface Registries {
  /** As seen from an IDC of the process. */
  of(idc: string): ImageDrivers;
  /** By the name that the fleet file gives it. @throws FLEET_INVALID where it has none of that name */
  client(registry: string): RegistryClient;
  /** Ends connections and timers. */
  close(): Promise<void>;
}

/**
 * The registries of the fleet, for whoever copies between them. Nothing is asked before it is needed.
 * @param idcs that the process copies to
 * @param copiers who share what a link allows; what is known of them is kept while that cannot be asked
 */
export function openRegistries(
  fleet: Pick<Fleet, 'idcs' | 'links'>,
  idcs: readonly string[],
  copiers: CountCopiers,
): Registries {
  const all = new Map(registriesOf(fleet).map((registry) => [registry.name, registry]));
  const clients = new Map<string, RegistryClient>();
  const pacers = fleet.links
    .filter(({ to }) => idcs.includes(to))
    .map((link) => ({ link, pacer: new Pacer(bytesPerSecondAt(link, new Date())), copiers: 1 }));
  const pace = async (): Promise<void> => {
    for (const one of pacers) {
      one.copiers = await copiers(one.link.to).catch(() => one.copiers);
      one.pacer.perSecond = bytesPerSecondAt(one.link, new Date()) / one.copiers;
    }
  };
  const clock = setInterval(() => void pace(), PACE_MS);
  clock.unref();
  void pace();
  const copier = new Copier();

  const known = (name: string): FleetRegistry => {
    const registry = all.get(name);
    if (registry !== undefined) return registry;
    throw new TransshipError('FLEET_INVALID', `there is no registry "${name}" in the fleet file of this worker`);
  };
  const clientOf = (name: string): RegistryClient => {
    let client = clients.get(name);
    if (client === undefined) {
      const registry = known(name);
      const { concurrency } = registry;
      client = registryClient(registry, { reads: concurrency, writes: concurrency, attempts: ATTEMPTS });
      clients.set(name, client);
    }
    return client;
  };
  const between = (from: string, to: string) => (one: { link: Link }) => one.link.from === from && one.link.to === to;
  return {
    of: (idc) => ({
      copier,
      place: (name, repository) => ({ client: clientOf(name), repository }),
      makeProject: async (name, repository, signal) => {
        if (known(name).kind === 'harbor') await makeProject(clientOf(name), projectOf(repository), signal);
      },
      pacer: (from) => pacers.find(between(known(from).idc, idc))?.pacer,
    }),
    client: clientOf,
    close: async () => {
      clearInterval(clock);
      await Promise.all([...clients.values()].map(async (client) => client.close()));
    },
  };
}
