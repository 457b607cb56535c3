import { setTimeout as delay } from 'node:timers/promises';
import type { AzSetRef, GroupRef, ImageRef, Management, SavedSet, Spec } from '../domain/types.ts';
import { TransshipError } from '../domain/errors.ts';
import type { AzSetDriver, Examined, ReplaceTarget, SetDifference, StagedRevision } from '../drivers/azset/index.ts';
import type { TrafficDriver } from '../drivers/traffic/index.ts';
import { toFailure } from './failures.ts';
import { lookAt, type AzSetLook } from './look.ts';
import { runStep, stepNumber, takeTurns, type StepContext, type StepDependencies, type TrafficStep } from './step.ts';
import { activityWaiting } from './waiting.ts';

export interface SetStep extends StepContext {
  set: AzSetRef;
}

export interface FenceSetInput extends SetStep {
  /** Names of its instances. */
  instances: string[];
}

export interface StageSetInput extends SetStep {
  spec: Spec;
  /** The caller knows how to recreate: without this a change that needs new instances is refused. */
  recreate?: boolean;
  /** What somebody else wrote into the template is written over. */
  overwrite?: boolean;
}

export interface AdoptSetInput extends SetStep {
  /** What it is said to run. */
  spec: Spec;
}

export interface ConvertSetInput extends SetStep {
  saved: SavedSet;
  to: Management;
}

export interface ResizeSetInput extends SetStep {
  /** How many instances it is to have. */
  count: number;
}

export interface OpenSetInput extends SetStep {
  /** What they are to be: of an undo, the previous revision. */
  target: ReplaceTarget;
}

export interface AzSetDrivers {
  azSets(cluster: string): AzSetDriver;
  /** See TrafficStep. */
  traffic(cluster: string, names?: string[]): TrafficDriver;
  /** Digest that a tag or digest names in this IDC's registry, or null. */
  resolveReference(repository: string, reference: string): Promise<string | null>;
}

