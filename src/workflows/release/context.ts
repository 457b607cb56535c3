import type { AzSetLook } from '../../activities/look.ts';
import type { AzSetObservation, InstanceObservation, StagedRevision } from '../../drivers/azset/index.ts';
import type { Batch, PlannedMember } from '../../domain/plan.ts';
import { ordinalOf } from '../../domain/member.ts';
import { isSameSet } from '../../domain/size.ts';
import { isRequeueing, type AzSetRef, type InstanceRef, type Trouble } from '../../domain/types.ts';
import type { ReleaseGroupInput } from '../../temporal/messages.ts';
import { idcActivities, type Direction, type StepOptions } from './activities.ts';
import type { Sagas } from '../../temporal/saga.ts';
import type { UndoBudget } from './budget.ts';
import type { Commands } from './commands.ts';
import type { Leave } from './leave.ts';
import type { Opening } from './opening.ts';
import type { Progress } from './progress.ts';

/** What the parts of a group's release share. */
export interface GroupRun {
  input: ReleaseGroupInput;
  epoch: number;
  /** See StepContext. */
  turns: number;
  progress: Progress;
  commands: Commands;
  /** Of one of several groups that are released as one: how far it may go. */
  leave: Leave;
  /** Undo, one stack per IDC: an IDC that is away does not hold up the undo of the others. */
  sagas: Sagas;
  /** By AzSet name, once staged. */
  staged: Map<string, StagedRevision>;
  /** Of a restart: instance → uid of what is to be ended there. */
  restarting: Map<string, string>;
  /** Sets of which instances are made anew, by direction and set. */
  openings: Map<string, Opening>;
  /** Batches that were begun, oldest first: what an undo goes back through. */
  begun: Batch[];
  /** Somebody has changed the size of the group. */
  resized: boolean;
  /** Instances that the brake counts by: those of the beginning, or fewer where some are gone by now. */
  size: number;
  /** Clusters that are away and left for later: see lookPast. */
  lost: Map<string, Trouble>;
  /** While a person's brake is on: what every step stands at. */
  braking: Promise<void> | null;
  /** IDCs whose registries have the images by now. */
  supplied: Set<string>;
  /** How often this run has asked for images. */
  asks: number;
  /** Opened by the first undo step that needs it. */
  undoBudget?: Promise<UndoBudget>;
  /** Of an undo: each cluster that was away at its beginning, and when what serves there is counted. */
  returning: Map<string, Promise<void>>;
}

/** IDCs of the group, in the order of its AzSets. */
export function idcsOf(sets: AzSetRef[]): string[] {
  return [...new Set(sets.map((set) => set.idc))];
}

export function setsIn(sets: AzSetRef[], idc: string): AzSetRef[] {
  return sets.filter((set) => set.idc === idc);
}

/** `north/north-k8s`, as shown to people. */
export function clusterOf({ idc, cluster }: Pick<AzSetRef, 'idc' | 'cluster'>): string {
  return `${idc}/${cluster}`;
}

/** How the steps of the operation are tried. */
export function stepOptions(
  { input }: GroupRun,
  direction: Direction,
): Pick<StepOptions, 'direction' | 'policy' | 'lossEnds'> {
  return { direction, policy: input.policy, lossEnds: isRequeueing(input.config) };
}

/** What every mutating activity is told: on whose behalf it acts. */
export function stepContext({ input, epoch, turns }: GroupRun): {
  ref: ReleaseGroupInput['ref'];
  root: string;
  operation: string;
  epoch: number;
  turns?: number;
  traffic: string[];
} {
  const { ref, root, operation, spec } = input;
  return { ref, root, operation, epoch, ...(turns === 0 ? {} : { turns }), traffic: spec.traffic };
}

/** Activities on one set. `what` is done to it: one word for the Temporal UI. */
export function setActivities(
  run: GroupRun,
  direction: Direction,
  set: AzSetRef,
  what: string,
  longestAttemptMs = 120_000,
): ReturnType<typeof idcActivities> {
  const summary = `${what} ${set.name} (${set.idc})`;
  return idcActivities(set.idc, { ...stepOptions(run, direction), summary, longestAttemptMs });
}

/** The group as the clusters show it, over all IDCs. */
export class GroupLook {
  readonly #members = new Map<string, InstanceObservation>();
  readonly #serving = new Set<string>();
  readonly sets: AzSetLook[];

  constructor(sets: AzSetLook[]) {
    this.sets = sets;
    for (const { ref, set, serving } of sets) {
      for (const instance of set?.instances ?? []) this.#members.set(key(ref, instance.member), instance);
      for (const member of serving) this.#serving.add(key(ref, member));
    }
  }

  /** The set as it was seen; undefined where it does not exist, or was not looked at. */
  seen(azSet: AzSetRef): AzSetObservation | undefined {
    return this.sets.find(({ ref }) => isSameSet(ref, azSet))?.set ?? undefined;
  }

  /** Its cluster answered. */
  saw({ azSet }: Pick<InstanceRef, 'azSet'>): boolean {
    return this.sets.some(({ ref }) => isSameSet(ref, azSet));
  }

  /** What holds the instance's place now; undefined while nothing does. */
  holder(instance: InstanceRef): InstanceObservation | undefined {
    return this.#members.get(key(instance.azSet, instance.member));
  }

  /** The set is large enough to have the instance, whether or not anything holds its place just now. */
  hasPlace({ azSet, member }: InstanceRef): boolean {
    const desired = this.seen(azSet)?.desired;
    return desired === undefined || ordinalOf(member) < desired;
  }

  serves(instance: InstanceRef): boolean {
    return this.#serving.has(key(instance.azSet, instance.member));
  }

  /** Instances of its set are made one after the other: see AzSetObservation. */
  isOrdered({ azSet }: InstanceRef): boolean {
    return this.seen(azSet)?.management === 'ordered';
  }

  /** As a plan sees them. */
  planned(instances: InstanceRef[]): PlannedMember[] {
    return instances.map((instance) => ({
      instance,
      serving: this.serves(instance),
      ordered: this.isOrdered(instance),
    }));
  }
}

function key(set: AzSetRef, member: string): string {
  return `${set.idc}/${set.cluster}/${set.namespace}/${member}`;
}

/** Looks at the whole group, all IDCs at once, or at one of its sets. */
export async function look(run: GroupRun, direction: Direction, summary: string, only?: AzSetRef): Promise<GroupLook> {
  const { input } = run;
  const sets = only === undefined ? input.azSets : [only];
  const looks = await Promise.all(
    idcsOf(sets).map((idc) =>
      idcActivities(idc, {
        ...stepOptions(run, direction),
        summary: `${summary} (${idc})`,
        longestAttemptMs: 30_000,
      }).observe({
        sets: setsIn(sets, idc),
        traffic: input.spec.traffic,
      }),
    ),
  );
  if (only === undefined && direction === 'forward') run.lost.clear();
  return new GroupLook(looks.flat());
}
