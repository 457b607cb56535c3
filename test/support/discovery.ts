import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackOf } from '../../devfleet/host/addresses.ts';

/** An instance of the group `service` has this address now; told again and again. */
export type Register = (service: string, member: string, address: string) => Promise<void>;

/** An instance of the group `service`, and the address that its cluster has given it. */
export interface Addressed {
  service: string;
  member: string;
  address: string;
}

/**
 * Service discovery: tells a load balancer of every address that the cluster gives, until it is stopped.
 * @param addresses those that there are now
 */
export function discover(addresses: () => Promise<Addressed[]>, register: Register): { stop(): Promise<void> } {
  const ending = new AbortController();
  const tell = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      for (const { service, member, address } of await addresses())
        await register(service, member, loopbackOf(address));
      await sleep(50);
    }
  };
  const telling = tell();
  return {
    stop: async () => {
      ending.abort();
      await telling;
    },
  };
}
