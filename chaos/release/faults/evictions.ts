import { SimHostsClient } from '../../../devfleet/host/client.ts';
import { SHOP } from '../../../devfleet/shop.ts';
import type { Point } from '../../hooks/points.ts';
import type { Lane } from '../lane.ts';
import { helped, success } from '../scenarios.ts';
import { momentOf, standingStill, struck, type Fault, type FaultKind, type Golden } from './fault.ts';

/** How long nobody is there to see the eviction. */
const DEAD_MS = 5_000;

interface Eviction {
  /** Instance that is evicted. */
  instance: string;
  /** Where it stands then. */
  when: string;
  /** Moment, as the trace has it. */
  at: [key: string, point: Point];
  always?: boolean;
}

/** Where an instance can stand when its node has no room for it any more; bastion `web-0`, first batch `web-1`, `web-2`. */
const EVICTIONS: Eviction[] = [
  { instance: 'web-3', when: 'not touched yet, in SMOKING', at: ['deploy web-0 #1', 'before'] },
  { instance: 'web-0', when: 'the bastion, out', at: ['takeOut web-0 #1', 'after'] },
  { instance: 'web-0', when: 'the bastion, deployed', at: ['deploy web-0 #1', 'after'], always: true },
  { instance: 'web-0', when: 'the bastion, ignited', at: ['ignite web-0 #1', 'after'] },
  { instance: 'web-0', when: 'the bastion, in BAKING', at: ['putIn web-0 #1', 'before'] },
  { instance: 'web-0', when: 'the bastion, baked', at: ['putIn web-0 #1', 'after'] },
  { instance: 'web-1', when: 'out', at: ['takeOut web-1 #1', 'after'] },
  { instance: 'web-1', when: 'deployed', at: ['deploy web-1 #1', 'after'], always: true },
  { instance: 'web-1', when: 'ignited', at: ['ignite web-1 #1', 'after'] },
  { instance: 'web-1', when: 'done', at: ['putIn web-1 #1', 'after'] },
  { instance: 'web-0', when: 'done long ago', at: ['deploy web-1 #1', 'after'] },
  { instance: 'web-3', when: 'not touched yet, in a batch', at: ['deploy web-1 #1', 'after'] },
  { instance: 'web-3', when: 'done, in SETTLING', at: ['settleSet north/az-1 #1', 'before'] },
];

/** A pod is evicted, while the worker looks on, and while there is none. */
export const evictions: FaultKind = {
  scenario: { ...success, name: 'evicted', drive: helped },
  faults: (golden) => EVICTIONS.flatMap((eviction) => [seen(golden, eviction), unseen(golden, eviction)]),
};

function seen(golden: Golden, { instance, when, at: [key, point], always = false }: Eviction): Fault {
  const hit = momentOf(golden, `releaseGroup: ${key}`, point);
  return {
    key: `${instance} ${when}`,
    hit,
    blow: 'freeze',
    always,
    evicted: ({ pods }) => pods[instance] ?? '',
    beside: standingStill(hit, (lane, { pods }) => evict(lane, pods[instance] ?? '')),
  };
}

function unseen(golden: Golden, { instance, when, at: [key, point] }: Eviction): Fault {
  const hit = momentOf(golden, `releaseGroup: ${key}`, point);
  return {
    key: `${instance} ${when}, no worker there`,
    hit,
    blow: 'kill',
    deadMs: DEAD_MS,
    // On every commit the one that differs most: the pod that is reborn is not the one that was released.
    always: when === 'done long ago',
    evicted: ({ pods }) => pods[instance] ?? '',
    beside: async (lane, { pods }) => {
      await struck(lane, hit);
      await evict(lane, pods[instance] ?? '');
    },
  };
}

async function evict(lane: Lane, pod: string): Promise<void> {
  for (const { hostsAdmin } of Object.values(lane.world.fleet.idcs)) {
    const hosts = new SimHostsClient(hostsAdmin);
    if (!(await hosts.instances()).some(({ instance }) => instance === pod)) continue;
    return hosts.fault({ kind: 'evict', namespace: SHOP.env, pod });
  }
  throw new Error(`no host has the pod ${pod}`);
}
