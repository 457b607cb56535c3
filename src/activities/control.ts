import type { Catalogue, DisabledVersion, EventRow, OperationInstance } from '../catalogue/types.ts';
import { abandonGroup } from '../catalogue/endings.ts';
import type { ReleaseState } from '../domain/states.ts';
import type { AzSetRef, GroupRef, InstanceRef, Trouble } from '../domain/types.ts';
import { toFailure } from './failures.ts';

/** An event as a workflow writes it; `key` makes it unique within its operation. */
export type Note = Pick<EventRow, 'kind' | 'step' | 'instance' | 'outcome' | 'message' | 'data'> & { key: string };

export interface RecordInput {
  root: string;
  operation: string;
  /** New state and what it waits for. */
  state?: { state: ReleaseState; waiting: string; trouble: Trouble | null };
  /** Instances whose progress changed. */
  instances?: OperationInstance[];
  events: Note[];
  /** It is past its point of no return. */
  final?: true;
}

export interface EndGroupInput {
  ref: GroupRef;
  root: string;
  operation: string;
  /** Null when the fence was never claimed. */
  epoch: number | null;
  state: 'SUCCESS' | 'REVOKED' | 'FAILURE';
  trouble: Trouble | null;
  /** Neither finished nor undone: the group accepts only repair, resume and rollback afterwards. */
  dirty: boolean;
  /** Spec that the group runs at rest from now on; null leaves it. */
  released: number | null;
  /** It is nobody's group any more: its sets were left. */
  left?: true;
  /** Instances whose progress changed since the last record. */
  instances: OperationInstance[];
  /** Where somebody changed the size meanwhile: what the group consists of now. */
  layout?: { azSets: (AzSetRef & { count: number })[]; instances: InstanceRef[] };
  /** What holds the instances now. */
  seen: { member: string; uid: string; address: string | null }[];
}

export type AbandonGroupInput = Pick<EndGroupInput, 'ref' | 'root' | 'operation'> & { trouble: Trouble };

/** Bookkeeping in the catalogue. Every activity is safe to repeat. */
export function controlActivities(catalogue: Catalogue) {
  const guarded =
    <I, O>(act: (input: I) => Promise<O>) =>
    async (input: I): Promise<O> => {
      try {
        return await act(input);
      } catch (error) {
        throw toFailure(error);
      }
    };

  const endGroup = async (input: EndGroupInput): Promise<void> => {
    const { ref, root, operation, state, trouble } = input;
    if (input.released !== null) await catalogue.groups.setReleased(ref, input.released);
    if (input.left === true) await catalogue.groups.setReleased(ref, null);
    if (input.instances.length > 0) await catalogue.operations.setInstances(operation, input.instances);
    if (input.layout !== undefined) await catalogue.groups.resize(ref, input.layout.azSets, input.layout.instances);
    if (input.seen.length > 0) await catalogue.groups.noteInstances(ref, input.seen);
    await catalogue.events.append([
      {
        root,
        operation,
        kind: 'state',
        step: state,
        instance: null,
        attempt: 1,
        outcome: null,
        message: trouble === null ? state : `${state}: ${trouble.message}`,
        data: trouble,
        key: 'end',
      },
    ]);
    await catalogue.operations.setState(operation, { state, waiting: '', trouble });
    if (input.epoch !== null) await catalogue.fences.release(ref, operation, input.epoch, input.dirty);
  };

  return {
    /** Takes the group's fence, if need be from the operation that left it. The same operation gets the same epoch again. */
    claimFence: guarded(async ({ ref, operation, over }: { ref: GroupRef; operation: string; over?: string }) =>
      catalogue.fences.claim(ref, operation, over),
    ),

    /** Holds a version back that is being rolled back. */
    disableVersion: guarded(async (input: Omit<DisabledVersion, 'disabledAt'>) => catalogue.versions.disable(input)),

    /** Writes progress: state, instances, events. */
    record: guarded(async ({ root, operation, state, instances, events, final }: RecordInput) => {
      // First: until it is there, steps that are tried again may still begin.
      if (state !== undefined) await catalogue.fences.brake(operation, state.trouble?.code === 'BRAKED');
      if (instances !== undefined && instances.length > 0)
        await catalogue.operations.setInstances(operation, instances);
      if (final === true) await catalogue.operations.setFinal([root, operation]);
      await catalogue.events.append(events.map((event) => ({ ...event, root, operation, attempt: 1 })));
      if (state !== undefined) await catalogue.operations.setState(operation, state);
    }),

    /** Ends a group operation: what it released, its state, and last the fence. */
    endGroup: guarded(endGroup),

    /** Ends a group operation whose workflow is gone and undid nothing: as a failure, and dirty if it held the fence. */
    abandonGroup: guarded(async ({ ref, root, operation, trouble }: AbandonGroupInput) => {
      await abandonGroup(catalogue, ref, { id: operation, root }, trouble);
    }),
  };
}

export type ControlActivities = ReturnType<typeof controlActivities>;
