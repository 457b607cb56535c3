import { TransshipError } from '../../../domain/errors.ts';
import { ordinalOf } from '../../../domain/member.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { standingFolder, type StandingFolder } from '../../marathon/folder.ts';
import { appIdOf, folderOf } from '../../marathon/labels.ts';
import {
  PULL_GRACE_MS,
  RECENT_MS,
  START_TIMEOUT_MS,
  STEADY_MS,
  UNSCHEDULABLE_GRACE_MS,
} from '../../marathon/limits.ts';
import { addressOf, holdersOf, isEnding, isRunning, type Holder } from '../../marathon/places.ts';
import type { Queued } from '../../marathon/resources.ts';
import { until } from '../../marathon/until.ts';
import type { Guard, InstanceObservation, MemberAt, ReplaceTarget, Waiting } from '../index.ts';
import { LaunchLine } from './line.ts';
import { failureTrouble, observeInstance, revisionIn } from './observe.ts';

/** One task that ended may be bad luck. */
const CRASHES = 2;

/**
 * Waits for the proof that a task of the target runs in the place, and has an address.
 * @throws IMAGE_PULL_FAILED, CONTAINER_CRASHING when those that were launched end; INSTANCE_UNSCHEDULABLE,
 * INSTANCE_NOT_STARTED; INSTANCE_REPLACED when the place is to be of something else
 */
export async function waitRunning(
  cluster: MarathonCluster,
  { set, member }: Pick<MemberAt, 'set' | 'member'>,
  { revision }: Pick<ReplaceTarget, 'revision'>,
  guard: Guard,
  waiting: Waiting,
): Promise<InstanceObservation> {
  const failures = new Failures(member);
  const line = new LaunchLine(cluster, guard);
  let reason = '';
  let waitingSince: number | null = null;
  return until(cluster, waiting, {
    what: () => `${member} to run ${revision}${reason === '' ? '' : `: ${reason}`}`,
    timeoutMs: START_TIMEOUT_MS,
    late: () => new TransshipError('INSTANCE_NOT_STARTED', `${member} in ${set.cluster} does not start: ${reason}`),
    about: folderOf(set),
    look: async (signal) => {
      const folder = await standingFolder(cluster, set);
      const holder = placeOf(folder, member, revision);
      failures.note(folder, holder);
      if (isRunning(holder) && addressOf(holder.task) !== null && failures.trust(folder, holder)) {
        return observeInstance(folder, holder);
      }
      const entries = holder.task === null ? await line.look([appIdOf(set, holder.segment)], signal) : null;
      if (entries !== null) {
        const [queued] = entries;
        reason = queueReason(queued);
        waitingSince = isDeclined(queued) ? (waitingSince ?? Date.now()) : null;
        const isLong = waitingSince !== null && Date.now() - waitingSince > UNSCHEDULABLE_GRACE_MS;
        if (isLong && !failures.any) {
          throw new TransshipError('INSTANCE_UNSCHEDULABLE', `${member} in ${set.cluster}: ${reason}`);
        }
      } else if (holder.task !== null) reason = `task ${holder.uid} is ${holder.task.state ?? 'staging'}`;
      failures.check();
      return undefined;
    },
  });
}

/** @throws INSTANCE_REPLACED */
function placeOf(folder: StandingFolder, member: string, revision: string): Holder {
  const app = folder.state.places[ordinalOf(member)]?.app ?? null;
  const holder = holdersOf(folder).find((one) => one.member === member);
  if (app !== null && holder !== undefined && revisionIn(folder, app) === revision) {
    // The one before it, on its way out: the place is not of the target yet.
    const isBefore = holder.isLeaving || isEnding(holder) || revisionIn(folder, holder.segment) !== revision;
    return isBefore ? { ...holder, task: null } : holder;
  }
  throw new TransshipError('INSTANCE_REPLACED', `${member} is to be of another revision than ${revision} now`);
}

/** Failures of the app since the wait began. */
class Failures {
  readonly #member: string;
  readonly #seen = new Set<string>();
  #before: string | null = null;
  #pullSince: number | null = null;
  /** The task that was seen to run last, and since when. */
  #runs: { task: string | undefined; since: number } | null = null;
  #last: ReturnType<typeof failureTrouble> = null;

  constructor(member: string) {
    this.#member = member;
  }

  get any(): boolean {
    return this.#last !== null;
  }

  note({ apps }: StandingFolder, { segment }: Holder): void {
    const failure = apps.get(segment)?.lastTaskFailure;
    const id = failure?.taskId ?? failure?.timestamp ?? '';
    // What an earlier attempt has seen tells nothing of this one: only what comes after the first look does.
    this.#before ??= id;
    if (failure === undefined || id === this.#before) return;
    const trouble = failureTrouble(this.#member, failure);
    if (trouble === null) return;
    this.#seen.add(id);
    this.#last = trouble;
    if (trouble.code === 'IMAGE_PULL_FAILED') this.#pullSince ??= Date.now();
    else this.#pullSince = null;
  }

  /**
   * An app whose tasks crash at once shows one that runs at any moment between two crashes: one that comes soon after a
   * crash is believed when it has run for a while.
   */
  trust({ apps }: StandingFolder, { segment, task }: Holder): boolean {
    const failure = apps.get(segment)?.lastTaskFailure;
    if (failure === undefined || failureTrouble(this.#member, failure) === null) return true;
    // Both times are told by Marathon's clock.
    if (Date.parse(task?.startedAt ?? '') - Date.parse(failure.timestamp ?? '') > RECENT_MS) return true;
    if (this.#runs?.task !== task?.id) this.#runs = { task: task?.id, since: Date.now() };
    return Date.now() - (this.#runs?.since ?? Date.now()) >= STEADY_MS;
  }

  /** @throws IMAGE_PULL_FAILED once that lasts, CONTAINER_CRASHING once it happened again */
  check(): void {
    if (this.#last === null) return;
    const { code, message } = this.#last;
    if (code === 'IMAGE_PULL_FAILED') {
      if (Date.now() - (this.#pullSince ?? Date.now()) > PULL_GRACE_MS) throw new TransshipError(code, message);
    } else if (this.#seen.size >= CRASHES) throw new TransshipError('CONTAINER_CRASHING', message);
  }
}

function isDeclined(queued: Queued | undefined): boolean {
  const { processedOffersCount = 0, rejectSummaryLastOffers = [] } = queued?.processedOffersSummary ?? {};
  return processedOffersCount > 0 && rejectSummaryLastOffers.some(({ declined = 0 }) => declined > 0);
}

/** Why nothing is launched, as people read it. */
export function queueReason(queued: Queued | undefined): string {
  if (queued === undefined) return 'Marathon does not say why no task is launched';
  const seconds = queued.delay?.timeLeftSeconds ?? 0;
  if (seconds > 0) return `Marathon waits ${String(seconds)} s more, because tasks of the app failed`;
  const rejects = (queued.processedOffersSummary?.rejectSummaryLastOffers ?? [])
    .filter(({ declined = 0 }) => declined > 0)
    .map(({ reason, declined = 0, processed }) =>
      processed === undefined
        ? `${reason} ${String(declined)}`
        : `${reason} ${String(declined)} of ${String(processed)}`,
    );
  return rejects.length === 0
    ? 'Marathon waits for offers'
    : `the last offers of agents were declined: ${rejects.join(', ')}`;
}
