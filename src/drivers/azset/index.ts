import type { AzSetRef, GroupRef, Management, SavedSet, Spec, Trouble } from '../../domain/types.ts';

/** One instance as its cluster shows it now. */
export interface InstanceObservation {
  /** Place in the AzSet (pod name). */
  member: string;
  /** Identity of what holds the place now (pod uid); another uid means that it was replaced. */
  uid: string;
  address: string | null;
  host: string | null;
  /** Name of the revision it is of. */
  revision: string;
  /** Container → image string wanted by the pod's spec. */
  images: Record<string, string>;
  /** Every container runs what the spec wants, proven as in docs/concepts.md "Proof", and the pod is Ready. */
  ready: boolean;
  /** Containers run (not necessarily Ready) what the spec wants: proven per container. */
  running: boolean;
  terminating: boolean;
  /** Set when the system says why it will not run: image pull, crash loop, … */
  trouble: Trouble | null;
  /** The label that Services select says yes. */
  inService: boolean;
  /** Owner → reason of those who took it out of traffic. */
  outBy: Record<string, string>;
}

/** One AzSet as its cluster shows it now. */
export interface AzSetObservation {
  ref: AzSetRef;
  desired: number;
  /** Revision of the set's template now. */
  updateRevision: string;
  /** Revision that pods are reborn on. */
  currentRevision: string;
  /** Histories recorded earlier lack it: `parallel`. */
  management?: Management;
  /** Nothing is half done: every instance claims the one revision and the controller agrees. */
  settled: boolean;
  instances: InstanceObservation[];
}

/** A revision that a set has been staged to. */
export interface StagedRevision {
  /** Revision name the instances will carry. */
  revision: string;
  /** Container → full image string, with this IDC's registry host. */
  images: Record<string, string>;
  /** The revision that was current when staging began: the target of the undo. */
  previous: { revision: string; images: Record<string, string> };
  /**
   * How the instances get there: `in-place` by replace, `recreate` by open, recreate and close. Histories recorded
   * before there was a choice lack it: in place.
   */
  change?: 'in-place' | 'recreate';
}

/** How a spec differs from what a set's template says. */
export interface SetDifference {
  change: 'none' | 'in-place' | 'recreate';
  reasons: string[];
  writers: string | null;
}

/** A set that somebody else made, as it stands. */
export interface Examined {
  /** How many instances it has. */
  count: number;
  /** What a release of the spec would change of it. */
  difference: Pick<SetDifference, 'change' | 'reasons'>;
}

export interface Overwriting {
  /** What somebody else wrote into the template is written over. Default: false. */
  overwrite?: boolean | undefined;
}

/** What one instance is brought to. */
export interface ReplaceTarget {
  revision: string;
  images: Record<string, string>;
}

/** Called just before each mutation; throws FENCE_LOST where a later operation owns the group. */
export type Guard = () => Promise<void>;

/** How long a wait of a driver may take and how it reports that it lives. */
export interface Waiting {
  signal: AbortSignal;
  /** Called at least once a second while waiting, with what is waited for. */
  heartbeat: (waitingFor: string) => void;
}

/**
 * The part of a group in one AZ on one cluster, whatever the scheduler. All methods are safe to repeat: they look
 * first and finish what an earlier attempt began. Errors are TransshipError with a code of the table.
 * The contract test (test/contract/azset.ts) is the specification.
 */
export interface AzSetDriver {
  /** Fresh reads, never from a cache. Null where the set does not exist. One call may serve several sets. */
  observe(sets: AzSetRef[]): Promise<(AzSetObservation | null)[]>;

  /** Creates the set, parked, with `count` instances on the given spec, and its Service; does nothing where it stands. */
  create(set: AzSetRef, group: GroupRef, spec: Spec, count: number, guard: Guard): Promise<void>;

  /**
   * Removes the set and its instances, waits until they are gone; with the group's last set, its Service. Undo of create.
   * Another group's set, or a stranger's, under that name is left alone.
   */
  remove(set: AzSetRef, group: GroupRef, guard: Guard, waiting: Waiting): Promise<void>;

  /**
   * From now on a change of the set or of its instances that was asked for before this, and is still on its way, comes to
   * nothing: who sent it has to ask its guard again. `mark` tells those who look at the set who wrote it; the same mark
   * again does nothing, nor does a set that does not exist.
   */
  fence(set: AzSetRef, mark: string, guard: Guard, waiting: Waiting): Promise<void>;

  /**
   * How the spec differs from what the set's template says: nothing, images and metadata only (in place), or more.
   * `reasons` names the paths that force new pods; `writers` those who changed the template past us, for people.
   * @throws FOREIGN_TEMPLATE where there are any and nobody wants to write over what they wrote
   */
  compare(set: AzSetRef, spec: Spec, options?: Overwriting): Promise<SetDifference>;

  /**
   * Writes the template with the spec's images, parked (moves no instance), and waits for its revision. Over what somebody
   * else wrote only where that is wanted; its undo goes back to what was current before that.
   * @throws FOREIGN_TEMPLATE
   */
  stage(set: AzSetRef, spec: Spec, guard: Guard, waiting: Waiting, options?: Overwriting): Promise<StagedRevision>;

