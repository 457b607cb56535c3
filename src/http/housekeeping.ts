import type { ApiContext } from './context.ts';
import { beginUnstarted } from './releases/begin.ts';
import { acceptStages } from './releases/stages.ts';
import { keepSchedules } from './sync/schedules.ts';
import { sweep } from './releases/sweep.ts';

/** What ended so long ago is forgotten, in days. */
const SYNCS_KEPT_DAYS = 30;
const DELETED_TAGS_KEPT_DAYS = 90;
const KEYS_KEPT_DAYS = 30;

/** What nobody else does, and how often it is looked for, in seconds. */
const CHORES = [
  { what: 'releases to start', act: beginUnstarted, seconds: 10 },
  { what: 'releases that were cut short', act: sweep, seconds: 10 },
  // Somebody waits for these.
  { what: 'releases that promotions ask for', act: acceptStages, seconds: 1 },
  { what: 'rules to compare registries by', act: keepSchedules, seconds: 5 },
  { what: 'syncs to forget', act: pruneSyncs, seconds: 3_600 },
  { what: 'deleted tags to forget', act: pruneTags, seconds: 3_600 },
  { what: 'Idempotency-Keys to forget', act: pruneKeys, seconds: 3_600 },
];

/**
 * Starts what was accepted and not started, ends what was cut short, and accepts what promotions ask for, and forgets
 * what ended long ago; now and then again. Returns the way to stop, which waits for what is at work.
 */
export function keepHouse(context: ApiContext): () => Promise<void> {
  const stops = CHORES.map((chore) => again(context, chore));
  return async () => {
    await Promise.all(stops.map(async (stop) => stop()));
  };
}

async function pruneSyncs({ catalogue, log }: ApiContext): Promise<void> {
  const syncs = await catalogue.syncs.prune(SYNCS_KEPT_DAYS);
  if (syncs > 0) log.info({ syncs }, `forgot syncs that ended ${SYNCS_KEPT_DAYS} days ago`);
}

async function pruneTags({ catalogue, log }: ApiContext): Promise<void> {
  const tags = await catalogue.syncTags.prune(DELETED_TAGS_KEPT_DAYS);
  if (tags > 0) log.info({ tags }, `forgot tags that were deleted ${DELETED_TAGS_KEPT_DAYS} days ago`);
}

async function pruneKeys({ catalogue, log }: ApiContext): Promise<void> {
  const keys = await catalogue.idempotency.prune(KEYS_KEPT_DAYS);
  if (keys > 0) log.info({ keys }, `forgot Idempotency-Keys, and events of webhooks, of ${KEYS_KEPT_DAYS} days ago`);
}

function again(context: ApiContext, { what, act, seconds }: (typeof CHORES)[number]): () => Promise<void> {
  let stopped = false;
  let timer: NodeJS.Timeout;
  let working = Promise.resolve();
  const round = async (): Promise<void> => {
    try {
      await act(context);
    } catch (error) {
      context.log.warn({ err: error }, `could not look for ${what}; trying again`);
    }
    if (!stopped) timer = setTimeout(begin, seconds * 1_000);
  };
  const begin = (): void => {
    working = round();
  };
  timer = setTimeout(begin, 0);
  return async () => {
    stopped = true;
    clearTimeout(timer);
    await working;
  };
}
