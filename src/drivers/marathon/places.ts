import { TransshipError } from '../../domain/errors.ts';
import type { MemberAt } from '../azset/index.ts';
import type { StandingFolder } from './folder.ts';
import { memberIn, vacancy } from './labels.ts';
import type { App, Task } from './resources.ts';
import type { SetState } from './state.ts';

/** A place of a set, and what holds it now. */
export interface Holder {
  ordinal: number;
  member: string;
  /** Task id; where no task holds the place, what stands for that. */
  uid: string;
  task: Task | null;
  /** Segment of the app that the task is of, or that will launch one. */
  segment: string;
  /** It is to end. */
  isLeaving: boolean;
  /** Segment of the app that it is to make room for, where that is of another revision; null otherwise. */
  movesTo: string | null;
  /** What was in it is to have ended, and that has not been proven: nothing is started for it. */
  isUnproven: boolean;
  /** Who keeps it out of traffic, and why. */
  outBy: Record<string, string>;
}

/** What keeps a task out that was born while its set was open. */
const BORN_OPEN = { release: 'made anew' } as const;

/**
 * Which task holds which place. A task that was seen in a place keeps it until it ends; those that came since take the
 * places of their app that are free, the oldest the lowest.
 */
export function holdersOf({ ref, state, apps }: StandingFolder): Holder[] {
  const live = new Map<string, { task: Task; segment: string }>();
  for (const [segment, { tasks }] of apps) for (const task of tasks) live.set(task.id, { task, segment });
  const known = state.places.map(({ leaving, task }) => live.get(leaving ?? '') ?? live.get(task ?? '') ?? null);
  const taken = new Set(known.map((held) => held?.task.id));
  const fresh = new Map<string, Task[]>();
  for (const [segment, { tasks }] of apps) {
    const free = tasks.filter(({ id }) => !taken.has(id));
    fresh.set(
      segment,
      free.sort((a, b) => compare(a.stagedAt ?? '', b.stagedAt ?? '') || compare(a.id, b.id)),
    );
  }
  return state.places.flatMap(({ app, leaving }, ordinal): Holder[] => {
    const held = known[ordinal] ?? null;
    const isUnproven = leaving !== undefined && held?.task.id !== leaving;
    const born = held === null && app !== null && !isUnproven ? (fresh.get(app)?.shift() ?? null) : null;
    const segment = held?.segment ?? app;
    // It was to go, and went.
    if (segment === null) return [];
    const task = held?.task ?? born;
    const flags = state.out[task?.id ?? ''] ?? {};
    const isLeaving = held !== null && held.task.id === leaving;
    return [
      {
        ordinal,
        member: memberIn(ref, ordinal),
        uid: task?.id ?? vacancy(segment),
        task,
        segment,
        isLeaving,
        movesTo: isLeaving && app !== null && revisionOf(state, app) !== revisionOf(state, segment) ? app : null,
        isUnproven,
        outBy: held === null && state.open !== null ? { ...BORN_OPEN, ...flags } : flags,
      },
    ];
  });
}

/** Revision of an app, by its segment. */
export function revisionOf({ apps }: Pick<SetState, 'apps'>, segment: string): string {
  return apps[segment]?.revision ?? segment;
}

/** Segment → how many instances its app is to have now: of a place that is changed, the new one once the old one ended. */
export function wantedIn(folder: StandingFolder): Map<string, number> {
  const wanted = new Map([...folder.apps.keys()].map((segment) => [segment, 0]));
  for (const { segment, isUnproven } of holdersOf(folder)) {
    if (!isUnproven) wanted.set(segment, (wanted.get(segment) ?? 0) + 1);
  }
  return wanted;
}

/**
 * @param options.ending it may be on its way out. Default: false
 * @throws INSTANCE_REPLACED when something else holds the place, or it is on its way out
 */
export function heldBy(folder: StandingFolder, at: MemberAt, { ending = false }: { ending?: boolean } = {}): Holder {
  const holder = holdersOf(folder).find(({ member }) => member === at.member);
  if (holder?.uid === at.uid && (ending || !isEnding(holder))) return holder;
  const now = holder === undefined ? 'the place is gone' : `it is held by ${holder.uid} now`;
  throw new TransshipError('INSTANCE_REPLACED', `${at.member} is not held by ${at.uid} any more: ${now}`);
}

/** Those that have ended are not listed; these are about to. */
export function isEnding({ task }: Pick<Holder, 'task'>): boolean {
  return task?.state === 'TASK_KILLING';
}

export function isRunning({ task }: Pick<Holder, 'task'>): boolean {
  return task?.state === 'TASK_RUNNING';
}

/** It runs; and where the app has checks, all that Marathon makes of it say well. */
export function isReady(holder: Pick<Holder, 'task'>, app: App | undefined): boolean {
  if (!isRunning(holder)) return false;
  const checks = app?.healthChecks.length ?? 0;
  const results = holder.task?.healthCheckResults ?? [];
  return checks === 0 || (results.length >= checks && results.every((result) => result?.alive === true));
}

/** Its own: tasks are on a container network. Null until the agent has told it. */
export function addressOf(task: Task | null): string | null {
  return task?.ipAddresses[0]?.ipAddress ?? null;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
