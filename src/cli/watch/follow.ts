import { setTimeout as sleep } from 'node:timers/promises';
import { refusal, unreachable, type Api } from '../api.ts';
import { Failure } from '../failure.ts';
import type { ReleaseEvent } from '../release-text.ts';
import { messages, type Message } from './sse.ts';

/** No sign of life for so long, and the connection counts as dead: the API sends one every 15 s. Milliseconds. */
const SILENCE_MS = 40_000;

/** Pauses between attempts to connect again, from first to longest. Milliseconds. */
const PAUSE_MS = { first: 250, longest: 3_000 };

/** An API that is away for so long is given up. Milliseconds. */
const AWAY_MS = 600_000;

export type Followed =
  | { kind: 'event'; event: ReleaseEvent }
  /** The API is away, or back. */
  | { kind: 'lost'; reason: string }
  | { kind: 'back' };

/**
 * Follows the events of a release until it has ended and its last event was given. When the API dies, connects again
 * where it left off (Last-Event-ID), so that no event is missed and none comes twice.
 * @throws Failure when the API refuses, is not there at first, or stays away
 */
export async function* follow(api: Api, release: string, signal: AbortSignal): AsyncGenerator<Followed> {
  let last = 0;
  let connected = false;
  let lostAt: number | null = null;
  let pause = PAUSE_MS.first;
  while (!signal.aborted) {
    try {
      for await (const message of connect(api, release, last, signal)) {
        if (!connected || lostAt !== null) {
          pause = PAUSE_MS.first;
          if (connected) yield { kind: 'back' };
          connected = true;
          lostAt = null;
        }
        const event = message === null ? null : (JSON.parse(message.data) as ReleaseEvent);
        if (event === null || event.seq <= last) continue;
        last = event.seq;
        yield { kind: 'event', event };
      }
      // The API ends a stream that it has no more events for, which it then says by 204; or it stops.
    } catch (error) {
      if (error === ENDED || isAborted(signal)) return;
      if (error instanceof Failure) throw error;
      if (!connected) throw unreachable(api.url, error);
      if (lostAt === null) yield { kind: 'lost', reason: error instanceof Error ? error.message : String(error) };
      lostAt ??= Date.now();
      if (Date.now() - lostAt > AWAY_MS) throw unreachable(api.url, error);
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined);
    if (lostAt !== null) pause = Math.min(PAUSE_MS.longest, pause * 2);
  }
}

/** Asked as a function, because it changes while we wait. */
function isAborted(signal: AbortSignal): boolean {
  return signal.aborted;
}

const ENDED = new Error('the release has ended and every event was given');

/** One connection: events after `last`, and null for each sign of life. Throws ENDED where nothing will come any more. */
async function* connect(api: Api, release: string, last: number, signal: AbortSignal): AsyncGenerator<Message | null> {
  const silence = new AbortController();
  const watchdog = setTimeout(
    () => silence.abort(new Error(`no sign of life for ${SILENCE_MS / 1_000} s`)),
    SILENCE_MS,
  );
  try {
    const response = await fetch(`${api.url}/v1/releases/${release}/events`, {
      headers: { ...api.headers, accept: 'text/event-stream', 'last-event-id': String(last) },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (response.status === 204) throw ENDED;
    if (response.status >= 400 && response.status < 500) {
      throw refusal(api.url, response.status, await response.json().catch(() => null));
    }
    if (!response.ok || response.body === null) throw new Error(`it answered ${response.status}`);
    yield null;
    for await (const message of messages(response.body)) {
      watchdog.refresh();
      yield message;
    }
  } finally {
    clearTimeout(watchdog);
  }
}
