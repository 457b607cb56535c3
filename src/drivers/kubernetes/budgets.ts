import { setTimeout as delay } from 'node:timers/promises';
import type { Guard } from '../azset/index.ts';
import type { ApiServer } from './api.ts';
import { isStatus } from './errors.ts';
import { ANNOTATION, LABEL } from './labels.ts';
import { paths } from './paths.ts';
import { isConditionTrue } from './pods.ts';
import type { Budget, Pod } from './resources.ts';
import { matches, selectorText } from './selector.ts';

/** Budgets of a namespace are listed again after this, in ms: one that is made meanwhile is seen that much later. */
const KEPT_MS = 5_000;

/** How often, and for how long in all, it is asked whether the controller has counted by what was written. In ms. */
const COUNTED = { everyMs: 100, mostMs: 3_000 };

/** What a budget allows, in one of its two ways: a number of pods, or a percentage of them. */
export interface Allowance {
  minAvailable?: number | string;
  maxUnavailable?: number | string;
}

/** On a budget that was tightened: what its owner wants, and what was written instead. */
interface Tightening {
  own: Allowance;
  written: Allowance;
}

/**
 * The disruption budgets of one cluster. They do not know who is out of traffic: a pod that is out and ready counts for them
 * as one that serves. So the group's own is tightened by as many as are out, and others (who drain a node) can evict that many
 * fewer. By looking: whoever looks next brings it in line, and at last back.
 */
export class Budgets {
  readonly #api: ApiServer;
  readonly #known = new Map<string, { at: number; budgets: Promise<Budget[]> }>();

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /** Brings the one budget that selects these labels in line; does nothing where none does, or several do. */
  async follow(namespace: string, labels: Record<string, string>, guard: Guard): Promise<void> {
    const name = await this.#nameOf(namespace, labels);
    if (name !== null)
      await this.#write(namespace, name, guard, ({ own }, out, expected) => tightened(own, out, expected));
  }

  /**
   * For an eviction of our own, of a pod that is out: the budget says again what its owner wants, until somebody brings it in
   * line. Returns when the controller has counted by it.
   */
  async loosen(namespace: string, labels: Record<string, string>, guard: Guard): Promise<void> {
    const name = await this.#nameOf(namespace, labels);
    if (name === null) return;
    await this.#write(namespace, name, guard, ({ own }) => own);
    for (let waited = 0; waited < COUNTED.mostMs; waited += COUNTED.everyMs) {
      const budget = await this.#api.get<Budget>(paths.budgets(namespace, name));
      if (budget === null || budget.status?.observedGeneration === budget.metadata.generation) return;
      await delay(COUNTED.everyMs);
    }
  }

  /** Brings all that were tightened in line: whoever tightened them may be gone. */
  async sweep(namespace: string): Promise<void> {
    const tight = await this.#api.list<Budget>(paths.budgets(namespace), { labelSelector: LABEL.tightened });
    for (const { metadata } of tight) {
      await this.#write(
        namespace,
        metadata.name,
        async () => undefined,
        ({ own }, out, expected) => tightened(own, out, expected),
      );
    }
  }

  async #nameOf(namespace: string, labels: Record<string, string>): Promise<string | null> {
    const [only, ...others] = (await this.#list(namespace)).filter(({ spec }) => matches(spec.selector, labels));
    return only === undefined || others.length > 0 ? null : only.metadata.name;
  }

  #list(namespace: string): Promise<Budget[]> {
    const known = this.#known.get(namespace);
    if (known !== undefined && Date.now() - known.at < KEPT_MS) return known.budgets;
    const budgets = this.#api.list<Budget>(paths.budgets(namespace));
    this.#known.set(namespace, { at: Date.now(), budgets });
    budgets.catch(() => this.#known.delete(namespace));
    return budgets;
  }

  async #write(
    namespace: string,
    name: string,
    guard: Guard,
    wanted: (tightening: Tightening, out: number, expected: number) => Allowance,
  ): Promise<void> {
    for (;;) {
      const budget = await this.#api.get<Budget>(paths.budgets(namespace, name));
      if (budget === null) return;
      const out = await this.#out(namespace, budget);
      const tightening = tighteningOf(budget);
      const next = wanted(tightening, out, budget.status?.expectedPods ?? 0);
      const annotation = out === 0 ? null : JSON.stringify({ own: tightening.own, written: next });
      const isTight = budget.metadata.annotations?.[ANNOTATION.tightening] ?? null;
      if (isSame(allowanceOf(budget), next) && isTight === annotation) return;
      await guard();
      try {
        await this.#api.patch(paths.budgets(namespace, name), 'merge', {
          metadata: {
            resourceVersion: budget.metadata.resourceVersion,
            annotations: { [ANNOTATION.tightening]: annotation },
            labels: { [LABEL.tightened]: out === 0 ? null : 'yes' },
          },
          spec: next,
        });
        return;
      } catch (error) {
        // Changed since it was read, or gone.
        if (!isStatus(error, 404, 409)) throw error;
      }
    }
  }

  /** How many of its pods are ready, and out of traffic. */
  async #out(namespace: string, { spec }: Budget): Promise<number> {
    const pods = await this.#api.list<Pod>(paths.pods(namespace), { labelSelector: selectorText(spec.selector) });
    return pods.filter(isReadyAndOut).length;
  }
}

function isReadyAndOut(pod: Pod): boolean {
  const { deletionTimestamp, labels } = pod.metadata;
  return isConditionTrue(pod, 'Ready') && deletionTimestamp === undefined && labels?.[LABEL.inService] === 'no';
}

/** What its owner wants: what it says, unless it says what we wrote. */
function tighteningOf(budget: Budget): Tightening {
  const said = allowanceOf(budget);
  const noted = budget.metadata.annotations?.[ANNOTATION.tightening];
  const tightening = noted === undefined ? null : (JSON.parse(noted) as Tightening);
  return tightening !== null && isSame(tightening.written, said) ? tightening : { own: said, written: said };
}

function allowanceOf({ spec: { minAvailable, maxUnavailable } }: Budget): Allowance {
  return {
    ...(minAvailable === undefined ? {} : { minAvailable }),
    ...(maxUnavailable === undefined ? {} : { maxUnavailable }),
  };
}

function isSame(a: Allowance, b: Allowance): boolean {
  return a.minAvailable === b.minAvailable && a.maxUnavailable === b.maxUnavailable;
}

/**
 * The allowance with as many fewer as are out. A percentage becomes the number that it is of the pods expected, rounded up as
 * the disruption controller does (k8s.io/kubernetes pkg/controller/disruption, getExpectedPodCount).
 */
export function tightened(own: Allowance, out: number, expected: number): Allowance {
  if (out === 0) return own;
  if (own.maxUnavailable !== undefined)
    return { maxUnavailable: Math.max(0, countOf(own.maxUnavailable, expected) - out) };
  return { minAvailable: countOf(own.minAvailable ?? 0, expected) + out };
}

function countOf(value: number | string, expected: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseInt(value, 10) * expected) / 100);
}
