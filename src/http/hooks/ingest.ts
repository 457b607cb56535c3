import { registriesOf, type FleetRegistry } from '../../domain/registries.ts';
import { destinationsOf } from '../../domain/sync/destinations.ts';
import { bringsOf, deletes } from '../../domain/sync/images.ts';
import type { SyncRule } from '../../domain/sync/rule.ts';
import { requestsTo } from '../../temporal/sync-request.ts';
import type { ApiContext } from '../context.ts';
import { newSyncId } from '../ids.ts';
import { ask } from '../sync/ask.ts';
import { compareSoon } from '../temporal/comparisons.ts';
import { bringAttached } from '../temporal/attached.ts';
import type { Attachment, Deletion, Push, Told } from './told.ts';

/** How many of the events were new, had been told of before, and are for nobody. */
export interface Ingested {
  asked: number;
  known: number;
  unwanted: number;
}

/** What is to be done about an event; null: it is for nobody. */
type Act = ((id: string) => Promise<void>) | null;

/**
 * Asks for what was pushed wherever a rule wants it, brings what was attached to images along, and has registries compared
 * where something was deleted that a rule deletes, too. What is told again changes nothing.
 * @throws TransshipError TEMPORAL_UNREACHABLE, CATALOGUE_UNREACHABLE: to be told again
 */
export async function ingest(context: ApiContext, from: FleetRegistry, told: readonly Told[]): Promise<Ingested> {
  const counts = { asked: 0, known: 0, unwanted: 0 };
  if (told.length === 0) return counts;
  const rules = (await context.catalogue.syncRules.list()).map(({ rule }) => rule).filter(({ onPush }) => onPush);
  for (const event of told) {
    const act = await actOn(context, from, event, rules);
    counts[await once(context, from, event, act)]++;
  }
  return counts;
}

async function once(
  { catalogue: { idempotency } }: ApiContext,
  from: FleetRegistry,
  { repository, tag, digest, key }: Told,
  act: Act,
): Promise<keyof Ingested> {
  if (act === null) return 'unwanted';
  const caller = `hook/${from.name}`;
  const reserved = await idempotency.reserve(caller, key, digest ?? tag ?? '', newSyncId());
  // Without an answer the one who had it first may have died: under the same id it counts once.
  if (!reserved.fresh && reserved.response !== null) return 'known';
  await act(reserved.operation);
  await idempotency.complete(caller, key, { repository, tag, digest });
  return 'asked';
}

async function actOn(context: ApiContext, from: FleetRegistry, event: Told, rules: readonly SyncRule[]): Promise<Act> {
  if (event.kind === 'push') return onPush(context, from, event, rules);
  return event.kind === 'attached' ? onAttached(context, from, event, rules) : onDeletion(context, from, event, rules);
}

function onPush(context: ApiContext, from: FleetRegistry, push: Push, rules: readonly SyncRule[]): Act {
  const { repository, tag, digest } = push;
  const registries = registriesOf(context.fleet);
  const names = registries.map(({ name }) => name);
  const wanted = destinationsOf(rules, from.name, repository, tag).filter(({ registry }) => names.includes(registry));
  if (wanted.length === 0) return null;
  const image = { repository, digest, from: { name: from.name, idc: from.idc } };
  return async (id) => {
    const asked = { id, tag, wantedBy: `push to ${from.name}` };
    for (const request of requestsTo(wanted, registries, asked)) await ask(context, image, request);
  };
}

/** Most of what is pushed by its digest is part of an image and attached to nothing: its manifest tells. */
function onAttached(
  { temporal }: ApiContext,
  { name, idc }: FleetRegistry,
  { repository, digest, subject }: Attachment,
  rules: readonly SyncRule[],
): Act {
  if (!rules.some((rule) => rule.from === name && rule.referrers && bringsOf(rule, repository))) return null;
  return async (id) => bringAttached(temporal, { id, repository, digest, subject, from: { name, idc } });
}

/** A hint only: the comparison looks itself what the source has, and deletes by the rules of any other. */
async function onDeletion(
  { catalogue, temporal }: ApiContext,
  from: FleetRegistry,
  { repository, tag, digest }: Deletion,
  rules: readonly SyncRule[],
): Promise<Act> {
  const deleting = rules.filter((rule) => rule.from === from.name && rule.deletions.tags);
  if (deleting.length === 0) return null;
  const which = { repository, source: from.name, deleted: false };
  const brought = [
    ...(tag === null ? [] : await catalogue.syncTags.list({ ...which, tag })),
    ...(digest === null ? [] : await catalogue.syncTags.list({ ...which, digest })),
  ];
  const wanted = deleting.filter((rule) =>
    brought.some((one) => rule.to.includes(one.registry) && deletes(rule, repository, one.tag)),
  );
  if (wanted.length === 0) return null;
  return async () => {
    for (const { name } of wanted) await compareSoon(temporal, { name, repository });
  };
}
