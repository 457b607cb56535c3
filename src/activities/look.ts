import type { AzSetRef } from '../domain/types.ts';
import { type ErrorCode, TransshipError } from '../domain/errors.ts';
import type { AzSetObservation, InstanceObservation } from '../drivers/azset/index.ts';
import type { TrafficDriver } from '../drivers/traffic/index.ts';
import type { InstanceDrivers } from './instance.ts';

/** One set and who gets traffic in it, by one look. */
export interface AzSetLook {
  ref: AzSetRef;
  /** Null: the set does not exist. */
  set: AzSetObservation | null;
  /** Members that the data plane routes to. */
  serving: string[];
}

/** What runs and serves now in the given sets of one IDC: fresh reads. */
export async function lookAt(
  drivers: Pick<InstanceDrivers, 'azSets' | 'traffic'>,
  sets: AzSetRef[],
  traffic?: string[],
): Promise<AzSetLook[]> {
  const looks: AzSetLook[] = [];
  for (const cluster of new Set(sets.map((set) => set.cluster))) {
    const here = sets.filter((set) => set.cluster === cluster);
    const driver = drivers.traffic(cluster, traffic);
    const [observed, serving] = await Promise.all([drivers.azSets(cluster).observe(here), driver.serving(here)]);
    for (const [i, ref] of here.entries()) {
      const set = await askWhoKeepsOut(driver, observed[i] ?? null, serving);
      const members = new Set(set?.instances.map((instance) => instance.member));
      looks.push({ ref, set, serving: [...serving].filter((member) => members.has(member)) });
    }
  }
  return looks;
}

/** Nobody tells who keeps the instance out. */
const UNTOLD: ErrorCode[] = ['INSTANCE_REPLACED', 'LOAD_BALANCER_TARGET_UNKNOWN'];

/**
 * The set, with what other systems than its own say of who keeps an instance out. Asked only of those that get no traffic
 * though nobody says why: one that was reborn while it was out carries no flag, and a load balancer goes on keeping it out.
 */
async function askWhoKeepsOut(
  driver: TrafficDriver,
  set: AzSetObservation | null,
  serving: ReadonlySet<string>,
): Promise<AzSetObservation | null> {
  if (set === null || driver.flagsObserved) return set;
  const asked = async (instance: InstanceObservation): Promise<InstanceObservation> => {
    const { member, uid, terminating, outBy } = instance;
    if (serving.has(member) || terminating || Object.keys(outBy).length > 0) return instance;
    try {
      return { ...instance, outBy: await driver.outBy({ set: set.ref, member, uid }) };
    } catch (error) {
      // What a load balancer does not know it does not keep out either; the next look tells of what holds the place by then.
      if (error instanceof TransshipError && UNTOLD.includes(error.code)) return instance;
      throw error;
    }
  };
  return { ...set, instances: await Promise.all(set.instances.map(asked)) };
}
