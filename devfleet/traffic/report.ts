/** A request that did not get a 2xx. */
export interface Failure {
  /** ISO time at which it was due. */
  at: string;
  /** What came instead, word for word: `502 10.1.0.3:8080 connect ECONNREFUSED`, `timeout after 5000 ms`, … */
  error: string;
  /** Milliseconds from when it was due until it failed. */
  latencyMs: number;
}

/** What the clients saw so far. */
export interface TrafficReport {
  url: string;
  /** Requests a second, as asked for. */
  rate: number;
  /** ISO time of the first request. */
  startedAt: string;
  /** Seconds in which requests were due. */
  seconds: number;
  /** Requests that ended, well or not. */
  requests: number;
  /** Requests on their way: 0 in a final report. */
  inFlight: number;
  failures: number;
  /** The first failures, oldest first; no more than 20. */
  firstFailures: Failure[];
  /** Version named in the answer → number of answers. */
  versions: Record<string, number>;
  /** Milliseconds from when a request was due (not: from when it was sent) until its answer was read, of all that ended. */
  latencyMs: { p50: number; p99: number; max: number };
}

/** One line for people. */
export function reportLine(report: TrafficReport): string {
  const { requests, failures, latencyMs } = report;
  const versions = Object.entries(report.versions).map(([version, count]) => `${version} ${count}`);
  return [
    `${requests} requests`,
    `${failures} failed`,
    `p50 ${latencyMs.p50.toFixed(1)} ms, p99 ${latencyMs.p99.toFixed(1)} ms, max ${latencyMs.max.toFixed(1)} ms`,
    ...versions,
  ].join(' · ');
}
