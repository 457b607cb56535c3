import type { HaproxyConfig } from '../../../domain/traffic.ts';
import type { TrafficDriver } from '../index.ts';
import type { Places } from '../places.ts';
import { Balancer } from './balancer.ts';
import { HaproxyProcess } from './process.ts';
import { keptOutBy, pullIn } from './pullIn.ts';
import { pullOut } from './pullOut.ts';
import { servingMembers } from './serving.ts';
import { isDrained } from './state.ts';

/**
 * Traffic by HAProxy, through its runtime API. `drain` is the release's one flag: the server gets no new sessions, and
 * its health checks go on, so that it comes back only when they pass. `maint` is a person's, and stays.
 * @param sockets of the processes that carry the traffic; all must agree
 */
export function haproxyTraffic({
  sockets,
  templates,
  places,
}: {
  sockets: readonly string[];
  templates: Pick<HaproxyConfig, 'backend' | 'server'>;
  places: Places;
}): TrafficDriver {
  const balancer = new Balancer(
    sockets.map((socket) => new HaproxyProcess(socket)),
    templates,
  );
  return {
    keepsOwners: false,
    flagsObserved: false,
    serving: (sets) => servingMembers(balancer, places, sets),
    outBy: async (at) => {
      const name = balancer.mustName(await places.held(at));
      const said = await balancer.ask(name);
      const drained = said.filter(({ state }) => isDrained(state)).map(({ process }) => process.socket);
      const release = `${name.backend}/${name.server} is drained in HAProxy at ${drained.join(', ')}`;
      return { ...keptOutBy(name, said), ...(drained.length === 0 ? {} : { release }) };
    },
    pullOut: (at, flag, guard, waiting) => pullOut(balancer, places, at, flag, guard, waiting),
    pullIn: (at, _owner, guard, waiting) => pullIn(balancer, places, at, guard, waiting),
  };
}
