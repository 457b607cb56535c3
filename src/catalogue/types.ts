import type { CommandName, InstancePhase, ReleaseState } from '../domain/states.ts';
import type { Actor, AzSetRef, Flavor, GroupRef, InstanceRef, Spec, Trouble } from '../domain/types.ts';
import type { AppDefinition } from '../domain/app.ts';
import type { Comparison, TagDrop } from '../domain/sync/drift.ts';
import type { SyncPriority } from '../domain/sync/priority.ts';
import type { Sync, SyncState } from '../domain/sync/progress.ts';
import type { SyncRule } from '../domain/sync/rule.ts';

/**
 * What the catalogue (PostgreSQL) owns: definitions, identity and address of instances, fences, commands, events,
 * finished operations. Every method throws CATALOGUE_UNREACHABLE when the database does not answer.
 */
export interface Catalogue {
  apps: AppRepository;
  groups: GroupRepository;
  versions: VersionRepository;
  operations: OperationRepository;
  stages: StageRepository;
  fences: FenceRepository;
  events: EventRepository;
  commands: CommandRepository;
  idempotency: IdempotencyRepository;
  syncRules: SyncRuleRepository;
  syncs: SyncRepository;
  syncTags: SyncTagRepository;
  comparisons: ComparisonRepository;
  close(): Promise<void>;
}

/** What an IDC worker may do: its database role can do nothing else (deploy/idc-worker.sql). */
export interface IdcCatalogue {
  fences: Pick<FenceRepository, 'check' | 'takeTurn'>;
  events: Pick<EventRepository, 'append'>;
  syncTags: SyncTagReader;
  close(): Promise<void>;
}

export interface AppRepository {
  /** Inserts or replaces the definition; `changed` false when it was equal already. Audited as an event of its own table row. */
  apply(definition: AppDefinition, actor: Actor): Promise<{ revision: number; changed: boolean }>;
  get(
    name: string,
  ): Promise<{ definition: AppDefinition; revision: number; appliedAt: string; appliedBy: string } | null>;
  list(): Promise<{ name: string; revision: number; appliedAt: string }[]>;
}

/** An instance row: identity, and what it was last seen to hold (evidence, not truth). */
interface InstanceRow {
  index: number;
  name: string;
  azSet: AzSetRef;
  member: string;
  address: string | null;
  uid: string | null;
}

export interface GroupRow {
  ref: GroupRef;
  /** Spec that the group runs when at rest; null before the first release. */
  released: Spec | null;
  azSets: (AzSetRef & { count: number })[];
  instances: InstanceRow[];
}

export interface GroupRepository {
  get(ref: GroupRef): Promise<GroupRow | null>;
  ofApp(env: string, app: string): Promise<GroupRow[]>;
  /**
   * Creates the group, its AzSets and its instance rows (as dealt by domain layoutGroup) if it is not there; else
   * returns it as it is. @throws APP_INVALID when another group has an AzSet of the same name in the same place
   */
  ensure(ref: GroupRef, azSets: (AzSetRef & { count: number })[], instances: InstanceRef[]): Promise<GroupRow>;
  /** Writes another size of the same AzSets: counts, and the instances that there are now. @throws GROUP_UNKNOWN */
  resize(ref: GroupRef, azSets: (AzSetRef & { count: number })[], instances: InstanceRef[]): Promise<void>;
  /**
   * Stores the spec under the next number; the same content again returns the row that exists.
   * @throws GROUP_UNKNOWN
   */
  addSpec(ref: GroupRef, spec: Omit<Spec, 'number'>): Promise<Spec>;
  spec(ref: GroupRef, number: number): Promise<Spec | null>;
  /**
   * Marks the spec as what the group runs at rest; null: nothing, of ours.
   * @throws GROUP_UNKNOWN when there is no such group or spec
   */
  setReleased(ref: GroupRef, specNumber: number | null): Promise<void>;
  /** Records uids and addresses seen; members that the group does not have are passed over. */
  noteInstances(ref: GroupRef, seen: { member: string; uid: string; address: string | null }[]): Promise<void>;
}

