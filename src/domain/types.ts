/**
 * The nouns of Transship (the words of docs/concepts.md): App → Group → Set → AzSet → Instance, and the Spec they run.
 * Plain JSON values: they travel through Temporal payloads, PostgreSQL columns and REST bodies unchanged.
 */

/** Names a group: the instances of an app in one environment that serve the same thing; the smallest unit of release. */
export interface GroupRef {
  env: string;
  app: string;
  group: string;
}

/**
 * Names an AzSet: the part of a group in one AZ on one cluster. On Kubernetes one StatefulSet.
 * `name` is unique in its cluster and namespace; `idc/cluster/name` is unique in the fleet.
 */
export interface AzSetRef {
  idc: string;
  az: string;
  cluster: string;
  namespace: string;
  name: string;
}

/**
 * How a set makes its instances. `ordered`: one only while all before it are well; handle one at a time, from the last to the
 * first, and stop at one that fails.
 */
export type Management = 'parallel' | 'ordered';

/** A set as it was at rest, in its system's own words. Plain JSON. */
export interface SavedSet {
  management: Management;
  revision: string;
  /** How many instances it had. */
  count: number;
  metadata: object;
  spec: object;
}

/**
 * Names an instance. It outlives the pods and tasks that hold it; `index` numbers it in its group (from 0) and is not
 * the ordinal in its AzSet.
 */
export interface InstanceRef {
  index: number;
  /** What people call it: `<group>-<index>`, e.g. `web-3`. */
  name: string;
  azSet: AzSetRef;
  /** Its place in the AzSet: on Kubernetes the pod name, `<set>-<ordinal>`. */
  member: string;
}

/** `north/az-1`, as shown to people. */
export function azLabel(set: Pick<AzSetRef, 'idc' | 'az'>): string {
  return `${set.idc}/${set.az}`;
}

/** An image by content. The registry host is left out: each IDC pulls from its own. */
export interface ImageRef {
  /** Repository without registry host, e.g. `shop/web`. */
  repository: string;
  /** The tag it was resolved from, for people. */
  tag: string;
  /** `sha256:<hex>` of the manifest or index. */
  digest: string;
}

/** How an instance says that it is ignited (warmed up). */
export interface HealthCheck {
  path: string;
  port: number;
  /** Seconds from the start of the new container until ignition must be done. */
  timeoutSeconds: number;
  /** HTTP status meanings. Defaults: ignited 200, waiting 526 and 528, failed 527, marked down 530. */
  codes: { ignited: number[]; waiting: number[]; failed: number[]; markedDown: number[] };
}

/** The Kubernetes PodTemplateSpec as the user wrote it; container images are placeholders that the Spec's images fill. */
interface PodTemplate {
  metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
  spec: { containers: { name: string; [field: string]: unknown }[]; [field: string]: unknown };
}

/** One immutable, numbered definition of what a group runs. */
export interface Spec {
  /** From 1, per group, in order of creation. */
  number: number;
  /** What people call it, e.g. `v2`. */
  version: string;
  template: PodTemplate;
  /** Container name → image. */
  images: Record<string, ImageRef>;
  health: HealthCheck;
  /** Ports that the group's Service offers. */
  ports: { name: string; port: number; targetPort: number }[];
  /** Traffic drivers in order: out means all, in order. Names from the fleet file. */
  traffic: string[];
}

/** Who asked. `channel` is where the request came in. */
export interface Actor {
  name: string;
  channel: 'rest' | 'cli' | 'temporal-ui' | 'schedule';
}

/** What opens a gate: a person, or the clock once the group has stood well for so long (0: at once). */
export type Gate = { mode: 'manual' } | { mode: 'automatic'; soakSeconds: number };

/** Where a release may stand and wait before it goes on. */
export interface Gates {
  /** Before the bastion is touched. */
  smoke: Gate;
  /** The bastion runs the new version, before it gets traffic. */
  bake: Gate;
  /** The bastion serves, before the other batches. */
  rollout: Gate;
  /** Between two batches. Automatic: after `pauseSeconds`. */
  batch: Gate['mode'];
  /** Between two waves, in the place of `batch`. Left out: as that. */
  wave?: Gate;
  /** Every instance serves on the new version, before the release ends and can be undone no more. */
  finish: Gate;
}

