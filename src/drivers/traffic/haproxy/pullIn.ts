import { TransshipError } from '../../../domain/errors.ts';
import { alive, pause } from '../../alive.ts';
import type { Guard, MemberAt, Waiting } from '../../azset/index.ts';
import { IN_TIMEOUT_MS, LOOK_MS, LOOKS_A_HOLDER } from '../limits.ts';
import type { Places } from '../places.ts';
import type { Balancer, Said } from './balancer.ts';
import type { ServerName } from './process.ts';
import { isDrained, isInMaintenance, isOutByTracking, isServing } from './state.ts';

/** Ends the drain in every process, and waits until all give the server traffic: their health checks included. */
export async function pullIn(
  balancer: Balancer,
  places: Places,
  at: MemberAt,
  guard: Guard,
  waiting: Waiting,
): Promise<Record<string, string>> {
  const name = balancer.mustName(await places.held(at));
  const deadline = Date.now() + IN_TIMEOUT_MS;
  let what = `HAProxy to take ${name.backend}/${name.server} in`;
  for (let looks = 1; ; looks++) {
    const said = await alive(
      waiting,
      () => what,
      async () => {
        if (looks % LOOKS_A_HOLDER === 0) await places.held(at);
        return balancer.ask(name);
      },
    );
    const drained = said.filter(({ state }) => isDrained(state));
    for (const { process } of drained) {
      await guard();
      await process.set(name, 'ready');
    }
    if (drained.length === 0) {
      const others = keptOutBy(name, said);
      if (Object.keys(others).length > 0) return others;
    }
    const missing = said.filter(({ state }) => !isServing(state));
    if (missing.length === 0) return {};
    const told = missing.map(({ process, state }) => `${process.socket} says ${state.text}`).join('; ');
    what = `HAProxy to take ${name.backend}/${name.server} in: ${told}`;
    if (Date.now() >= deadline) {
      throw new TransshipError('PULL_IN_TIMEOUT', `${name.backend}/${name.server} gets no traffic: HAProxy at ${told}`);
    }
    await pause(waiting, drained.length === 0 ? LOOK_MS : LOOK_MS / 10, what);
  }
}

/** Others than the release, who are waited for by nobody: a person, or the server that it tracks. */
export function keptOutBy({ backend, server }: ServerName, said: readonly Said[]): Record<string, string> {
  const by = (owner: string, why: string, is: (state: Said['state']) => boolean): Record<string, string> => {
    const sockets = said.filter(({ state }) => is(state)).map(({ process }) => process.socket);
    return sockets.length === 0 ? {} : { [owner]: `${backend}/${server} ${why} in HAProxy at ${sockets.join(', ')}` };
  };
  return {
    ...by('member', 'is in maintenance', isInMaintenance),
    ...by('server', 'tracks a server that is out', isOutByTracking),
  };
}
