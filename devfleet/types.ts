import type { HarborClocks } from './harbor/config.ts';
import type { Link } from './parts/links.ts';
import type { MesosClocks } from './parts/programs.ts';
import type { FleetShape } from './shape.ts';
import type { Part, PartSpec } from './supervision/part.ts';

/** A process of the fleet, in the hands of a test. */
interface FleetProcess {
  readonly pid: number;
  /** SIGSTOP, to it and what it started. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
}

/** URLs of a Mesos and of the Marathon on it. Of each the first leads at the start. */
export interface DevfleetMesos {
  masters: string[];
  marathon: string[];
  /** Who leads, and mishaps: devfleet/mesos/admin.ts. */
  admin: string;
  /** Name of the network that gives each task an address of its own. */
  network: string;
}

/** The Harbor of an IDC. */
export interface DevfleetHarbor {
  /** Past the link; the registry's `url` goes over it. */
  url: string;
  user: string;
  password: string;
  /** Quotas, immutable tags, mishaps: devfleet/harbor/admin.ts. */
  admin: string;
  /** The distribution registry behind, which knows no tags. */
  backend: string;
}

export interface DevfleetIdc {
  name: string;
  azs: string[];
  /** Those of its AZs whose hosts run it. */
  azsOf(system: 'kubernetes' | 'mesos'): string[];
  /** Paths. The admin's goes straight to the API server, Transship's over the link `<idc>/kubernetes`. */
  adminKubeconfig: string;
  kubeconfig: string;
  /**
   * `url` over the link `<idc>/registry`, `directUrl` past it; `host` as it stands in image names. `harbor` is what both URLs lead to,
   * where the shape wants one; else null, and they lead to a distribution registry.
   */
  registry: { url: string; directUrl: string; host: string; harbor: DevfleetHarbor | null };
  /** HTTP forward proxy through which instances are probed. */
  probeProxy: string;
  /** Admin URL of the sim hosts. */
  hostsAdmin: string;
  /** The API server's audit log: one JSON line for each call of Transship and for each change by anybody. */
  auditLog: string;
  /** Null where no AZ runs Mesos. */
  mesos: DevfleetMesos | null;
  /** @throws Error for `mesos` and `harbor` where there is none */
  process(
    part:
      | 'kube-controller-manager'
      | 'kube-apiserver'
      | 'kube-scheduler'
      | 'etcd'
      | 'registry'
      | 'harbor'
      | 'hosts'
      | 'mesos',
  ): FleetProcess;
}

/** A running fleet. It ends with stop(), and with the process that started it, however that ends. */
export interface Devfleet {
  dir: string;
  /** Folder with one `<part>.log` each. */
  logs: string;
  /** fleet.yml for Transship. */
  fleetFile: string;
  /** Environment for api.ts, worker.ts and cli.ts. */
  env: Record<string, string>;
  /** `ui` is empty where the fleet is headless. */
  temporal: { address: string; ui: string; namespace: string };
  catalogue: { url: string; directUrl: string };
  frontDoor: { url: string; admin: string };
  idcs: Record<string, DevfleetIdc>;
  /** @param name `<idc>/kubernetes`, `<idc>/registry`, `catalogue`, `temporal` */
  link(name: string): Link;
  process(part: 'temporal' | 'postgres' | 'toxiproxy' | 'frontdoor'): FleetProcess & { restart(): Promise<void> };
  /** Starts one more process as a part of the fleet: marked, logged in `logs`, ended with it. @throws PartFailed */
  start(spec: PartSpec): Promise<Part>;
  /** A port that is free now and that no other fleet chooses. */
  freePort(): Promise<number>;
  /** Ends every part and removes the folder. */
  stop(): Promise<void>;
}

export interface FleetOptions {
  /** The shape, or the path of a YAML file with it. Default: two IDCs of two AZs of two hosts. */
  shape?: FleetShape | string;
  /** Called with one line for each thing that happened. */
  onProgress?: (line: string) => void;
  /** Without Temporal's web UI. */
  headless?: boolean;
  /** How long Mesos and Marathon take for what they do now and then. Default: as long as in production. */
  mesosClocks?: MesosClocks;
  /** How long tokens of Harbor live, and what its webhooks wait for; seconds. Default: as in production. */
  harborClocks?: Partial<HarborClocks>;
}