/** A version that was rolled back. */
export interface DisabledVersion {
  app: string;
  version: string;
  /** Operation that rolled it back. */
  operation: string;
  reason: string;
  actor: Actor;
  disabledAt: string;
}

export interface VersionRepository {
  /** Holds the version back, in every environment; who did it first stays named. */
  disable(row: Omit<DisabledVersion, 'disabledAt'>): Promise<void>;
  /** False where it was not disabled. */
  enable(app: string, version: string): Promise<boolean>;
  /** Null where it may be released. */
  disabled(app: string, version: string): Promise<DisabledVersion | null>;
  ofApp(app: string): Promise<DisabledVersion[]>;
}

/** Row of one operation. A release (`release/<id>`) is the parent of one operation per group. */
export interface OperationRow {
  /** `rel-…` for a release, `<release id>.<group>` for its group operations. */
  id: string;
  kind: 'releaseApp' | 'releaseGroup';
  /** Id of the release it belongs to (its own id for a release). Events are numbered per root. */
  root: string;
  env: string;
  app: string;
  group: string | null;
  version: string;
  flavor: Flavor;
  /** What a rollback or repair puts right: a release, or the operation that left the group. */
  corrects: string | null;
  workflowId: string;
  /** Temporal namespace of the workflow. */
  namespace: string;
  /** It, or a group of it, is past its point of no return: nothing is undone any more. */
  final: boolean;
  state: ReleaseState;
  /** One line: what is waited for, since, until, who can unblock; empty when nothing is. */
  waiting: string;
  trouble: Trouble | null;
  /** Input of the workflow, as started. */
  input: unknown;
  /** Per-instance progress of a group operation. */
  instances: OperationInstance[];
  actor: Actor;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
}

export interface OperationInstance {
  name: string;
  index: number;
  idc: string;
  az: string;
  /** 0 is the bastion. */
  batch: number;
  phase: InstancePhase;
  trouble: Trouble | null;
}

/** An operation without what makes the row big. */
export type OperationSummary = Omit<OperationRow, 'input' | 'instances'>;

export interface OperationRepository {
  /**
   * Inserts a release and its group operations in one transaction; does nothing where the id exists.
   * @param options.passed live releases that were looked at and are not in the way; left out, nobody is. queued: it waits
   * for those that are in the way
   * @throws GROUP_BUSY where another live release, not among the passed, is to work on one of the groups
   */
  create(
    rows: (Pick<
      OperationRow,
      'id' | 'kind' | 'root' | 'env' | 'app' | 'group' | 'version' | 'workflowId' | 'input' | 'actor'
    > &
      Partial<Pick<OperationRow, 'flavor' | 'corrects' | 'namespace'>>)[],
    options?: { passed: string[] } | { queued: true },
  ): Promise<void>;
  get(id: string): Promise<OperationRow | null>;
  /** Group operations of a release, in the order they were created in. */
  children(root: string): Promise<OperationRow[]>;
  /** Latest first. `kind` chooses releases or group operations, `live` those that have not ended (false: that have). */
  list(filter: {
    kind?: OperationRow['kind'];
    app?: string;
    env?: string;
    live?: boolean;
    namespace?: string;
    limit: number;
  }): Promise<OperationSummary[]>;
  /** Live operations on the same group that were accepted before this one, in that order. */
  ahead(id: string): Promise<OperationSummary[]>;
  /** Releases of the namespace created, not started within `olderThanSeconds`: the API died between row and start. */
  unstarted(namespace: string, olderThanSeconds: number): Promise<OperationRow[]>;
  markStarted(id: string): Promise<void>;
  /** A group operation that was queued begins: what the group runs by then is what a rollback of it brings back. */
  setFrom(id: string, from: Spec | null): Promise<void>;
  /**
   * Sets the state and the waiting line; a terminal state sets endedAt and is never left again: what comes later does
   * nothing. @throws OPERATION_UNKNOWN
   */
  setState(id: string, change: { state: ReleaseState; waiting: string; trouble: Trouble | null }): Promise<void>;
  /** They are past their point of no return. */
  setFinal(ids: string[]): Promise<void>;
  /** Writes progress of instances of one group operation (upsert by name). @throws OPERATION_UNKNOWN */
  setInstances(id: string, instances: OperationInstance[]): Promise<void>;
}

