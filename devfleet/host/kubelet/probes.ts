import type { Container, Probe } from './pod.ts';
import { runHandler } from './handlers.ts';

interface ProbeOutcome {
  /** Passed its startup probe, or has none. */
  started: boolean;
  /** Passes its readiness probe, or has none, and is started. */
  ready: boolean;
}

export interface ProbeListener {
  /** `started` or `ready` changed. */
  changed(): void;
  /** A probe failed once. */
  unhealthy(kind: ProbeKind, output: string): void;
  /** The startup or liveness probe failed `failureThreshold` times: the container must be restarted. */
  fatal(kind: 'Startup' | 'Liveness', probe: Probe): void;
}

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

/** Runs the probes of one started container until stopped. */
export class Prober implements ProbeOutcome {
  started: boolean;
  ready: boolean;
  readonly #container: Container;
  readonly #address: string;
  readonly #awake: () => boolean;
  readonly #listener: ProbeListener;
  readonly #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  /** @param awake false while the machine stands still: no probe runs then */
  constructor(container: Container, address: string, awake: () => boolean, listener: ProbeListener) {
    this.#container = container;
    this.#address = address;
    this.#awake = awake;
    this.#listener = listener;
    this.started = container.startupProbe === undefined;
    this.ready = this.started && container.readinessProbe === undefined;
  }

  start(): void {
    const { startupProbe } = this.#container;
    if (startupProbe === undefined) this.#startSteady();
    else this.#run('Startup', startupProbe, false);
  }

  stop(): void {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
  }

  #startSteady(): void {
    const { readinessProbe, livenessProbe } = this.#container;
    if (readinessProbe) this.#run('Readiness', readinessProbe, false);
    if (livenessProbe) this.#run('Liveness', livenessProbe, true);
  }

  /** One loop per probe. `value` is its present verdict. */
  #run(kind: ProbeKind, probe: Probe, value: boolean): void {
    const period = (probe.periodSeconds ?? 10) * 1000;
    let inARow = 0;
    let last: boolean | null = null;
    let verdict = value;
    const tick = async (): Promise<void> => {
      const began = Date.now();
      if (this.#awake()) {
        const { ok, output } = await runHandler(
          probe,
          this.#container,
          this.#address,
          (probe.timeoutSeconds ?? 1) * 1000,
        );
        if (this.#stopped) return;
        inARow = ok === last ? inARow + 1 : 1;
        last = ok;
        if (!ok) this.#listener.unhealthy(kind, output);
        if (inARow >= (ok ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3))) {
          if (!this.#judge(kind, probe, ok, verdict)) return;
          verdict = ok;
        }
      }
      this.#later(Math.max(0, period - (Date.now() - began)), tick);
    };
    this.#later((probe.initialDelaySeconds ?? 0) * 1000, tick);
  }

  /** Acts on a verdict; false ends the probe. */
  #judge(kind: ProbeKind, probe: Probe, ok: boolean, before: boolean): boolean {
    if (kind !== 'Readiness' && !ok) {
      this.#listener.fatal(kind, probe);
      return false;
    }
    if (ok === before) return true;
    if (kind === 'Startup') {
      this.started = true;
      this.ready = this.#container.readinessProbe === undefined;
      this.#startSteady();
    } else if (kind === 'Readiness') {
      this.ready = ok;
    }
    this.#listener.changed();
    return kind !== 'Startup';
  }

  #later(ms: number, act: () => Promise<void>): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      void act();
    }, ms);
    this.#timers.add(timer);
  }
}
