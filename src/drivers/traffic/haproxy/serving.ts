import type { AzSetRef } from '../../../domain/types.ts';
import type { Places } from '../places.ts';
import type { Balancer } from './balancer.ts';
import { isServing } from './state.ts';

/** Members that every process gives traffic. One that a process does not know gets none. */
export async function servingMembers(balancer: Balancer, places: Places, sets: AzSetRef[]): Promise<Set<string>> {
  const serving = new Set<string>();
  await Promise.all(
    (await places.of(sets)).map(async (place) => {
      const name = balancer.nameOf(place);
      if (name === null) return;
      const states = await Promise.all(
        balancer.processes.map(async (process) => (await process.servers(name.backend)).get(name.server)),
      );
      if (states.every((state) => state !== undefined && isServing(state))) serving.add(place.member);
    }),
  );
  return serving;
}
