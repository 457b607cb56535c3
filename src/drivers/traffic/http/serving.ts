import type { AzSetRef } from '../../../domain/types.ts';
import { atOnce } from '../../at-once.ts';
import type { Places } from '../places.ts';
import type { BalancerApi } from './api.ts';

/** Questions on their way at once: a load balancer's API is not made for a crowd. */
const AT_ONCE = 8;

/** Members that the load balancer gives traffic. One that it does not know gets none. */
export async function servingMembers(api: BalancerApi, places: Places, sets: AzSetRef[]): Promise<Set<string>> {
  const serving = new Set<string>();
  await atOnce(AT_ONCE, await places.of(sets), async (place) => {
    if ((await api.isDrained(place)) === false) serving.add(place.member);
  });
  return serving;
}
