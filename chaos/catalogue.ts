import { setTimeout as sleep } from 'node:timers/promises';
import { openCatalogue, type Catalogue, type EventRow, type NewEvent } from '../src/catalogue/index.ts';
import { TransshipError } from '../src/domain/errors.ts';
import { event, SHOP_WEB } from '../test/support/catalogue.ts';
import { type Link, startLink } from '../test/support/link.ts';
import { query, startPostgres, type TestPostgres } from '../test/support/postgres.ts';
import type { Case, CaseContext, ChaosContext } from './harness/index.ts';

export const description =
  'PostgreSQL dies under writers: no answered event is lost, none is doubled, one operation holds the fence';

const WRITERS = 8;
const EVENTS_EACH = 40;
const RUNS_EACH = 2;
const LOSSES_EACH = 4;

/** What a case may break. */
interface World {
  postgres: TestPostgres;
  link: Link;
  url: string;
}

/** How the server, its connections or its answers are lost. All write on, repeating what failed, until all is answered. */
const LOSSES = {
  'an-answer': async ({ link }: World) => link.loseAnswer(),
  'one-connection': async ({ url }: World) => terminate(url, 'LIMIT 1'),
  'all-connections': async ({ url }: World) => terminate(url, ''),
  'the-server': async ({ postgres }: World) => {
    await postgres.stop();
    await postgres.start();
  },
} satisfies Record<string, (world: World) => Promise<void>>;

interface LossCase extends Case {
  lose: (world: World) => Promise<void>;
}

export async function run({ cases }: ChaosContext): Promise<void> {
  const all = Object.entries(LOSSES).flatMap(([name, lose]) =>
    Array.from({ length: RUNS_EACH }, (_, nth): LossCase => ({
      scenario: 'PostgreSQL lost',
      key: `${name}/${nth + 1}`,
      lose,
    })),
  );
  await cases(all, runCase, 120);
}

async function runCase({ lose }: LossCase, { random, signal, record }: CaseContext): Promise<string[]> {
  await using resources = new AsyncDisposableStack();
  const postgres = await startPostgres();
  resources.defer(() => postgres.dispose());
  const url = await postgres.database('chaos');
  const through = new URL(url);
  const link = await startLink(Number(through.port));
  resources.defer(() => link.close());
  through.port = String(link.port);
  const catalogue = await openCatalogue(through.href);
  resources.defer(() => catalogue.close());

  const seen: EventRow[] = [];
  const stopWatching = await catalogue.events.watch('rel', () => void look(catalogue, seen).catch(() => undefined));
  const lossy = async (): Promise<void> => {
    for (let losses = 0; losses < LOSSES_EACH; losses++) {
      await sleep(20 + random() * 200);
      await lose({ postgres, link, url });
    }
  };
  const writers = Array.from({ length: WRITERS }, (_, writer) => write(catalogue, writer, signal));
  const [told] = await Promise.all([Promise.all(writers), lossy()]);
  const holders = told.filter((held) => held);
  await stopWatching();
  await look(catalogue, seen);

  const events = await catalogue.events.list('rel', 0, 10_000);
  const fence = await catalogue.fences.get(SHOP_WEB);
  record('events', events);
  record('fence', fence);
  return [
    ...judgeEvents(events),
    ...(seen.length === events.length ? [] : [`the watcher saw ${seen.length} of ${events.length} events`]),
    ...(holders.length === 1 ? [] : [`${holders.length} operations were told that they hold the fence`]),
    ...(fence?.epoch === 1 ? [] : [`the fence is at epoch ${fence?.epoch ?? 'none'}: claimed more than once`]),
  ];
}

function judgeEvents(events: EventRow[]): string[] {
  const violations: string[] = [];
  if (events.some(({ seq }, at) => seq !== at + 1)) violations.push('the numbers have a gap');
  for (let writer = 0; writer < WRITERS; writer++) {
    const attempts = events.filter(({ instance }) => instance === `web-${writer}`).map(({ attempt }) => attempt);
    const wanted = Array.from({ length: EVENTS_EACH }, (_, at) => at);
    if (attempts.join() !== wanted.join()) violations.push(`writer ${writer}: its events are ${attempts.join()}`);
  }
  return violations;
}

/** Appends its events one after the other and claims the fence half way; true when it was told that it holds it. */
async function write(catalogue: Catalogue, writer: number, signal: AbortSignal): Promise<boolean> {
  let held = false;
  for (let nth = 0; nth < EVENTS_EACH; nth++) {
    const own: NewEvent = event('rel', { instance: `web-${writer}`, attempt: nth });
    await persist(() => catalogue.events.append([own]), signal);
    if (nth === EVENTS_EACH / 2) held = await persist(() => claim(catalogue, `rel-${writer}`), signal);
    await sleep(5);
  }
  return held;
}

async function claim(catalogue: Catalogue, operation: string): Promise<boolean> {
  try {
    await catalogue.fences.claim(SHOP_WEB, operation);
    return true;
  } catch (error) {
    if (error instanceof TransshipError && error.code === 'GROUP_BUSY') return false;
    throw error;
  }
}

/** Repeats what failed because the catalogue was away, as Temporal does with activities. */
async function persist<T>(act: () => Promise<T>, signal: AbortSignal): Promise<T> {
  for (;;) {
    signal.throwIfAborted();
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof TransshipError && error.code === 'CATALOGUE_UNREACHABLE')) throw error;
      await sleep(50);
    }
  }
}

/** What a stream to a browser does when it is woken. */
async function look(catalogue: Catalogue, seen: EventRow[]): Promise<void> {
  const more = await catalogue.events.list('rel', seen.at(-1)?.seq ?? 0, 1000);
  // Two looks may overlap: what one has taken the other leaves.
  seen.push(...more.filter(({ seq }) => seq > (seen.at(-1)?.seq ?? 0)));
}

async function terminate(url: string, limit: string): Promise<void> {
  await query(
    url,
    `SELECT pg_terminate_backend(pid) FROM
      (SELECT pid FROM pg_stat_activity WHERE application_name = 'transship' ORDER BY random() ${limit}) AS chosen`,
  );
}
