import { setTimeout as sleep } from 'node:timers/promises';
import { loopbackOf } from '../../devfleet/host/addresses.ts';
import type { KubernetesHands } from './kubernetes-hands.ts';

/** An instance of the group `service` has this address now; told again and again. */
export type Register = (service: string, member: string, address: string) => Promise<void>;

/** Service discovery: tells a load balancer of every address that the cluster gives, until it is stopped. */
export function discover(hands: KubernetesHands, namespace: string, register: Register): { stop(): Promise<void> } {
  const ending = new AbortController();
  const tell = async (): Promise<void> => {
    while (!ending.signal.aborted) {
      for (const { pod, service, address } of await hands.addresses(namespace)) {
        await register(service, pod, loopbackOf(address));
      }
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
