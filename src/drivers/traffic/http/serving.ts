import type { AzSetRef } from '../../../domain/types.ts';
import type { Places } from '../places.ts';
import type { BalancerApi } from './api.ts';

/** Questions on their way at once: a load balancer's API is not made for a crowd. */
const AT_ONCE = 8;

/** Members that the load balancer gives traffic. One that it does not know gets none. */
export async function servingMembers(api: BalancerApi, places: Places, sets: AzSetRef[]): Promise<Set<string>> {
  const serving = new Set<string>();
  const left = await places.of(sets);
  const askOn = async (): Promise<void> => {
    for (let place = left.pop(); place !== undefined; place = left.pop()) {
      if ((await api.isDrained(place)) === false) serving.add(place.member);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, askOn));
  return serving;
}
