import type { FastifyBaseLogger } from 'fastify';
import type { Catalogue } from '../catalogue/types.ts';
import type { Fleet } from '../domain/fleet.ts';
import { trustCaller } from './actor.ts';
import { buildApp } from './app.ts';
import { listenAddress } from './loopback.ts';
import { keepHouse } from './housekeeping.ts';
import type { PolicyOverride } from '../temporal/messages.ts';
import type { TemporalLink } from './temporal/link.ts';

export interface ServeOptions {
  fleet: Fleet;
  catalogue: Catalogue;
  temporal: TemporalLink;
  logger: FastifyBaseLogger;
  address: ReturnType<typeof addressOf>;
  policy?: PolicyOverride | undefined;
}

// Authentication plugs in here: with another `authenticate`, addresses that are not loopback are allowed.
const access = { authenticate: trustCaller, authenticated: false };

/**
 * Where the API listens.
 * @param listen `host:port`; port 0 takes a free one. Default: of the fleet file
 * @throws TransshipError FLEET_INVALID for an address that may not be listened on
 */
export function addressOf(fleet: Fleet, listen: string | undefined): { host: string; port: number } {
  return listenAddress(listen ?? fleet.api.listen, access);
}

/** Serves the REST API until `close` is called. */
export async function serve(options: ServeOptions): Promise<{ url: string; close: () => Promise<void> }> {
  const { fleet, catalogue, temporal, logger, address, policy } = options;
  const context = { fleet, catalogue, temporal, log: logger, policy };
  const app = await buildApp({ context, logger, ...access });
  const url = await app.listen(address);
  const stopHousekeeping = keepHouse(context);
  return {
    url,
    async close() {
      // Whoever is at work still asks Temporal and the catalogue, which are closed next.
      await Promise.all([stopHousekeeping(), app.close()]);
    },
  };
}
