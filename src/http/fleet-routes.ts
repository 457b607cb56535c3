import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import type { z } from 'zod';
import type { Fleet } from '../domain/fleet.ts';
import { registriesOf } from '../domain/registries.ts';
import type { ApiContext } from './context.ts';
import { fleetViewSchema } from './schemas/fleet.ts';

/** The fleet, by names. */
export const fleetRoutes: FastifyPluginCallbackZod<{ context: ApiContext }> = (app, { context }, done) => {
  app.get(
    '/v1/fleet',
    {
      schema: {
        operationId: 'getFleet',
        summary: 'Show the fleet',
        description:
          'Environments, IDCs, AZs, registries, clusters, traffic drivers and limits, by name: no address and no secret.',
        tags: ['fleet'],
        response: { 200: fleetViewSchema },
      },
    },
    () => view(context.fleet),
  );
  done();
};

function view(file: Fleet): z.output<typeof fleetViewSchema> {
  const { fleet, environments, idcs, trafficDrivers, limits } = file;
  const registries = registriesOf(file);
  return {
    fleet,
    environments: environments.map(({ name, namespace }) => ({ name, namespace })),
    idcs: idcs.map(({ name, azs, clusters }) => ({
      name,
      azs,
      registries: registries
        .filter(({ idc }) => idc === name)
        .map((registry) => ({ name: registry.name, kind: registry.kind })),
      clusters: clusters.map((cluster) => ({ name: cluster.name, kind: cluster.kind, azs: cluster.azs })),
    })),
    trafficDrivers: trafficDrivers.map(({ name, kind }) => ({ name, kind })),
    limits,
  };
}
