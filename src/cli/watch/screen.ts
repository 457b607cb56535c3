import { createLogUpdate } from 'log-update';
import { eventText, releaseText, type Release, type ReleaseEvent } from '../release-text.ts';
import type { Terminal } from '../terminal.ts';

/** Where a watched release is shown. */
export interface Screen {
  event(event: ReleaseEvent): void;
  /** Trouble with the connection; null when it is over. */
  connection(trouble: string | null): void;
  /** Leaves the last state standing. */
  close(release: Release | null): void;
}

/** Events as lines: for files, pipes and CI. With --json one JSON object each. */
export function plainScreen(terminal: Terminal): Screen {
  return {
    event(event) {
      terminal.result(event);
      if (!terminal.json) terminal.say(eventText(terminal, event));
    },
    connection: (trouble) => terminal.note(trouble ?? 'the API is back'),
    close: () => undefined,
  };
}

/** Redrawn at least so often, for the clock, and at most so often. Milliseconds. */
const TICK_MS = 1_000;
const FRAME_MS = 150;

/** Events shown under the batches. */
const TAIL = 5;

/** The release drawn in place: batches and instances, and the last events. */
export function liveScreen(terminal: Terminal, load: () => Promise<Release>): Screen {
  const draw = createLogUpdate(terminal.out);
  const tail: ReleaseEvent[] = [];
  let release: Release | null = null;
  let trouble: string | null = null;
  let stale = true;
  let busy = false;

  const frame = (): string =>
    [
      release === null ? 'loading …' : releaseText(terminal, release, new Date()),
      '',
      ...tail.map((event) => eventText(terminal, event)),
      ...(trouble === null ? [] : [terminal.paint('yellow', trouble)]),
    ].join('\n');
  const refresh = async (): Promise<void> => {
    if (busy) return;
    busy = true;
    if (stale) {
      stale = false;
      // Where the API is away, the connection says so.
      release = await load().catch(() => {
        stale = true;
        return release;
      });
    }
    busy = false;
    draw(frame());
  };
  const frames = setInterval(() => {
    if (stale) void refresh();
  }, FRAME_MS);
  const ticks = setInterval(() => void refresh(), TICK_MS);

  return {
    event(event) {
      tail.push(event);
      tail.splice(0, tail.length - TAIL);
      stale = true;
    },
    connection(words) {
      trouble = words;
      stale = true;
    },
    close(final) {
      clearInterval(frames);
      clearInterval(ticks);
      // A late answer must not draw any more.
      busy = true;
      release = final ?? release;
      trouble = null;
      draw(frame());
      draw.done();
    },
  };
}