/** What acts on a whole set of one IDC. */
export function azSetActivities(drivers: AzSetDrivers, dependencies: StepDependencies) {
  return {
    /** What runs and serves now in the given sets of this IDC. Fresh reads. */
    observe: async ({ sets, traffic }: TrafficStep & { sets: AzSetRef[] }): Promise<AzSetLook[]> => {
      try {
        return await lookAt(drivers, sets, traffic);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** Digests of the images in this IDC's registry; null where the tag (or the digest that is given) is not there. */
    resolveImages: async (input: {
      repositories: Record<string, string>;
      /** Container → digest, where images are asked for by content. */
      digests?: Record<string, string>;
      tag: string;
    }): Promise<Record<string, ImageRef | null>> => {
      try {
        const found: Record<string, ImageRef | null> = {};
        for (const [container, repository] of Object.entries(input.repositories)) {
          const digest = await drivers.resolveReference(repository, input.digests?.[container] ?? input.tag);
          found[container] = digest === null ? null : { repository, tag: input.tag, digest };
        }
        return found;
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** How the spec differs from what the set runs. */
    compareSet: async ({
      set,
      spec,
      overwrite,
    }: {
      set: AzSetRef;
      spec: Spec;
      overwrite?: boolean;
    }): Promise<SetDifference> => {
      try {
        return await drivers.azSets(set.cluster).compare(set, spec, { overwrite });
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** Creates the set, parked, and waits until its controller has made every instance. */
    createSet: (input: SetStep & { spec: Spec; count: number; group: GroupRef }): Promise<void> =>
      runStep(dependencies, 'createSet', input, async (guard, waiting) => {
        await drivers.azSets(input.set.cluster).create(input.set, input.group, input.spec, input.count, guard);
        for (;;) {
          const [observed] = await drivers.azSets(input.set.cluster).observe([input.set]);
          const made = observed?.instances.length ?? 0;
          // Pods come before the status that names their revision, which is what they are then proven against.
          if (made >= input.count && observed?.updateRevision !== '') return;
          waiting.heartbeat(`${made} of ${input.count} instances made`);
          await delay(200, undefined, { signal: waiting.signal });
        }
      }),

    /**
     * Shuts out what earlier steps, of this operation or of the one whose fence it took over, may still have on their way
     * to the set and its instances: from here on what is seen there stays so until a later step changes it.
     */
    fenceSet: (input: FenceSetInput): Promise<void> =>
      runStep(dependencies, 'fenceSet', input, async (guard, waiting) => {
        await takeTurns(dependencies, input, input.instances);
        const mark = `${input.operation}/${String(input.epoch)}/${String(stepNumber(input))}`;
        await drivers.azSets(input.set.cluster).fence(input.set, mark, guard, waiting);
      }),

    /** Removes the set and its instances. */
    removeSet: (input: SetStep): Promise<void> =>
      runStep(dependencies, 'removeSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).remove(input.set, input.ref, guard, waiting),
      ),

    /**
     * Writes the new template, parked: no instance moves. `change` of the answer says how they are to be moved: in place,
     * each by `deploy`, in any order; or recreated, and then for each batch and set, from the highest member down:
     * `takeOut` of all its members, `openSet`, `deploy` of each, `closeSet`, and only then `ignite` and `putIn` of each.
     */
    stageSet: (input: StageSetInput): Promise<StagedRevision> =>
      runStep(dependencies, 'stageSet', input, async (guard, waiting) => {
        const { set, spec, overwrite } = input;
        const driver = drivers.azSets(set.cluster);
        if (input.recreate !== true) await refuseRecreate(driver, set, spec);
        return driver.stage(set, spec, guard, waiting, { overwrite });
      }),

    /**
     * Begins a batch that is recreated: what ends in the set comes back on the target, out of traffic. A set has one batch
     * at a time. To undo, open it with the previous revision, whatever state it was left in.
     */
    openSet: (input: OpenSetInput): Promise<void> =>
      runStep(dependencies, 'openSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).open(input.set, input.target, guard, waiting),
      ),

    /** Ends the batch, whatever came of its members: the set is parked again, and what ends now comes back serving. */
    closeSet: (input: SetStep): Promise<void> =>
      runStep(dependencies, 'closeSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).close(input.set, guard, waiting),
      ),

    /** What an adoption would take over; what a release of the spec would then change. */
    examineSet: async ({ set, ref, spec }: { set: AzSetRef; ref: GroupRef; spec: Spec }): Promise<Examined> => {
      try {
        return await drivers.azSets(set.cluster).examine(set, ref, spec);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** Takes over a set that somebody else made: no instance ends. */
    adoptSet: (input: AdoptSetInput): Promise<void> =>
      runStep(dependencies, 'adoptSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).adopt(input.set, input.ref, input.spec, guard, waiting),
      ),

    /** Leaves the set to whoever has it then: no instance ends. Does nothing where it is not ours. */
    detachSet: (input: AdoptSetInput): Promise<void> =>
      runStep(dependencies, 'detachSet', input, async (guard, waiting) => {
        const driver = drivers.azSets(input.set.cluster);
        const [found] = await driver.observe([input.set]);
        // An adoption that was cut off is finished first: half of it cannot be left.
        if (found !== null) await driver.adopt(input.set, input.ref, input.spec, guard, waiting);
        await driver.detach(input.set, guard, waiting);
      }),

    /** All that is needed to make the set again, also written among the events; null where there is none. */
    saveSet: (input: SetStep): Promise<SavedSet | null> =>
      runStep(
        dependencies,
        'saveSet',
        input,
        async (_guard, waiting) => {
          try {
            return await drivers.azSets(input.set.cluster).save(input.set, waiting);
          } catch (error) {
            if (error instanceof TransshipError && error.code === 'NOT_FOUND') return null;
            throw error;
          }
        },
        (saved) => saved,
      ),

    /** Makes the set one of another management, under its instances: none ends. */
    convertSet: (input: ConvertSetInput): Promise<void> =>
      runStep(dependencies, 'convertSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).convert(input.set, input.saved, input.to, guard, waiting),
      ),

    /** What sets the size of the set by itself, for people; null where nobody does. */
    scalerOf: async ({ set }: { set: AzSetRef }): Promise<string | null> => {
      try {
        return await drivers.azSets(set.cluster).scaler(set);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** Gives the set its size: open, where instances come; once those at the end are out of traffic, where they go. */
    resizeSet: (input: ResizeSetInput): Promise<void> =>
      runStep(dependencies, 'resizeSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).resize(input.set, input.count, guard, waiting),
      ),

    /** Puts the template back. */
    unstageSet: (input: SetStep): Promise<void> =>
      runStep(dependencies, 'unstageSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).unstage(input.set, guard, waiting),
      ),

    /** Waits until instances and controller agree on the revision. */
    settleSet: (input: SetStep & { revision: string }): Promise<void> =>
      runStep(dependencies, 'settleSet', input, (guard, waiting) =>
        drivers.azSets(input.set.cluster).settle(input.set, input.revision, guard, waiting),
      ),

    /** Makes the images present on the hosts of the batch's members in this IDC. */
    prePull: async ({ pulls }: { pulls: { set: AzSetRef; members: string[]; images: string[] }[] }): Promise<void> => {
      const waiting = activityWaiting();
      try {
        await Promise.all(
          pulls.map(({ set, members, images }) => drivers.azSets(set.cluster).prePull(set, members, images, waiting)),
        );
      } catch (error) {
        throw toFailure(error);
      }
    },
  };
}

/** @throws RECREATE_UNSUPPORTED */
async function refuseRecreate(driver: AzSetDriver, set: AzSetRef, spec: Spec): Promise<void> {
  const { change, reasons } = await driver.compare(set, spec);
  if (change !== 'recreate') return;
  throw new TransshipError('RECREATE_UNSUPPORTED', `${set.name} would need new pods: ${reasons.join(', ')}`);
}

export type AzSetActivities = ReturnType<typeof azSetActivities>;