export interface StageKey {
  /** Id of the promotion. */
  root: string;
  env: string;
  /** From 1: one more where a person has asked for it again. */
  attempt: number;
}

/** A release in one environment that a promotion asks for. */
export interface StageRow extends StageKey {
  /** Repository → digest that an environment before has run. */
  pinned: Record<string, string>;
  /** Id of the release, also before it is accepted; null while nobody has taken it up. */
  release: string | null;
  /** Why it was not accepted. */
  refusal: Trouble | null;
  /** The promotion does not want it any more. */
  withdrawn: boolean;
}

export interface StageRepository {
  /** Does nothing where it was asked for before. */
  ask(stage: StageKey & Pick<StageRow, 'pinned'>): Promise<void>;
  get(key: StageKey): Promise<StageRow | null>;
  /** Of one promotion, in the order in which they were asked for. */
  of(root: string): Promise<StageRow[]>;
  /** Of live promotions of the namespace: neither refused nor accepted. */
  open(namespace: string): Promise<StageRow[]>;
  /**
   * Somebody accepts it, under this id, or under the one that somebody before them has taken.
   * @returns the id; null where it was refused, or withdrawn before anybody took it up
   */
  claim(key: StageKey, release: string): Promise<string | null>;
  /** Its release is written, and has begun or will. */
  accept(key: StageKey): Promise<void>;
  /** The first refusal counts; does nothing where the release is written. */
  refuse(key: StageKey, trouble: Trouble): Promise<void>;
  withdraw(key: StageKey): Promise<void>;
}

/** The fence of a group: who may mutate it, and whether it was left half done. */
export interface FenceRow {
  ref: GroupRef;
  /** Operation that holds it; of a dirty fence the operation that left it so. */
  holder: string | null;
  /** Raised by every new claim and by every release: no number ever comes back. */
  epoch: number;
  dirty: boolean;
}

/**
 * One attempt at one step on one instance or set. The epoch keeps other operations out; the turn keeps out an attempt of
 * the same operation that was taken for dead (its process was stopped, or cut off) and comes back later.
 */
interface Turn {
  /** Name of the instance or set. */
  subject: string;
  /** Number of the activity in its workflow run: later steps have higher ones. */
  activity: number;
  /** Attempt at that activity, from 1. */
  attempt: number;
}

export interface FenceRepository {
  /**
   * Takes the fence for an operation: raises the epoch and names the holder. Again by the same operation: the same
   * epoch.
   * @param over operation that left the fence behind and that this one puts right: taken from it, dirty or not
   * @throws GROUP_DIRTY when dirty and held by another or by nobody; GROUP_BUSY when another holds it;
   * FENCE_LOST when the operation has ended already (a late attempt, which would hold the fence for ever)
   */
  claim(ref: GroupRef, operation: string, over?: string): Promise<{ epoch: number }>;
  /**
   * An attempt at a step takes its turn with an instance or set. Again by the same attempt: nothing changes.
   * @throws FENCE_LOST when a later attempt or a later step of the operation had its turn already
   */
  takeTurn(operation: string, turn: Turn): Promise<void>;
  /**
   * @returns whether a person has braked the operation
   * @throws FENCE_LOST unless this operation holds it at this epoch, and (where a turn is given) no later attempt or
   * step of it took over what the turn is about
   */
  check(ref: GroupRef, operation: string, epoch: number, turn?: Turn): Promise<{ braked: boolean }>;
  /** A person has braked the holder, or not any more. Does nothing where the operation holds no fence. */
  brake(operation: string, braked: boolean): Promise<void>;
  /**
   * Ends the hold: checks at this epoch are refused from now on. dirty: the operation neither finished nor undid; it
   * stays named as the holder, and only it may claim again. Does nothing where it does not hold it at this epoch.
   */
  release(ref: GroupRef, operation: string, epoch: number, dirty: boolean): Promise<void>;
  get(ref: GroupRef): Promise<FenceRow | null>;
}

