/** Configuration file of the front door's process. */
export interface FrontDoorConfig {
  /** Cluster (named by its IDC) → path of a kubeconfig that may list and watch Services and EndpointSlices. */
  kubeconfigs: Record<string, string>;
  /** Cluster (named by its IDC) → URLs of its Marathon, where it has one. */
  marathons: Record<string, string[]>;
  /** Port on 127.0.0.1 for requests to `/<namespace>/<service>/<path…>`. */
  port: number;
  /** Port on 127.0.0.1 for the journal and the endpoints. */
  adminPort: number;
}

/** One place that requests for a Service are sent to. */
export interface Endpoint {
  /** As published: 10.a.b.c. */
  address: string;
  port: number;
  /** Cluster whose slices, or whose records, list it. */
  cluster: string;
  /** Pod behind it, where the slice says so; on Marathon the place. */
  pod: string | null;
}

/** One change of the set of addresses that a Service's requests are sent to. */
export interface JournalEntry {
  /** From 1, without gaps. */
  seq: number;
  /** ISO time at which routing changed. */
  time: string;
  /** The same in monotonic milliseconds of this machine (CLOCK_MONOTONIC): comparable with the sim hosts' journal. */
  ms: number;
  /** `<namespace>/<name>`. */
  service: string;
  /** All addresses after the change, sorted. */
  addresses: string[];
  added: string[];
  removed: string[];
  /** Number of addresses after the change. */
  count: number;
}
