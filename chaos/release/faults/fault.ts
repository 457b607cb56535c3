import { setTimeout as sleep } from 'node:timers/promises';
import type { Blow, Passage, Point } from '../../hooks/points.ts';
import type { Hit } from '../../harness/hits.ts';
import { PassedBy } from '../../harness/index.ts';
import type { Change } from '../changes.ts';
import type { Lane } from '../lane.ts';
import type { Course, Scenario } from '../scenarios.ts';

/** A phase of a release, and a moment in it. */
export type Phase = [state: string, key: string, point: Point];

/** What breaks, once, in one run of a scenario. */
export interface Fault {
  /** What breaks and where: unique in its scenario. */
  key: string;
  /** Where a worker is hit; null: none is. */
  hit: Hit | null;
  blow: Blow;
  /** How long a worker that was killed stays dead; milliseconds. Default: not at all. */
  deadMs?: number;
  /** The pod that is lost on purpose. */
  evicted?: (course: Course) => string;
  /** Done before the release is asked for. */
  arm?: (lane: Lane) => void;
  /** Goes on beside the release: breaks something, and mends it. Settles when all is whole again. */
  beside(lane: Lane, course: Course): Promise<void>;
  /** How it is driven, and what must hold then, where that is not as in the scenario. */
  instead?: Pick<Scenario, 'drive' | 'expect'>;
  /** Also on every commit. */
  always?: boolean;
}

/** Faults of one kind in one scenario. */
export interface FaultKind {
  /** The scenario, named for what breaks in it. */
  scenario: Scenario;
  /** Nothing of it on every commit. */
  nightly?: boolean;
  /** Enumerates them from the run without a fault. @throws Error where a moment never came */
  faults: (golden: Golden) => Fault[];
}

/** What a run without a fault shows of itself. */
export interface Golden {
  /** Points that the workers passed, in order. */
  trace: Passage[];
  /** What a linked lane asked the API servers to change. */
  changes: Change[];
}

/** The worker is killed, or frozen until another one has done its work. */
export function blowOf(hit: Hit, blow: Blow): Fault {
  const beside = blow === 'freeze' ? (lane: Lane) => thaw(lane, hit) : () => Promise.resolve();
  return { key: `${hit.key} ${hit.point}`, hit, blow, beside };
}

/**
 * The one worker stands still at the hit while something is broken: the moment is the same in every run.
 * @param strike what is done in that moment
 */
export function standingStill(hit: Hit, strike: (lane: Lane, course: Course) => Promise<void>): Fault['beside'] {
  return async (lane, course) => {
    const frozen = await struck(lane, hit);
    try {
      await strike(lane, course);
    } finally {
      process.kill(frozen.pid, 'SIGCONT');
    }
  };
}

/** Waits until a worker was hit. */
export async function struck(lane: Lane, { key, point }: Hit): Promise<Passage> {
  for (;;) {
    lane.signal.throwIfAborted();
    const hit = (await lane.trace()).find((passage) => passage.hit);
    if (hit !== undefined) return hit;
    if (lane.isOver) throw new PassedBy(`no worker came by ${key} ${point}`);
    await sleep(50);
  }
}

/** A moment of a run, as its trace has it. @throws Error where it never came */
export function momentOf({ trace }: Golden, key: string, point: Point): Hit {
  const found = trace.find((passage) => passage.key === key && passage.point === point);
  if (found === undefined) throw new Error(`the run without a fault never came by ${key} ${point}`);
  return { key, point };
}

/** Longest that a frozen worker stays so, when nobody takes over its work. */
const THAW_MS = 20_000;

/** Lets the frozen worker go on when another one has done the same activity: what it still does must do no harm. */
async function thaw(lane: Lane, { key }: Hit): Promise<void> {
  const deadline = Date.now() + THAW_MS;
  for (;;) {
    lane.signal.throwIfAborted();
    const trace = await lane.trace();
    const frozen = trace.find(({ hit }) => hit);
    const done = trace.some((other) => other.key === key && other.point === 'after' && other.pid !== frozen?.pid);
    if (frozen !== undefined && (done || Date.now() > deadline)) {
      process.kill(frozen.pid, 'SIGCONT');
      return;
    }
    if (Date.now() > deadline + THAW_MS) return;
    await sleep(100);
  }
}