  /**
   * Puts the template back to what it was before stage, as the set's own annotation remembers it (the caller may never
   * have heard the answer of stage), once no instance carries the staged revision. Does nothing where it never happened.
   */
  unstage(set: AzSetRef, guard: Guard, waiting: Waiting): Promise<void>;

  /** Makes the images present on the hosts of these members, so that a replacement does not wait for a pull. Best effort. */
  prePull(set: AzSetRef, members: string[], images: string[], waiting: Waiting): Promise<void>;

  /**
   * Brings one instance to the target in place and waits for the proof that it runs it (not for readiness of the
   * application: that is ignition).
   * @throws INSTANCE_REPLACED when the uid differs; IMAGE_PULL_FAILED, CONTAINER_CRASHING
   */
  replace(at: MemberAt, target: ReplaceTarget, guard: Guard, waiting: Waiting): Promise<InstanceObservation>;

  /**
   * First step of a batch that is recreated: from now on an instance that ends comes back on the target, out of traffic
   * as by owner `release`. Moves none by itself. Opened again for another target (an undo), it is open for that one.
   */
  open(set: AzSetRef, target: ReplaceTarget, guard: Guard, waiting: Waiting): Promise<void>;

  /**
   * Ends one instance of an open set, asking the disruption budgets, and waits for the proof that another one, whose uid
   * it returns, runs the target in its place. One that does not run well is ended whatever the budgets say.
   * @throws INSTANCE_REPLACED when something else than the given one or the target holds the place; EVICTION_REFUSED;
   * BUDGETS_CONFLICT; IMAGE_PULL_FAILED, CONTAINER_CRASHING
   */
  recreate(at: MemberAt, target: ReplaceTarget, guard: Guard, waiting: Waiting): Promise<InstanceObservation>;

  /**
   * Ends what `at` names, in an open set, and waits for the proof that another one runs the target in its place: as
   * recreate does, also where it is of the target already. Repeated, it ends no second one.
   * @throws as recreate
   */
  restart(at: MemberAt, target: ReplaceTarget, guard: Guard, waiting: Waiting): Promise<InstanceObservation>;

  /** Last step of a batch that is recreated: parks the set on the template at rest. Does nothing where it is not open. */
  close(set: AzSetRef, guard: Guard, waiting: Waiting): Promise<void>;

  /** What sets the size of the set by itself (an autoscaler), as people know it; null where nobody does. */
  scaler(set: AzSetRef): Promise<string | null>;

  /**
   * Changes how many instances the set has, and waits until these are there and no others. New ones are made of what the
   * set stands on: out of traffic while it is open. Those at the end go, and no budget is asked.
   * @throws SIZE_AUTOMATIC; INSTANCE_REPLACED where one that would go takes traffic; INSTANCE_NOT_STARTED; FOREIGN_TEMPLATE
   */
  resize(set: AzSetRef, count: number, guard: Guard, waiting: Waiting): Promise<void>;

  /**
   * What adopt would take over, without doing it.
   * @throws NOT_FOUND; what adopt would throw; SET_NOT_AT_REST where its instances are of several revisions: it could not be
   * left again
   */
  examine(set: AzSetRef, group: GroupRef, spec: Spec): Promise<Examined>;

  /**
   * Takes over a set that somebody else made, as it runs: no instance ends. Afterwards it is at rest where all of its
   * instances were of its one revision.
   * @param spec what it is said to run; its ports are those of the group's Service
   * @throws FOREIGN_TEMPLATE when it belongs to another group; SERVICE_UNFIT
   */
  adopt(set: AzSetRef, group: GroupRef, spec: Spec, guard: Guard, waiting: Waiting): Promise<void>;

  /**
   * The way back: the set is one that its system manages by itself again. No instance ends. Does nothing where there is none,
   * or it is not ours.
   * @throws SET_NOT_AT_REST
   */
  detach(set: AzSetRef, guard: Guard, waiting: Waiting): Promise<void>;

  /**
   * All that is needed to make the set again. The caller keeps it where it survives the caller, before it converts.
   * @throws NOT_FOUND, FOREIGN_TEMPLATE, SET_NOT_AT_REST
   */
  save(set: AzSetRef, waiting: Waiting): Promise<SavedSet>;

  /**
   * Makes the set one of that management, under its instances, which stay as they are: the same ones, on the same
   * revision. Does nothing where it is one. Repeated with the same saved set it finishes, wherever it was cut off.
   * @throws FOREIGN_TEMPLATE when something else than was saved stands there; SET_NOT_AT_REST when its size has changed since
   */
  convert(set: AzSetRef, saved: SavedSet, to: Management, guard: Guard, waiting: Waiting): Promise<void>;

  /** Waits until every instance and the controller agree on `revision` (the barrier), and cleans what staging left. */
  settle(set: AzSetRef, revision: string, guard: Guard, waiting: Waiting): Promise<void>;
}

/** One instance, pinned to what holds its place. */
export interface MemberAt {
  set: AzSetRef;
  member: string;
  uid: string;
}
