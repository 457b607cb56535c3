import { z } from 'zod';

// What the admin port of the sim hosts speaks; shared by server and client.

/** The instance that an entry is about: a pod by its name; or a Mesos task by its id, in the namespace `mesos`. */
export interface InstanceTag {
  node: string;
  namespace: string;
  instance: string;
  uid: string;
}

/** What happened, as the machines saw it. */
export type JournalEvent =
  | ({ kind: 'pod-adopted' | 'pod-deleted' } & InstanceTag)
  | ({ kind: 'container-started' } & ContainerTag)
  | ({ kind: 'container-stopping'; reason: string } & ContainerTag)
  | ({ kind: 'container-stopped'; exitCode: number; reason: string } & ContainerTag)
  | ({ kind: 'address-taken' | 'address-released' } & InstanceTag & { address: string })
  | ({ kind: 'address-collision' } & InstanceTag & { address: string; port: number; holder: string | null })
  | ({ kind: 'ready-changed'; ready: boolean } & InstanceTag)
  | ({ kind: 'evicted'; message: string } & InstanceTag)
  | { kind: 'hosts-started'; idc: string }
  | { kind: 'fault-set'; fault: Fault };

export interface ContainerTag extends InstanceTag {
  container: string;
  /** Unique for each start. */
  containerId: string;
  image: string;
  /** What the image's label says. */
  version: string;
  address: string;
  /** 0 for the first start in this pod. */
  restartCount: number;
}

/** One line of the journal: append-only, numbered from 1 without holes. */
export type JournalEntry = JournalEvent & {
  n: number;
  /** Wall time, ISO 8601. */
  at: string;
  /** Monotonic milliseconds of this machine (CLOCK_MONOTONIC): comparable between processes. */
  ms: number;
};

/** One running or stopped container, as GET /instances shows it; of a Mesos task until its end was acknowledged. */
export interface InstanceView extends InstanceTag {
  container: string;
  containerId: string | null;
  image: string;
  version: string | null;
  address: string | null;
  ports: number[];
  state: 'waiting' | 'running' | 'terminated';
  restartCount: number;
  /** ISO time of the present start. */
  startedAt: string | null;
  /** Present answer of the health endpoint. */
  health: number | null;
  podReady: boolean;
}

export interface BackOffLimits {
  startSeconds: number;
  maxSeconds: number;
}

const podRef = { namespace: z.string(), pod: z.string() };

export const faultSchema = z.discriminatedUnion('kind', [
  /** The machine stands still: kubelet and containers do nothing and answer nothing until thawed. */
  z.strictObject({ kind: z.literal('freeze'), node: z.string(), on: z.boolean() }),
  /** The kubelet cannot reach the API server, nor the Mesos agent its master: lease lost, no pongs; containers go on. */
  z.strictObject({ kind: z.literal('partition'), node: z.string(), on: z.boolean() }),
  /** How late status.observedGeneration is, or that it is left out. All nodes unless one is named. */
  z.strictObject({
    kind: z.literal('observed-generation'),
    node: z.string().optional(),
    lagMs: z.number().min(0).max(2000).optional(),
    omit: z.boolean().optional(),
  }),
  /** The pod's (or Mesos task's) containers survive TERM and KILL while this is on. */
  z.strictObject({ kind: z.literal('never-stop'), ...podRef, on: z.boolean() }),
  /**
   * Pulls of images whose name contains `image` take `delayMs` longer, or fail with `error`, until on is false.
   * All nodes unless one is named.
   */
  z.strictObject({
    kind: z.literal('pull'),
    node: z.string().optional(),
    image: z.string(),
    on: z.boolean(),
    delayMs: z.number().min(0).default(0),
    error: z.string().optional(),
  }),
  /** The node evicts the pod now: phase Failed, reason Evicted. */
  z.strictObject({
    kind: z.literal('evict'),
    ...podRef,
    message: z.string().default('The node was low on resource: memory.'),
  }),
  /** The container's process dies now. Default: the first container. */
  z.strictObject({
    kind: z.literal('crash'),
    ...podRef,
    container: z.string().optional(),
    exitCode: z.int().default(137),
  }),
  /** The next `count` status patches of the pod, or of any pod, fail with 500. */
  z.strictObject({
    kind: z.literal('fail-status'),
    count: z.int().min(0),
    namespace: z.string().optional(),
    pod: z.string().optional(),
  }),
  /** Restart and pull back-off from now on, for tests that cannot wait for the kubelet's 10 s to 300 s. */
  z.strictObject({
    kind: z.literal('back-off'),
    startSeconds: z.number().positive(),
    maxSeconds: z.number().positive(),
  }),
  /** The shared watch breaks off; the kubelets have to list again. */
  z.strictObject({ kind: z.literal('break-watch') }),
]);

export type Fault = z.output<typeof faultSchema>;
export type FaultInput = z.input<typeof faultSchema>;
