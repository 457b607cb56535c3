import pg from 'pg';
import { openCatalogue, type Catalogue, type OperationInstance } from '../src/catalogue/index.ts';
import { createRelease, event, SHOP_WEB } from '../test/support/catalogue.ts';
import { startPostgres } from '../test/support/postgres.ts';
import { type BenchContext, type Figures, ratio, type Series } from './harness/index.ts';

export const description =
  'the catalogue on a durable PostgreSQL: appended events, fence checks, progress of 500 instances';

const WRITERS = 16;
const APPENDS = 320;
const CALL_SIZE = 40;
const CHECKS = 1000;

export async function run({ rounds, resources, series }: BenchContext): Promise<Figures> {
  const postgres = await startPostgres({ durable: true });
  resources.defer(() => postgres.dispose());
  const url = await postgres.database('bench');
  const catalogue = await openCatalogue(url, { poolSize: WRITERS });
  resources.defer(() => catalogue.close());
  const bare = new pg.Client({ connectionString: url });
  await bare.connect();
  resources.defer(() => bare.end());
  await bare.query('CREATE TABLE bare (root text, message text)');

  // The floor: what the server and the driver take for one small write, and for one small read.
  const insert = series('bare INSERT, one after the other', 'per s');
  const select = series('bare SELECT by key', 'ms');
  const single = series('append, one after the other', 'per s', [insert]);
  const contended = series(`append, ${WRITERS} writers, one release`, 'per s', [single]);
  const spread = series(`append, ${WRITERS} writers and releases`, 'per s', [single]);
  const batched = series(`append, ${CALL_SIZE} events a call`, 'events per s', [single]);
  const check = series('fence check', 'ms', [select]);
  const checks = series(`fence check, ${WRITERS} at once`, 'per s');
  const progress = series('progress of 500 instances, all changed', 'ms');

  const { epoch } = await catalogue.fences.claim(SHOP_WEB, 'rel-1');
  const { group } = await createRelease(catalogue, 'rel-1');
  for (let round = 0; round < rounds; round++) {
    insert.add(await perSecond(APPENDS, 1, () => bare.query('INSERT INTO bare VALUES ($1, $2)', ['rel', 'taken out'])));
    await measureAppends(catalogue, round, { single, contended, spread, batched });
    await each(CHECKS, select, () => bare.query('SELECT epoch FROM fences WHERE env = $1', ['pro']));
    await each(CHECKS, check, () => catalogue.fences.check(SHOP_WEB, 'rel-1', epoch));
    checks.add(await perSecond(CHECKS * 4, WRITERS, () => catalogue.fences.check(SHOP_WEB, 'rel-1', epoch)));
    await each(1, progress, () => catalogue.operations.setInstances(group, instancesOf(round)));
  }

  return {
    appendsPerSecond: single.median(),
    appendsPerSecondOneRelease: contended.median(),
    appendsPerSecondManyReleases: spread.median(),
    eventsPerSecondBatched: batched.median(),
    appendRateToBareInsert: ratio(single, insert),
    checkP50Ms: check.median(),
    checkP99Ms: check.quantile(0.99),
    checkToBareSelect: ratio(check, select),
    checksPerSecond: checks.median(),
    progress500Ms: progress.median(),
  };
}

async function measureAppends(
  catalogue: Catalogue,
  round: number,
  to: Record<'single' | 'contended' | 'spread' | 'batched', Series>,
): Promise<void> {
  const append = (kind: string) => (nth: number) =>
    catalogue.events.append([event(`${kind}-${round}`, { attempt: nth })]);
  to.single.add(await perSecond(APPENDS, 1, append('single')));
  to.contended.add(await perSecond(APPENDS, WRITERS, append('contended')));
  to.spread.add(await perSecond(APPENDS, WRITERS, (nth) => append(`spread-${nth % WRITERS}`)(nth)));
  const calls = await perSecond(APPENDS / CALL_SIZE, 1, (nth) =>
    catalogue.events.append(
      Array.from({ length: CALL_SIZE }, (_, at) => event(`batched-${round}`, { attempt: nth, instance: `web-${at}` })),
    ),
  );
  to.batched.add(calls * CALL_SIZE);
}

/** Calls a second, `parallel` of them at any moment. */
async function perSecond(count: number, parallel: number, call: (nth: number) => Promise<unknown>): Promise<number> {
  const began = performance.now();
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < count) await call(next++);
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return (count / (performance.now() - began)) * 1000;
}

/** One sample a call, in milliseconds. */
async function each(count: number, to: Series, call: () => Promise<unknown>): Promise<void> {
  for (let nth = 0; nth < count; nth++) {
    const began = performance.now();
    await call();
    to.add(performance.now() - began);
  }
}

function instancesOf(round: number): OperationInstance[] {
  return Array.from({ length: 500 }, (_, index) => ({
    name: `web-${index}`,
    index,
    idc: 'north',
    az: 'az-1',
    batch: round,
    phase: 'done',
    trouble: null,
  }));
}
