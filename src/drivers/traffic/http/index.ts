import type { HttpTrafficConfig } from '../../../domain/traffic.ts';
import type { AzSetRef } from '../../../domain/types.ts';
import { pause } from '../../alive.ts';
import { coalesce } from '../../kubernetes/coalesce.ts';
import type { TrafficDriver } from '../index.ts';
import type { Places } from '../places.ts';
import { BalancerApi } from './api.ts';
import { pull } from './pull.ts';
import { servingMembers } from './serving.ts';

/**
 * Traffic by a load balancer with an HTTP API of its own. It has one flag for a server, which is the release's, and is
 * believed only where it says that a server is out or in, never where it says that it was told.
 * @param idc whose load balancer it is, where the URL says `{idc}`
 */
export function httpTraffic({
  settings,
  idc,
  places,
}: {
  settings: HttpTrafficConfig;
  idc: string;
  places: Places;
}): TrafficDriver {
  const api = new BalancerApi(settings, idc);
  // The instances of a batch ask for the same sets at the same time.
  const serving = coalesce(async (asked) => {
    const found = [...asked].map(async (key) => {
      return [key, await servingMembers(api, places, JSON.parse(key) as AzSetRef[])] as const;
    });
    return new Map(await Promise.all(found));
  });
  return {
    keepsOwners: false,
    flagsObserved: false,
    serving: async (sets) => {
      const key = JSON.stringify(sets);
      return (await serving(key)).get(key) ?? new Set();
    },
    outBy: async (at) => {
      const place = await places.held(at);
      const drained = await api.isDrained(place);
      if (drained === null) return api.refuseUnknown(place);
      return drained ? { release: `the load balancer says that ${at.member} is drained` } : {};
    },
    pullOut: async (at, flag, guard, waiting) => {
      await pull(api, places, at, 'out', guard, waiting);
      await pause(waiting, flag.drainSeconds * 1000, `connections of ${at.member} to drain`);
    },
    pullIn: async (at, _owner, guard, waiting) => {
      await pull(api, places, at, 'in', guard, waiting);
      return {};
    },
  };
}
