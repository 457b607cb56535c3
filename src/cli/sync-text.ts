import type { components } from '../http/openapi.d.ts';
import { secondsText, sizeText } from './size.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

export type SyncPlan = components['schemas']['SyncPlan'];
export type AcceptedSync = components['schemas']['AcceptedSync'];
export type SyncList = components['schemas']['SyncList'];
export type Sync = components['schemas']['Sync'];
type Planned = components['schemas']['PlannedSync'];
type Activity = components['schemas']['SyncActivity'];

/** `sha256:4f53cda1e029`: enough to tell digests apart, and to find them. */
export function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(':') + 13);
}

/** What bringing an image does, a line for each destination. */
export function syncPlanText(terminal: Terminal, { repository, tag, digest, from, to, missing }: SyncPlan): string {
  const { paint } = terminal;
  const name = tag === null ? repository : `${repository}:${tag}`;
  const width = Math.max(...to.map(({ registry }) => registry.length));
  return [
    `${paint('bold', name)} is ${shortDigest(digest)} in ${from}`,
    ...to.map((one) => `  ${one.registry.padEnd(width)}  ${plannedText(terminal, one, tag)}`),
    ...missing.map(
      (one) => `  ${paint('yellow', 'note')}: a sync rule brings it to ${one}, too, which the fleet has not`,
    ),
  ].join('\n');
}

function plannedText(
  { paint }: Terminal,
  { now, digest, trouble, rules, platforms }: Planned,
  tag: string | null,
): string {
  const what = {
    same: 'is there: only what may be missing of it is brought',
    absent: 'has none: it is brought',
    other: `has another one (${shortDigest(digest ?? '')}): it is brought, and ${tag ?? 'the tag'} moves`,
    unreachable: `cannot be seen: tried until it answers, for a day (${trouble?.code ?? ''}: ${trouble?.message ?? ''})`,
  }[now];
  const more = [
    ...(platforms === undefined ? [] : [platforms.join(', ')]),
    ...(rules.length === 0 ? [] : [`by ${rules.length === 1 ? 'rule' : 'rules'} ${rules.join(', ')}`]),
  ];
  return `${now === 'unreachable' ? paint('yellow', what) : what}${more.length === 0 ? '' : `  ${paint('dim', more.join('; '))}`}`;
}

const STYLES = { queued: 'cyan', arrived: 'cyan', done: 'green', failed: 'red', cancelled: 'yellow' } as const;

export function stateOf({ paint }: Terminal, { state }: Pick<Sync, 'state'>): string {
  return paint(STYLES[state], state);
}

/**
 * How far it is, in words.
 * @param perSecond bytes that come in a second; null: not known
 */
export function syncLine(sync: Sync, perSecond: number | null): string {
  const { state, report, trouble, activity } = sync;
  if (state === 'failed') return trouble === null ? 'failed' : `${trouble.code}: ${trouble.message}`;
  if (state === 'cancelled') {
    return `its tags are what they were before${trouble === null ? '' : `, but: ${trouble.message}`}`;
  }
  if (state === 'queued' && activity === null) {
    return sync.notBefore === null
      ? 'waits for its turn'
      : `may begin at ${sync.notBefore.slice(0, 16).replace('T', ' ')} UTC`;
  }
  if (state === 'queued') return activity === null ? '' : activityText(activity, perSecond);
  const came = report === null ? '' : reportText(report);
  const late = Object.entries(sync.tags).flatMap(([tag, outcome]) => (outcome === 'superseded' ? [tag] : []));
  const tags = late.length === 0 ? '' : `; ${late.join(', ')} not moved: ${sync.from} names another image so`;
  if (state === 'done') return `${came}${tags}`;
  return `${came}; its tags are still to move${activity === null ? '' : `: ${waitText(activity)}`}`;
}

