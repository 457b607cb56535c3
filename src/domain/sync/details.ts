import type { Trouble } from '../types.ts';
import type { SyncState, TagOutcome } from './progress.ts';

/** How far an image is in one registry, as its workflow knows it. */
export interface DestinationView {
  registry: string;
  state: SyncState;
  isCopying: boolean;
  /** Milliseconds since 1970 until which it waits for its window; null: it does not. */
  notBefore: number | null;
  tags: Record<string, TagOutcome | null>;
  wantedBy: readonly string[];
  trouble: Trouble | null;
}

/** Rows of the table: what is still to be done stands first. */
const MOST_ROWS = 20;

const CELL_LENGTH = 80;
const LINE_LENGTH = 400;

/**
 * What the Temporal UI shows of a sync while it goes on: what it waits for, then a line for each registry. Markdown; within the
 * 20,000 bytes that the server takes.
 * @param image `shop/web@sha256:…`, for the command that shows more
 */
export function syncDetails(all: readonly DestinationView[], image: string): string {
  const isOpen = ({ state }: DestinationView): boolean => state === 'queued' || state === 'arrived';
  const open = all.filter(isOpen);
  const failed = all.filter(({ state }) => state === 'failed');
  const done = all.filter(({ state }) => state === 'done');
  const waits = open.map((one) => `${one.registry} ${waitText(one)}`);
  const first = [
    `**${done.length} of ${all.length}** ${all.length === 1 ? 'registry has' : 'registries have'} it`,
    ...(waits.length === 0 ? [] : [clip(waits.join(', '), LINE_LENGTH)]),
    ...(failed.length === 0 ? [] : [`${failed.length} failed: asked for again, they are tried again`]),
  ];
  const rows = [...failed, ...open, ...all.filter((one) => !failed.includes(one) && !isOpen(one))];
  return [
    first.join('; '),
    '',
    '| registry | state | tags | trouble | wanted by |',
    '| --- | --- | --- | --- | --- |',
    ...rows.slice(0, MOST_ROWS).map((one) => `| ${cellsOf(one).join(' | ')} |`),
    ...(rows.length > MOST_ROWS ? ['', `and ${rows.length - MOST_ROWS} more`] : []),
    '',
    `All of it, with bytes: \`transship image status ${image}\``,
  ].join('\n');
}

function waitText({ state, isCopying, notBefore }: DestinationView): string {
  if (state === 'arrived') return 'gets its tags';
  if (isCopying) return 'is being copied to';
  return notBefore === null ? 'waits for its turn' : `waits for its window, until ${new Date(notBefore).toISOString()}`;
}

function cellsOf(one: DestinationView): string[] {
  const { registry, state, tags, trouble, wantedBy } = one;
  const tagged = Object.entries(tags).map(([tag, outcome]) => `${tag} ${outcome ?? 'not yet'}`);
  const why = trouble === null ? '' : `${trouble.code}: ${trouble.message}`.replaceAll(/[|\s]+/g, ' ');
  return [registry, state, tagged.join(', '), why, wantedBy.join(', ')].map((text) => clip(text, CELL_LENGTH));
}

function clip(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}
