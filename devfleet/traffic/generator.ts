import { Agent } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { ask } from './ask.ts';
import type { Failure, TrafficReport } from './report.ts';

const KEPT_FAILURES = 20;

export interface TrafficOptions {
  /** What is asked for by GET; answers are JSON with a `version`. */
  url: string;
  /** Requests a second. */
  rate: number;
  /** Milliseconds from when a request is due until it counts as failed. Default 5000. */
  timeoutMs?: number;
}

/**
 * Open loop: request n is due n / rate seconds after the start and is sent then, whether or not earlier ones have come
 * back, as from a crowd of users that does not know of each other. Latency counts from when a request was due, so a
 * stall of the service or of this process shows in every request that it delayed (no coordinated omission).
 */
export class TrafficGenerator {
  readonly #options: Required<TrafficOptions>;
  readonly #url: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #startedAt = new Date();
  readonly #start = performance.now();
  readonly #latency = createHistogram();
  readonly #versions = new Map<string, number>();
  readonly #firstFailures: Failure[] = [];
  readonly #inFlight = new Set<Promise<void>>();
  #issued = 0;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped: number | null = null;

  /** Starts at once. */
  constructor(options: TrafficOptions) {
    this.#options = { timeoutMs: 5000, ...options };
    this.#url = new URL(options.url);
    this.#tick();
  }

  /** Sends no more and resolves when the requests on their way have ended. */
  async stop(): Promise<TrafficReport> {
    if (this.#stopped === null) {
      clearTimeout(this.#timer);
      this.#stopped = performance.now();
      this.#issueDue(this.#stopped);
      await Promise.all(this.#inFlight);
      this.#agent.destroy();
    }
    return this.report();
  }

  report(): TrafficReport {
    const { url, rate } = this.#options;
    const milliseconds = (microseconds: number) => microseconds / 1000;
    const requests = this.#latency.count;
    return {
      url,
      rate,
      startedAt: this.#startedAt.toISOString(),
      seconds: ((this.#stopped ?? performance.now()) - this.#start) / 1000,
      requests,
      inFlight: this.#inFlight.size,
      failures: this.#failures,
      firstFailures: [...this.#firstFailures],
      versions: Object.fromEntries([...this.#versions].sort()),
      latencyMs: {
        p50: milliseconds(this.#latency.percentile(50)),
        p99: milliseconds(this.#latency.percentile(99)),
        max: milliseconds(this.#latency.max),
      },
    };
  }

  #tick(): void {
    this.#issueDue(performance.now());
    const wait = this.#due(this.#issued) - performance.now();
    this.#timer = setTimeout(() => this.#tick(), Math.max(0, wait));
  }

  /** When request `n` (from 0) is due, in performance.now() time. */
  #due(n: number): number {
    return this.#start + (n * 1000) / this.#options.rate;
  }

  #issueDue(now: number): void {
    while (this.#due(this.#issued) <= now) {
      const request = this.#request(this.#due(this.#issued++));
      this.#inFlight.add(request);
      void request.then(() => this.#inFlight.delete(request));
    }
  }

  async #request(due: number): Promise<void> {
    const failure = await this.#ask(due);
    const latencyMs = performance.now() - due;
    this.#latency.record(Math.max(1, Math.round(latencyMs * 1000)));
    if (failure === null) return;
    this.#failures++;
    if (this.#firstFailures.length >= KEPT_FAILURES) return;
    const at = new Date(this.#startedAt.getTime() + due - this.#start).toISOString();
    this.#firstFailures.push({ at, error: failure, latencyMs });
  }

  /** Null when it went well; else what came instead. */
  async #ask(due: number): Promise<string | null> {
    const { timeoutMs } = this.#options;
    try {
      const { status, text } = await ask(this.#url, this.#agent, Math.max(0, due + timeoutMs - performance.now()));
      if (status < 200 || status > 299) return `${status} ${text.trim()}`;
      const version = versionOf(text);
      this.#versions.set(version, (this.#versions.get(version) ?? 0) + 1);
      return null;
    } catch (error) {
      if (error instanceof Error && error.message === 'timeout') return `timeout after ${timeoutMs} ms`;
      return String(error);
    }
  }
}

function versionOf(text: string): string {
  try {
    const { version } = JSON.parse(text) as { version?: unknown };
    return typeof version === 'string' ? version : 'unnamed';
  } catch {
    return 'unnamed';
  }
}
