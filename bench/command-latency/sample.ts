import { setTimeout as sleep } from 'node:timers/promises';
import type { Lane } from './lane.ts';
import { DRAIN_SECONDS, type Phase, type Stop } from './phases.ts';
import { type AuditTail, forwardOf } from './writes.ts';

/** See Phase.watchedMs. */
const WATCHED_MS = 3_000;

/** What a command left. */
export interface Sample {
  command: Stop;
  /** From the command's request to the last write forward that came after it, in ms; 0 where none did. */
  lastForwardMs: number;
  /** What those writes were, in their order. */
  forward: string[];
  /** Steps that began although a brake had been answered. */
  begunAfter: string[];
  /** From the request to its answer, in ms. */
  answerMs: number;
  /** It was sent within the phase that it was meant for. */
  within: boolean;
}

/** A release under way, in the phase that it is to be stopped in. */
export interface Begun {
  lane: Lane;
  id: string;
  version: string;
  began: number;
}

/** Starts a release and waits until it stands in the phase. Null: it went past it. */
export async function begin(lane: Lane, phase: Phase): Promise<Begun | null> {
  const version = phase.fails === true ? 'bad' : lane.released === 'v1' ? 'v2' : 'v1';
  const began = Date.now();
  const config = { batchPercent: 50, drainSeconds: DRAIN_SECONDS, ...phase.config };
  const id = await lane.release(version, config);
  if (await lane.reaches(id, phase)) return { lane, id, version, began };
  await conclude({ lane, id, version, began });
  return null;
}

/** A release that was commanded. */
interface Watched extends Begun {
  phase: Phase;
  command: Stop;
  /** Null where the command came too late. */
  sent: { sent: number; answered: number } | null;
}

/** Sends the command at a random moment of the phase. @param tries how many came too late: the moment is drawn earlier then */
export async function stop(begun: Begun, phase: Phase, command: Stop, tries = 0): Promise<Watched> {
  await sleep((Math.random() * phase.lastsMs) / 2 ** Math.floor(tries / 2));
  return { ...begun, phase, command, sent: await begun.lane.command(begun.id, command) };
}

/** Follows what was commanded to its end: the samples of it. A brake ends with an abort, which is a sample as well. */
export async function follow(
  watched: Watched,
  tail: AuditTail,
  digests: ReadonlyMap<string, string>,
): Promise<{ stopped: Sample | null; aborted: Sample | null }> {
  const { lane, id, phase, command, sent, version, began } = watched;
  let abort: Watched['sent'] = null;
  if (sent !== null && command === 'brake') {
    await lane.stills(id, phase.watchedMs ?? WATCHED_MS);
    abort = await lane.command(id, 'abort');
  }
  await conclude(watched);
  const within = sent !== null && (await lane.wasIn(id, phase, sent.sent));
  const course = { prefix: lane.prefix, version, digest: digests.get(version) ?? '', began };
  const writes = forwardOf(await tail.read(), course);
  // Its template at least was staged before anybody could stop it.
  if (!writes.some(({ what }) => what === 'stage')) throw new Error(`no audit log shows release ${id} of ${lane.app}`);
  const begunAfter = sent === null || abort === null ? [] : await lane.begunBetween(id, sent.answered, abort.sent);
  const sampleOf = (which: Stop, at: Watched['sent'], until: number): Sample | null => {
    if (at === null) return null;
    const after = writes.filter((write) => write.at > at.sent && write.at <= until);
    return {
      command: which,
      lastForwardMs: (after.at(-1)?.at ?? at.sent) - at.sent,
      forward: after.map(({ what, at: received }) => `${what} +${Math.round(received - at.sent)}`),
      begunAfter: which === 'brake' ? begunAfter : [],
      answerMs: at.answered - at.sent,
      within: which === command ? within : true,
    };
  };
  return {
    stopped: sampleOf(command, sent, abort?.sent ?? Infinity),
    aborted: sampleOf('abort', abort, Infinity),
  };
}

/** Waits for the end; a release that nobody stopped has brought its version. */
async function conclude({ lane, id, version }: Begun): Promise<void> {
  const state = await lane.end(id);
  if (state === 'SUCCESS') lane.released = version;
  else if (state !== 'REVOKED') throw new Error(`release ${id} of ${lane.app} ended as ${state}`);
}
