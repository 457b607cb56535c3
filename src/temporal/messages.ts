import { defineSignal, defineUpdate } from '@temporalio/workflow';
import type { ConfigChanges } from '../domain/config.ts';
import type { BatchPlan } from '../domain/plan.ts';
import type { CommandName, ReleaseState } from '../domain/states.ts';
import type {
  Actor,
  AzSetRef,
  Flavor,
  Gate,
  GroupRef,
  ImageRef,
  InstanceRef,
  Management,
  ReleaseConfig,
  SavedSet,
  Spec,
  Trouble,
} from '../domain/types.ts';
import { COMMAND_SIGNAL } from './names.ts';
import type { ImageSource, MissingImage } from '../domain/sync/missing.ts';

/** Spec as the app file gives it, before tags are resolved and a number is given. */
export interface SpecDraft extends Omit<Spec, 'number' | 'images'> {
  /** Container → repository, without registry host and tag. */
  repositories: Record<string, string>;
}

/** A group as planning and releasing need it: all from the catalogue and the fleet file, nothing from clusters. */
export interface GroupTarget {
  ref: GroupRef;
  azSets: (AzSetRef & { count: number })[];
  instances: InstanceRef[];
}

/** Timing that tests shorten; everybody else leaves it out and gets the defaults of policies.ts. */
export interface PolicyOverride {
  heartbeatSeconds?: number;
  /** How long one attempt on the control queue may take: it does not heartbeat. */
  bookkeepingSeconds?: number;
  retryInitialMs?: number;
  retryMaximumMs?: number;
  workflowTaskTimeoutMs?: number;
  /** Events after which a group's release continues as new; left out: when Temporal suggests it. */
  historyEvents?: number;
}

// planRelease: read only, started by the API for ?dryRun=true and before every acceptance.

export interface PlanReleaseInput {
  env: string;
  app: string;
  version: string;
  config: ReleaseConfig;
  /** A spec that exists says its images by digest; a draft has its tags resolved. */
  groups: (GroupTarget & {
    draft: SpecDraft;
    spec?: Spec;
    /** Its first release was cut short: sets that are missing are created. */
    partial?: boolean;
    /** Templates that somebody else wrote are written over. */
    overwrite?: boolean;
    /** It is restarted on its spec: these instances, or all. */
    restart?: Pick<ReleaseGroupInput, 'only'>;
    /** Its sets are to have these sizes. */
    scale?: Required<Pick<ReleaseGroupInput, 'sizes'>>;
    /** Its sets are taken over as they run, or left. */
    takeover?: ReleaseGroupInput['takeover'];
    /** Its sets are made of another management, under their instances. */
    convert?: ReleaseGroupInput['convert'];
  })[];
  /** False: a rollback or repair, whose batches begin at once. Default: true. */
  bastion?: boolean;
  /** Repository → digest, where what an environment before has run is to run here, whatever its tag says by now. */
  pinned?: Record<string, string>;
  /** From where sync rules bring the images. Left out: from nowhere. */
  sources?: ImageSource[];
}

export interface GroupPlan {
  ref: GroupRef;
  /**
   * create: the group's sets do not exist yet; in-place: images change; recreate: more does, so there will be new
   * instances; mixed: that is so in some of its sets only, e.g. on Mesos, where every change needs new tasks; restart: the same again, in new pods; scale: batch 1 comes, batch 2 goes; adopt, detach: its sets
   * are taken over, or left, as they run; convert: its sets are made anew under their instances, which stay; none: it is like
   * that already.
   */
  mode: 'create' | 'in-place' | 'recreate' | 'mixed' | 'restart' | 'scale' | 'adopt' | 'detach' | 'convert' | 'none';
  images: Record<string, ImageRef>;
  /** Images that are brought to an IDC before its first batch. Left out: none. */
  missing?: MissingImage[];
  /** Image strings that run now, most frequent first. */
  running: string[];
  /** Empty batches for mode none. For create: one batch of all. */
  plan: BatchPlan;
  /** What a person should know before starting: members out of service, rounding, … */
  warnings: string[];
}

