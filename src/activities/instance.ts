import type { AzSetDriver, Waiting } from '../drivers/azset/index.ts';
import type { MemberAt, ReplaceTarget } from '../drivers/azset/index.ts';
import type { TrafficDriver } from '../drivers/traffic/index.ts';
import type { HealthCheck, InstanceRef } from '../domain/types.ts';
import { TransshipError, type ErrorCode } from '../domain/errors.ts';
import { runStep, type StepContext, type StepDependencies } from './step.ts';

/** Which instance, held by what. The uid was read by an earlier activity: a retry never looks for another one. */
export interface InstanceStep extends StepContext {
  instance: InstanceRef;
  uid: string;
}

/** What must keep serving on this IDC's clusters without the members of the batch. */
export interface CapacityShare {
  /** Members of the batch in this IDC. */
  batch: string[];
  /** Serving members outside the batch that the plan counted on here. */
  others: number;
}

export interface TakeOutInput extends InstanceStep {
  reason: string;
  drainSeconds: number;
  /** Null skips the count: the instance serves nobody anyhow, or the undo keeps the budget itself. */
  capacity: CapacityShare | null;
  /** All sets of the group in this IDC, for the count. */
  sets: InstanceRef['azSet'][];
}

/** How an instance is brought to its target: it becomes it; another one of it is made; or that, even where it is one. */
export type Change = 'in-place' | 'recreate' | 'restart';

/** The driver's verb for each. */
const VERBS = { 'in-place': 'replace', recreate: 'recreate', restart: 'restart' } as const satisfies Record<
  Change,
  keyof AzSetDriver
>;

export interface DeployInput extends InstanceStep {
  target: ReplaceTarget;
  /** As the stage of its set said, or restart. All but in place: the set must be open for the instance. */
  change?: Change;
}

/** Where a deployed instance is. */
export interface Deployed {
  address: string;
  /** ISO time from which ignition counts. */
  startedAt: string;
  /** What holds its place now: another uid after a recreate. Histories recorded before there was one lack it. */
  uid?: string;
}

export interface IgniteInput extends InstanceStep {
  health: HealthCheck;
  address: string;
  /** ISO time from which ignition is counted. */
  since: string;
}

/** What the steps of one instance act through, by cluster. */
export interface InstanceDrivers {
  azSets(cluster: string): AzSetDriver;
  /** See TrafficStep. */
  traffic(cluster: string, names?: string[]): TrafficDriver;
  /**
   * Waits until the instance says 200; the probe goes through the IDC's probe proxy.
   * @param stands throws where the instance is another one by now
   */
  waitIgnited(
    address: string,
    health: HealthCheck,
    since: Date,
    waiting: Waiting,
    stands: () => Promise<void>,
  ): Promise<void>;
}

const UNREACHABLE: ErrorCode[] = ['CLUSTER_UNREACHABLE', 'CLUSTER_LOST'];

const at = ({ instance, uid }: InstanceStep): MemberAt => ({ set: instance.azSet, member: instance.member, uid });

/** The four activities that release one instance. */
export function instanceActivities(drivers: InstanceDrivers, dependencies: StepDependencies) {
  return {
    /** Counts on the data plane once more, then takes the instance out of traffic and sees it gone. */
    takeOut: (input: TakeOutInput): Promise<void> =>
      runStep(dependencies, 'takeOut', input, async (guard, waiting) => {
        const traffic = drivers.traffic(input.instance.azSet.cluster, input.traffic);
        await checkCapacity(drivers, input);
        await traffic.pullOut(
          at(input),
          { owner: 'release', reason: input.reason, drainSeconds: input.drainSeconds },
          guard,
          waiting,
        );
      }),

    /** Brings the instance to the target and sees that it runs it. Returns where to probe it, and what holds it now. */
    deploy: (input: DeployInput): Promise<Deployed> =>
      runStep(dependencies, 'deploy', input, async (guard, waiting) => {
        const driver = drivers.azSets(input.instance.azSet.cluster);
        const { change = 'in-place' } = input;
        let began = new Date();
        const seen = await driver[VERBS[change]](at(input), input.target, guard, waiting);
        // A budget may have kept it for long before it was ended: that is not the new one's time.
        if (change !== 'in-place') began = new Date();
        if (seen.address === null) {
          throw new TransshipError('CLUSTER_UNREACHABLE', `${input.instance.name} runs but shows no address yet`);
        }
        return { address: seen.address, startedAt: began.toISOString(), uid: seen.uid };
      }),

    /** Waits until the instance says that it is warm. */
    ignite: (input: IgniteInput): Promise<void> =>
      runStep(dependencies, 'ignite', input, (_guard, waiting) =>
        drivers.waitIgnited(input.address, input.health, new Date(input.since), waiting, () =>
          checkStands(drivers.azSets(input.instance.azSet.cluster), at(input)),
        ),
      ),

    /** Gives the instance its traffic back and sees it arrive. Returns who else keeps it out. */
    putIn: (input: InstanceStep): Promise<Record<string, string>> =>
      runStep(dependencies, 'putIn', input, (guard, waiting) =>
        drivers.traffic(input.instance.azSet.cluster, input.traffic).pullIn(at(input), 'release', guard, waiting),
      ),
  };
}

/** @throws CAPACITY_SHORT when the members outside the batch serve less than the plan counted on */
async function checkCapacity(drivers: InstanceDrivers, input: TakeOutInput): Promise<void> {
  if (input.capacity === null) return;
  const batch = new Set(input.capacity.batch);
  let serving = 0;
  for (const cluster of new Set(input.sets.map((set) => set.cluster))) {
    const members = await drivers
      .traffic(cluster, input.traffic)
      .serving(input.sets.filter((set) => set.cluster === cluster));
    for (const member of members) if (!batch.has(member)) serving++;
  }
  if (serving < input.capacity.others) {
    throw new TransshipError(
      'CAPACITY_SHORT',
      `${serving} instances outside the batch serve in ${input.instance.azSet.idc}; the plan needs ${input.capacity.others}`,
    );
  }
}

/**
 * A cluster that does not answer cannot tell, and the instance may be well.
 * @throws INSTANCE_REPLACED when what holds its place is gone, on its way out, or another
 */
async function checkStands(azSets: AzSetDriver, { set, member, uid }: MemberAt): Promise<void> {
  let observed;
  try {
    [observed] = await azSets.observe([set]);
  } catch (error) {
    if (error instanceof TransshipError && UNREACHABLE.includes(error.code)) return;
    throw error;
  }
  const holder = observed?.instances.find((instance) => instance.member === member);
  if (holder?.uid === uid && !holder.terminating) return;
  throw new TransshipError('INSTANCE_REPLACED', `${member} (${uid}) is gone, or another by now: it never ignited`);
}

export type InstanceActivities = ReturnType<typeof instanceActivities>;
