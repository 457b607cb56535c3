import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EventRow } from '../../catalogue/types.ts';
import { TransshipError } from '../../domain/errors.ts';
import { isTerminal } from '../../domain/states.ts';
import type { ApiContext } from '../context.ts';

/** A comment so often, so that proxies and clients see a live connection. Milliseconds. */
const HEARTBEAT_MS = 15_000;

/** Looked at so often without being woken: the wake-up's own connection may be down. Milliseconds. */
const LOOK_MS = 5_000;

/** Pause before an unreachable catalogue is asked again, in milliseconds. */
const RETRY_MS = 1_000;

/** Events read at a time. */
const PAGE = 200;

/** An event as clients see it. */
export type EventView = Omit<EventRow, 'root'>;

export function toEvent({
  seq,
  at,
  operation,
  kind,
  instance,
  step,
  attempt,
  outcome,
  message,
  data,
}: EventRow): EventView {
  return { seq, at, operation, kind, instance, step, attempt, outcome, message, data };
}

/**
 * Writes the events of a release after `after` as server-sent events, id = seq, until the release has ended and its
 * last event was written, or `signal` says that nobody reads any more. A catalogue that is away is asked again.
 */
export async function streamEvents(
  { catalogue, log }: ApiContext,
  release: string,
  after: number,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const bell = new Bell(signal);
  const heartbeat = setInterval(() => response.write(': alive\n\n'), HEARTBEAT_MS);
  let unwatch: (() => Promise<void>) | undefined;
  const cursor = { sent: after };
  try {
    while (!signal.aborted) {
      try {
        unwatch ??= await catalogue.events.watch(release, () => bell.ring());
        // The state is read first: events that were written before it changed are then in the pages below.
        const ended = isTerminal((await catalogue.operations.get(release))?.state ?? 'FAILURE');
        await sendAll(catalogue, release, cursor, response, signal);
        if (ended) return;
        await bell.wait(LOOK_MS);
      } catch (error) {
        if (!(error instanceof TransshipError) || !error.row.retryable) throw error;
        log.warn({ release, reason: error.message }, 'event stream waits for the catalogue');
        response.write(': the catalogue does not answer; trying again\n\n');
        await bell.wait(RETRY_MS);
      }
    }
  } finally {
    clearInterval(heartbeat);
    await unwatch?.().catch(() => undefined);
  }
}

/** Writes what there is after the cursor, page by page, and moves it with every event: a page may fail half way. */
async function sendAll(
  { events }: ApiContext['catalogue'],
  release: string,
  cursor: { sent: number },
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for (let size = PAGE; size === PAGE;) {
    const page = await events.list(release, cursor.sent, PAGE);
    for (const event of page) {
      await write(response, event, signal);
      cursor.sent = event.seq;
    }
    size = page.length;
  }
}

async function write(response: ServerResponse, event: EventRow, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const text = `id: ${event.seq}\nevent: ${event.kind}\ndata: ${JSON.stringify(toEvent(event))}\n\n`;
  if (!response.write(text)) await once(response, 'drain', { signal }).catch(() => undefined);
}

/** Rung from outside; a ring while nobody waits is kept for the next wait. */
class Bell {
  #rung = false;
  #wake: () => void = () => undefined;

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.ring());
  }

  ring(): void {
    this.#rung = true;
    this.#wake();
  }

  async wait(ms: number): Promise<void> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#rung = false;
    this.#wake = () => undefined;
  }
}
