import { setTimeout as sleep } from 'node:timers/promises';
import { createLogUpdate } from 'log-update';
import { SYNC_LATE_SECONDS } from '../../domain/sync/stats.ts';
import type { components } from '../../http/openapi.d.ts';
import { call, type Api } from '../api.ts';
import { deletedText } from '../drift-text.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';
import { statsText } from '../sync-stats-text.ts';
import { lateText, syncTable, type Sync, type SyncList } from '../sync-text.ts';
import type { Terminal } from '../terminal.ts';
import { imageNamed } from './image.ts';

/** How often `--watch` looks, in ms. */
const LOOK_MS = 1_000;

/** Failed syncs that the overview shows. */
const LATEST_FAILED = 10;

type Stats = components['schemas']['SyncStatsList'];
type State = Sync['state'] | 'open';

export interface StatusOptions {
  registry?: string | undefined;
  state?: State | undefined;
  limit?: number | undefined;
  watch?: true | undefined;
}

/** What was looked at, for machines and for people. */
interface Status {
  value: unknown;
  text: string;
  /** What waits for long, and why; what is not known. */
  notes: string[];
  open: number;
}

/** Shows syncs of an image or repository; without one an overview: what is open, what failed lately, how long they take. */
export async function showSyncs(
  session: Session,
  image: string | undefined,
  options: StatusOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const isOverview = image === undefined && options.state === undefined;
  const look = async (): Promise<Status> =>
    isOverview ? overview(terminal, api, options) : list(terminal, api, image, options);
  if (options.watch === true) return watch(terminal, look);
  const { value, text, notes } = await look();
  terminal.result(value);
  terminal.say(text);
  for (const note of notes) terminal.note(note);
  return EXIT.ok;
}

/** Looks until nothing is open any more, or Ctrl-C. */
async function watch(terminal: Terminal, look: () => Promise<Status>): Promise<ExitCode> {
  const draw = terminal.interactive && !terminal.json ? createLogUpdate(terminal.out) : null;
  let told = '';
  try {
    for (;;) {
      const { value, text, notes, open } = await look();
      if (draw !== null) draw([text, ...notes].join('\n'));
      else if (told !== text) {
        terminal.result(value);
        terminal.say(text);
        for (const note of notes) terminal.note(note);
      }
      told = text;
      if (open === 0) return EXIT.ok;
      await sleep(LOOK_MS, undefined, { signal: terminal.interrupt }).catch(() => undefined);
      if (terminal.interrupt.aborted) return EXIT.interrupted;
    }
  } finally {
    draw?.done();
  }
}

async function list(
  terminal: Terminal,
  api: Api,
  image: string | undefined,
  { registry, state, limit }: StatusOptions,
): Promise<Status> {
  const { repository, tag = null, digest = null } = image === undefined ? {} : imageNamed(image);
  const value = await fetchSyncs(api, {
    ...(repository === undefined ? {} : { repository }),
    ...(tag === null ? {} : { tag }),
    ...(digest === null ? {} : { digest }),
    ...(registry === undefined ? {} : { registry }),
    ...(state === undefined ? {} : { state }),
    ...(limit === undefined ? {} : { limit }),
  });
  const { syncs } = value;
  const now = new Date();
  const text = syncs.length === 0 ? `nothing is known of ${image ?? 'such syncs'}` : syncTable(terminal, syncs, now);
  const notes = [...notesOf(terminal, [value], now), ...value.deleted.map(deletedText)];
  return { value, text, notes, open: openOf(syncs) };
}

async function overview(terminal: Terminal, api: Api, { registry, limit }: StatusOptions): Promise<Status> {
  const own = registry === undefined ? {} : { registry };
  const [open, failed, stats] = await Promise.all([
    fetchSyncs(api, { ...own, state: 'open', ...(limit === undefined ? {} : { limit }) }),
    fetchSyncs(api, { ...own, state: 'failed', limit: limit ?? LATEST_FAILED }),
    call(api, api.client.GET('/v1/syncs/stats')),
  ]);
  const now = new Date();
  const { paint } = terminal;
  const part = (title: string, none: string, { syncs }: SyncList): string[] =>
    syncs.length === 0 ? [none] : [paint('bold', title), syncTable(terminal, syncs, now)];
  const shown: Stats = {
    ...stats,
    registries: stats.registries.filter((one) => registry === undefined || one.registry === registry),
  };
  const text = [
    ...part('open', 'nothing is open', open),
    '',
    ...part('failed lately', 'nothing has failed lately', failed),
    '',
    statsText(terminal, shown),
  ].join('\n');
  const value = { open: open.syncs, unseen: open.unseen, failed: failed.syncs, stats: shown };
  return { value, text, notes: notesOf(terminal, [open], now), open: openOf(open.syncs) };
}

async function fetchSyncs(
  api: Api,
  query: { registry?: string; repository?: string; tag?: string; digest?: string; state?: State; limit?: number },
): Promise<SyncList> {
  return call(api, api.client.GET('/v1/syncs', { params: { query } }));
}

function openOf(syncs: Sync[]): number {
  return syncs.filter(({ endedAt }) => endedAt === null).length;
}

function notesOf({ paint }: Terminal, lists: SyncList[], now: Date): string[] {
  return lists.flatMap(({ syncs, unseen }) => [
    ...syncs
      .flatMap((sync) => lateText(sync, now, SYNC_LATE_SECONDS) ?? [])
      .map((text) => `${paint('yellow', 'waits')}: ${text}`),
    ...(unseen === null ? [] : [`what goes on is not known of all: ${unseen}`]),
  ]);
}