export interface ReleasePlan {
  env: string;
  app: string;
  version: string;
  groups: GroupPlan[];
}

// releaseGroup and releaseApp

export interface ReleaseGroupInput extends GroupTarget {
  operation: string;
  /** Id of the release it belongs to. */
  root: string;
  actor: Actor;
  spec: Spec;
  /** What the group runs at rest; null before its first release. */
  from: Spec | null;
  config: ReleaseConfig;
  /** Left out: release. */
  flavor?: Flavor;
  /** Operation that left the group half done, and whose fence is taken over. */
  over?: string;
  /** Version that this rolls back: it is disabled. */
  disables?: { version: string; reason: string };
  /** Of a scale: AzSet → how many instances it is to have; sets that are not named keep theirs. */
  sizes?: Record<string, number>;
  /** What it does to the sets, instead of bringing a spec: of an adoption or detachment, and of the repair of one. */
  takeover?: 'adopt' | 'detach';
  /** Of a conversion, and of the repair of one: what its sets become. */
  convert?: {
    to: Management;
    /** Those that an earlier operation has saved, by AzSet name: they may be away. */
    saved?: Record<string, SavedSet>;
    /** The others were not touched, and are not to be. */
    savedOnly?: boolean;
  };
  /** Names of the instances that it is for; left out: all. */
  only?: string[];
  /** Images that are brought to an IDC before its first batch. Left out: none. */
  missing?: MissingImage[];
  /** Names of the groups that are released with it as one, in step, itself among them. Left out: it is released by itself. */
  joined?: string[];
  /** Repair of a first release: its sets are removed, and the group is as it was before. */
  remove?: true;
  policy?: PolicyOverride;
}

export interface ReleaseGroupResult {
  state: ReleaseState;
  trouble: Trouble | null;
}

/** One environment of a promotion. */
export interface Stage {
  env: string;
  /** What stands before it. */
  gate: Gate;
  /** What its release is asked for with, as the API takes it. */
  request: unknown;
}

export interface ReleaseAppInput {
  /** `rel-…` */
  operation: string;
  env: string;
  app: string;
  version: string;
  actor: Actor;
  /** Released one after the other, in the order of the app file; of a promotion none. */
  groups: ReleaseGroupInput[];
  /** Of a promotion: its environments in order. In each it is a release of its own. */
  stages?: Stage[];
  /** Of a promotion: how long a person has to decide, and when they are reminded. */
  config?: Pick<ReleaseConfig, 'gateHours' | 'remindHours'>;
  /** What becomes of it where another operation holds a group; left out: refused. */
  onBusy?: 'queue' | 'supersede';
  policy?: PolicyOverride;
}

// Commands. The API writes the command row first, then sends the update with the row's id as update id.

export interface Command {
  id: string;
  /** The operation it is meant for; another is refused. */
  operation: string;
  command: CommandName;
  actor: Actor;
  /** ISO time after which it must not run any more. */
  notAfter: string;
  /** What `configure` changes. */
  changes?: ConfigChanges;
}

/** Answer of an accepted command, one line for people. */
export const commandUpdate = defineUpdate<string, [Command]>('command');

/** The same by signal, for when no worker answers updates, and for the Temporal UI. */
export const commandSignal = defineSignal<[Command]>(COMMAND_SIGNAL);

// Between a joined release and its groups. A meeting is the number of a batch, or one of MEETINGS.

/** The group has come to the meeting, and waits there for the others. */
export const joinedArrival = defineSignal<[{ group: string; meeting: number }]>('joined-arrival');

/** All groups have come as far: it may pass that meeting. */
export const joinedLeave = defineSignal<[number]>('joined-leave');

/** Memo of group operations, compared on "already started". */
export interface OperationMemo {
  [key: string]: unknown;
  operation: string;
  version: string;
}
