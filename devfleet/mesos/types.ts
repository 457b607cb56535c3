/** Resources that can be offered: cores, mebibytes, and ranges of ports `[first, last]`. */
export interface MesosResources {
  cpus: number;
  mem: number;
  disk: number;
  gpus: number;
  ports: [number, number][];
}

export interface MesosOffer {
  id: string;
  agentId: string;
  hostname: string;
  region: string | null;
  zone: string | null;
  /** Name → value as text: scalars, sets and ranges as Mesos prints them. */
  attributes: Record<string, string>;
  resources: MesosResources;
  role: string;
  /** The agent is within a maintenance window that begins then; nanoseconds since 1970. */
  unavailability: { start: number; duration: number | null } | null;
}

/** One container to run: Marathon's app as its task factory hands it to Mesos. */
export interface MesosTaskInfo {
  taskId: string;
  name: string;
  agentId: string;
  resources: MesosResources;
  /** Docker image; null: a command without an image. */
  image: string | null;
  command: string | null;
  environment: Record<string, string>;
  labels: Record<string, string>;
  /** Container port → host port (null in container networks, where the task has an address of its own). */
  ports: { container: number; host: number | null; name: string | null }[];
  /** `host`, `bridge`, or the name of a container network. */
  network: string;
  /** NetworkInfo.labels: how a fixed address is asked for (wire page, section 2.3). */
  networkLabels: Record<string, string>;
  killGraceSeconds: number;
}

export type MesosTaskState =
  | 'TASK_STAGING'
  | 'TASK_STARTING'
  | 'TASK_RUNNING'
  | 'TASK_KILLING'
  | 'TASK_FINISHED'
  | 'TASK_FAILED'
  | 'TASK_KILLED'
  | 'TASK_ERROR'
  | 'TASK_LOST'
  | 'TASK_UNREACHABLE'
  | 'TASK_GONE'
  | 'TASK_GONE_BY_OPERATOR'
  | 'TASK_DROPPED'
  | 'TASK_UNKNOWN';

export interface MesosTaskStatus {
  /** Of this update; null: not to be acknowledged (what the master says of its own). */
  uuid: string | null;
  taskId: string;
  agentId: string;
  state: MesosTaskState;
  message: string;
  reason: string | null;
  source: 'SOURCE_MASTER' | 'SOURCE_AGENT' | 'SOURCE_EXECUTOR';
  /** Seconds since 1970. */
  timestamp: number;
  /** The task's own addresses; empty where it uses those of the host. */
  addresses: string[];
}
