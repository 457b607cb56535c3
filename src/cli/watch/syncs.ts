import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { call, type Api } from '../api.ts';
import { EXIT } from '../exit.ts';
import { Failure } from '../failure.ts';
import { newsOf, stateOf, syncLine, type Sync } from '../sync-text.ts';
import type { Terminal } from '../terminal.ts';
import { Rates } from './rates.ts';

/** How often is looked: for moving bars, and for lines. Milliseconds. */
const LOOK_MS = { bars: 500, lines: 1_000 };

/** An API that is away for so long is given up. Milliseconds. */
const AWAY_MS = 600_000;

/** No worker has written anything for so long: worth a line. Milliseconds. */
const SILENT_MS = 10_000;

/** An image on its way to some registries. */
export interface Followed {
  repository: string;
  digest: string;
  registries: string[];
}

/** What the catalogue says of an image, wherever it is wanted. */
export async function syncsOf(api: Api, { repository, digest }: Omit<Followed, 'registries'>): Promise<Sync[]> {
  const query = { repository, digest, limit: 1_000 };
  return (await call(api, api.client.GET('/v1/syncs', { params: { query } }))).syncs;
}

/**
 * Shows an image on its way until it has ended in all its registries, or Ctrl-C: which ends the watching only.
 * @param before what was written of it before it was asked for: where that stands unchanged it says nothing yet
 * @returns the last that is known of each registry
 * @throws Failure when the API refuses, or stays away
 */
export async function followSyncs(terminal: Terminal, api: Api, image: Followed, before: Sync[]): Promise<Sync[]> {
  const stale = new Set(before.filter(({ endedAt }) => endedAt !== null).map(writtenOf));
  const screen = terminal.interactive && !terminal.json ? bars(terminal, image) : lines(terminal, image);
  const startedAt = Date.now();
  let rows: Sync[] = [];
  let awaySince: number | null = null;
  let isTold = false;
  try {
    while (!terminal.interrupt.aborted) {
      try {
        const all = await syncsOf(api, image);
        rows = all.filter((row) => image.registries.includes(row.registry) && !stale.has(writtenOf(row)));
        awaySince = null;
      } catch (error) {
        if (!(error instanceof Failure) || error.exit !== EXIT.unreachable) throw error;
        if (awaySince === null) screen.note(`the API is away (${error.message}); asking again`);
        awaySince ??= Date.now();
        if (Date.now() - awaySince > AWAY_MS) throw error;
      }
      screen.show(rows);
      if (rows.length === image.registries.length && rows.every(({ endedAt }) => endedAt !== null)) break;
      if (rows.length === 0 && !isTold && Date.now() - startedAt > SILENT_MS) {
        isTold = true;
        screen.note('no worker has taken it yet: it waits for one of the queue "control" (worker.ts)');
      }
      await sleep(screen.everyMs, undefined, { signal: terminal.interrupt }).catch(() => undefined);
    }
  } finally {
    screen.close();
  }
  return rows;
}

function writtenOf({ registry, askedAt, endedAt, wantedBy }: Sync): string {
  return JSON.stringify([registry, askedAt, endedAt, wantedBy]);
}

interface Screen {
  everyMs: number;
  show(rows: Sync[]): void;
  note(words: string): void;
  close(): void;
}

/** One bar for each registry, redrawn in place. */
function bars(terminal: Terminal, { registries }: Followed): Screen {
  const draw = createLogUpdate(terminal.out);
  const rates = new Rates();
  const width = Math.max(...registries.map((name) => name.length));
  let trouble: string | null = null;
  return {
    everyMs: LOOK_MS.bars,
    show(rows) {
      const text = registries.map((name) => {
        const row = rows.find(({ registry }) => registry === name);
        if (row === undefined) return `${name.padEnd(width)}  …`;
        const rate = rates.of(name, row.activity?.copied?.sentBytes ?? null, Date.now());
        return `${name.padEnd(width)}  ${stateOf(terminal, row)}  ${syncLine(row, rate)}`;
      });
      draw([...text, ...(trouble === null ? [] : [terminal.paint('yellow', trouble)])].join('\n'));
      trouble = null;
    },
    note: (words) => void (trouble = words),
    close: () => draw.done(),
  };
}

/** A line whenever something changes: for files, pipes and CI. */
function lines(terminal: Terminal, { registries }: Followed): Screen {
  const told = new Map<string, string>();
  return {
    everyMs: LOOK_MS.lines,
    show(rows) {
      for (const name of registries) {
        const row = rows.find(({ registry }) => registry === name);
        if (row === undefined || told.get(name) === newsOf(row)) continue;
        told.set(name, newsOf(row));
        terminal.say(`${name}  ${stateOf(terminal, row)}  ${syncLine(row, null)}`);
      }
    },
    note: (words) => terminal.note(words),
    close: () => undefined,
  };
}