/** One line of progress and audit. */
export interface EventRow {
  /** From 1, per root, without gaps, in commit order: the SSE Last-Event-ID. */
  seq: number;
  root: string;
  operation: string;
  at: string;
  /** `state`, `plan`, `batch`, `step`, `command`, `note`. */
  kind: 'state' | 'plan' | 'batch' | 'step' | 'command' | 'note';
  /** Name of the instance or set; null when it is about the operation. */
  instance: string | null;
  /** What happened, e.g. `takeOut`, `ROLLING_OUT`, `abort`. */
  step: string;
  attempt: number;
  outcome: 'begun' | 'done' | 'failed' | null;
  message: string;
  data: unknown;
}

/** An event as it is handed in: the catalogue numbers it and sets the time. */
export interface NewEvent extends Omit<EventRow, 'seq' | 'at'> {
  /**
   * Tells apart events that are otherwise equal, such as a state entered twice. Default: the empty text.
   * Take it from the caller's own durable state, so that a retry hands in the same one.
   */
  key?: string;
}

export interface EventRepository {
  /**
   * Writes events in the order given. Idempotent: an event with the same (operation, kind, instance, step, attempt,
   * outcome, key) as one already there is passed over. All or none is written.
   */
  append(events: NewEvent[]): Promise<void>;
  /** Events of the root with `seq` greater than `after`, in order. */
  list(root: string, after: number, limit: number): Promise<EventRow[]>;
  /**
   * Calls back whenever events of the root may have been added (LISTEN/NOTIFY), also after a lost connection came back:
   * then list again from where you stand. Resolves when it listens; returns the way to stop.
   */
  watch(root: string, wake: () => void): Promise<() => Promise<void>>;
}

export interface CommandRow {
  id: string;
  operation: string;
  command: CommandName;
  actor: Actor;
  notAfter: string;
  state: 'pending' | 'accepted' | 'refused';
  answer: string;
}

export interface CommandRepository {
  /** Does nothing where the id exists. */
  add(row: Omit<CommandRow, 'state' | 'answer'>): Promise<void>;
  /** Writes the answer; the first one stays. */
  settle(id: string, state: 'accepted' | 'refused', answer: string): Promise<void>;
  get(id: string): Promise<CommandRow | null>;
}

export interface IdempotencyRepository {
  /**
   * Reserves a key. `fresh` true: go on, then `complete` it. Else what the first request answered (null while it has not
   * ended: its `operation` id says what to look at). @throws IDEMPOTENCY_KEY_REUSED when the body's hash differs
   */
  reserve(
    caller: string,
    key: string,
    bodyHash: string,
    operation: string,
  ): Promise<{ fresh: boolean; operation: string; response: unknown }>;
  /** Keeps what was answered, for whoever sends the key again. */
  complete(caller: string, key: string, response: unknown): Promise<void>;
  /**
   * Gives the key back after a refusal: nothing was done under it. It is free once every request that reserved it has
   * given it back; a completed key stays.
   */
  forget(caller: string, key: string): Promise<void>;
  /** Forgets keys that were reserved so many days ago, or earlier: from then on they are new ones. @returns how many */
  prune(days: number): Promise<number>;
}

/** A sync rule in force. */
export interface SyncRuleRow {
  rule: SyncRule;
  /** Raised by every change; no number ever comes back, also not of a rule that was deleted and made again. */
  revision: number;
  changedAt: string;
  changedBy: Actor;
}

/** A change of a sync rule: made where there is no before, deleted where there is no after. */
export interface SyncRuleChange extends Omit<SyncRuleRow, 'rule'> {
  before: SyncRule | null;
  after: SyncRule | null;
}

export interface SyncRuleRepository {
  /**
   * Puts a rule in force. An equal one changes nothing.
   * @param options.seen revision that the sender has seen; 0: no such rule
   * @param options.check refuses, by throwing, what does not fit the other rules; none of them changes meanwhile
   * @throws SYNC_RULE_CHANGED where another revision than the one seen is in force; whatever the check throws
   */
  put(
    rule: SyncRule,
    actor: Actor,
    options: { seen?: number | undefined; check: (others: SyncRule[]) => void },
  ): Promise<{ before: SyncRule | null; revision: number; changed: boolean }>;
  /** False where there is none. @throws SYNC_RULE_CHANGED */
  delete(name: string, actor: Actor, options: { seen?: number | undefined }): Promise<boolean>;
  get(name: string): Promise<SyncRuleRow | null>;
  /** By name. */
  list(): Promise<SyncRuleRow[]>;
  /** The latest first; also of a rule that was deleted. */
  history(name: string): Promise<SyncRuleChange[]>;
}