/** What a batch does not span: all of one IDC, or of one AZ, are released before the next. */
export const WAVES = ['none', 'idc', 'az'] as const;
export type Waves = (typeof WAVES)[number];

/** What becomes of the waves after one in which an instance failed. */
export const WAVE_FAILURES = ['stop', 'continue'] as const;

/** What becomes of a release while a cluster does not answer. */
export const CLUSTER_LOSSES = ['hold', 'requeue'] as const;

/** Gates after which a release may be declared not to be undone. */
export const NO_RETURN = ['smoke', 'bake', 'rollout'] as const satisfies (keyof Gates)[];
export type PointOfNoReturn = (typeof NO_RETURN)[number];

/**
 * What an operation is for: a release brings a version; a promotion does so in one environment after the other, by a release in
 * each; a restart makes instances anew on what they run; a scale
 * changes how many there are; an adoption takes over sets that others made, and a detachment leaves them; a conversion makes
 * ordered sets parallel, or the other way round; a rollback brings back the version before; a repair brings a group that was
 * left half done to rest.
 */
export const FLAVORS = [
  'release',
  'promote',
  'restart',
  'scale',
  'adopt',
  'detach',
  'convert',
  'rollback',
  'repair',
] as const;
export type Flavor = (typeof FLAVORS)[number];

/** It can be aborted: then what it did is undone. A rollback or repair only goes on. */
export function isUndoable(flavor: Flavor = 'release'): boolean {
  return flavor !== 'rollback' && flavor !== 'repair';
}

/** Knobs of one release. Defaults come from the fleet file's limits, those of the gates from its environment. */
export interface ReleaseConfig {
  /** Size of a batch in percent of the group's desired size, 1–50; of the first batch, where `batchShares` are given. */
  batchPercent: number;
  /** Shares of the batches after the bastion, in percent of the members left then; they sum to 100. */
  batchShares?: number[];
  /** Left out: none, a batch is spread over all. */
  waves?: Waves;
  /** Left out: stop, until a person has decided. */
  onWaveFailure?: (typeof WAVE_FAILURES)[number];
  /**
   * Left out: hold. Requeue: what is in a cluster that is lost comes last, when it answers again; until then it counts as not
   * serving.
   */
  onClusterLoss?: (typeof CLUSTER_LOSSES)[number];
  /** Seconds between two batches. */
  pauseSeconds: number;
  /** Seconds to wait, after an address left the endpoints, for proxies and open connections. */
  drainSeconds: number;
  /** Hours that a person has at a gate or a brake before the declared action (end as FAILURE, group dirty) is taken. */
  gateHours: number;
  /** Hours between two reminders of what waits for a person. */
  remindHours?: number;
  /** Left out by releases that were accepted before there were gates: nothing waits. */
  gates?: Gates;
  /** Seconds that an instance has to ignite; left out, what the Spec's health check says. */
  startupSeconds?: number;
  /** An instance that runs counts as ignited; its health page is not asked. */
  ignoreIgnition?: boolean;
  /**
   * Once this gate is passed nothing is undone: the version does what the one before it cannot live with (a migration). What
   * would undo leaves all as it stands, and the group dirty. Left out: everything can be undone until the end.
   */
  pointOfNoReturn?: PointOfNoReturn;
}

/** What is in a cluster that does not answer is left for later, and the others go on. */
export function isRequeueing({ onClusterLoss }: Pick<ReleaseConfig, 'onClusterLoss'>): boolean {
  return onClusterLoss === 'requeue';
}

/** Why the instance or the step did not make it: failed = the version is bad, errored = we cannot tell. */
export interface Trouble {
  verdict: 'failed' | 'errored';
  /** A code of the error table. */
  code: string;
  message: string;
}