function reportText({ wasHere, bytes, sent, mounted, skipped, ms, attempts }: NonNullable<Sync['report']>): string {
  if (wasHere && bytes === 0) return 'was there';
  const blobs = [
    `${sent} sent`,
    ...(mounted === 0 ? [] : [`${mounted} mounted`]),
    ...(skipped === 0 ? [] : [`${skipped} there before`]),
  ];
  const tries = attempts === 1 ? '' : `, ${attempts} attempts`;
  return `${sizeText(bytes)} in ${secondsText(ms / 1_000)}, blobs: ${blobs.join(', ')}${tries}`;
}

const BAR = 20;

function activityText(activity: Activity, perSecond: number | null): string {
  const { copied } = activity;
  const waits = waitText(activity);
  if (copied === null || copied.bytes === 0) return waits;
  const share = shareOf(activity);
  const bar = '█'.repeat(Math.round(share * BAR)).padEnd(BAR, '░');
  const rate = perSecond === null ? '' : `  ${sizeText(perSecond)}/s`;
  const amount = `${sizeText(copied.hereBytes)} of ${sizeText(copied.bytes)}`;
  const isQuiet = activity.worker !== null && activity.last === null;
  return `${bar} ${String(Math.floor(share * 100)).padStart(3)} %  ${amount}${rate}${isQuiet ? '' : `  ${waits}`}`;
}

/** From 0 to 1. */
function shareOf({ copied }: Activity): number {
  return copied === null || copied.bytes === 0 ? 0 : Math.min(1, copied.hereBytes / copied.bytes);
}

/** Who is at it, or what it waits for. */
function waitText({ attempt, worker, nextAttempt, last }: Activity): string {
  const why = last === null ? '' : `; last: ${last.code === '' ? '' : `${last.code}: `}${last.message}`;
  if (worker !== null) return attempt === 1 ? `begun by ${worker}` : `attempt ${attempt}${why}`;
  if (attempt === 1) return 'waits for a worker';
  return nextAttempt === null
    ? `attempt ${attempt} waits for a worker${why}`
    : `attempt ${attempt} at ${nextAttempt.slice(11, 19)} UTC${why}`;
}

/** Changes when there is news worth a line: another state or attempt, ten percent more. */
export function newsOf({ state, activity }: Sync): string {
  if (activity === null) return state;
  const { step, attempt, worker, nextAttempt, last } = activity;
  const tenths = Math.floor(shareOf(activity) * 10);
  return [state, step, attempt, worker === null, nextAttempt === null, last?.message, tenths].join(' ');
}

/** @returns null where it does not wait, not for long, or for its window; else how long, and why */
export function lateText(sync: Sync, now: Date, lateSeconds: number): string | null {
  const seconds = (now.getTime() - Date.parse(sync.notBefore ?? sync.askedAt)) / 1_000;
  if (sync.endedAt !== null || seconds <= lateSeconds) return null;
  const why = sync.activity === null ? 'waits for a worker of the queue "control" (worker.ts)' : syncLine(sync, null);
  return `${imageText(sync)} to ${sync.registry} for ${secondsText(seconds)}: ${why}`;
}

/** `shop/web:v2`, or by digest where no tag of it moves. */
export function imageText({ repository, digest, tags }: Pick<Sync, 'repository' | 'digest' | 'tags'>): string {
  const names = Object.keys(tags);
  return names.length === 0 ? `${repository}@${shortDigest(digest)}` : `${repository}:${names.join(',')}`;
}

/** Syncs, one in a line. */
export function syncTable(terminal: Terminal, syncs: Sync[], now: Date): string {
  return columns(
    terminal,
    ['image', 'digest', 'to', 'state', 'since', 'wanted by', ''],
    syncs.map((sync) => [
      imageText(sync),
      shortDigest(sync.digest),
      sync.registry,
      stateOf(terminal, sync),
      sinceText(sync, now),
      sync.wantedBy.join(', '),
      syncLine(sync, null),
    ]),
  );
}

function sinceText({ askedAt, endedAt }: Sync, now: Date): string {
  const ms = (endedAt === null ? now.getTime() : Date.parse(endedAt)) - Date.parse(askedAt);
  const took = secondsText(Math.max(0, ms) / 1_000);
  return endedAt === null ? took : `took ${took}`;
}