/** What a tag was made to name in a registry by a sync, last. */
export interface SyncTag {
  registry: string;
  repository: string;
  tag: string;
  digest: string;
  /** Registry that it came from. */
  source: string;
  movedAt: string;
  /** When a rule deleted it, and its name; null: none did since. */
  deletedAt: string | null;
  deletedBy: string | null;
}

/** What comparisons ask for: all that workers of IDCs may see of syncs. */
export interface SyncTagReader {
  /** Repositories of which syncs have moved tags in any of the registries, by name. */
  repositories(which: { registries: readonly string[]; source: string }): Promise<string[]>;
  /** Tags of a repository that syncs have moved, and no rule has deleted since. */
  brought(which: {
    registries: readonly string[];
    source: string;
    repository: string;
  }): Promise<Pick<SyncTag, 'registry' | 'tag' | 'digest'>[]>;
}

/** Written together with syncs: see SyncRepository.put. */
export interface SyncTagRepository extends SyncTagReader {
  /** Notes what became of tags that were to be deleted by a rule. What is there no more, or is somebody else's, is not ours. */
  settle(rule: string, drops: readonly TagDrop[]): Promise<void>;
  /** Different tags that the rule has deleted within so many minutes. */
  lately(rule: string, minutes: number): Promise<number>;
  /** The latest first. @param which of them; left out: all */
  list(which: {
    repository: string;
    tag?: string | undefined;
    digest?: string | undefined;
    registry?: string | undefined;
    source?: string | undefined;
    /** Only those that a rule has deleted; or only those that none has. */
    deleted: boolean;
  }): Promise<SyncTag[]>;
  /** Forgets what was deleted so many days ago, or earlier. @returns how many */
  prune(days: number): Promise<number>;
}

/** How the last comparison by a rule ended. */
export interface ComparisonRow {
  rule: string;
  comparison: Comparison;
  /** By the clock of the database. */
  endedAt: string;
  /** Since when each comparison has left something as it should not be; null: the last one did not. */
  driftSince: string | null;
}

export interface ComparisonRepository {
  /** Keeps it in the place of the one before. Does nothing where there is no such rule any more. */
  put(rule: string, comparison: Comparison): Promise<void>;
  get(rule: string): Promise<ComparisonRow | null>;
  list(): Promise<ComparisonRow[]>;
}

/** Syncs to one registry, of one priority, that have not ended. */
export interface OpenSyncs {
  registry: string;
  priority: SyncPriority;
  open: number;
  late: number;
  /** How long ago the oldest was due, in seconds, by the clock of the database; 0: none is due yet. */
  oldestSeconds: number;
}

export interface SyncRepository {
  /** Writes how far an image is in a registry, in the place of what was written before; and which tags it has moved since. */
  put(sync: Sync): Promise<void>;
  /**
   * The latest first; with `open` those that have not ended, the oldest first.
   * @param which of them; left out: all
   */
  list(which: {
    repository?: string | undefined;
    digest?: string | undefined;
    tag?: string | undefined;
    registry?: string | undefined;
    state?: SyncState | 'open' | undefined;
    limit: number;
  }): Promise<Sync[]>;
  /** How long those took, in seconds from when they were due to their end, that were asked for in the last hours and have ended. */
  took(hours: number): Promise<{ registry: string; state: 'done' | 'failed'; seconds: number }[]>;
  /**
   * What has not ended, counted.
   * @param lateSeconds since it was due, which is when it was asked for or its window opened: from there on it is late
   */
  open(lateSeconds: number): Promise<OpenSyncs[]>;
  /** Forgets what ended so many days ago, or earlier. @returns how many */
  prune(days: number): Promise<number>;
}
