import { registriesOf, type FleetRegistry } from '../../domain/registries.ts';
import { destinationsOf } from '../../domain/sync/destinations.ts';
import type { SyncRule } from '../../domain/sync/rule.ts';
import { requestsTo } from '../../temporal/sync-request.ts';
import type { ApiContext } from '../context.ts';
import { newSyncId } from '../ids.ts';
import { ask } from '../sync/ask.ts';
import type { Push } from './pushes.ts';

/** How many of the pushes were new, had been told of before, and are for nobody. */
export interface Ingested {
  asked: number;
  known: number;
  unwanted: number;
}

/**
 * Asks for what was pushed wherever a rule wants it. What is told again changes nothing.
 * @throws TransshipError TEMPORAL_UNREACHABLE, CATALOGUE_UNREACHABLE: to be told again
 */
export async function ingest(context: ApiContext, from: FleetRegistry, pushes: readonly Push[]): Promise<Ingested> {
  const counts = { asked: 0, known: 0, unwanted: 0 };
  if (pushes.length === 0) return counts;
  const rules = (await context.catalogue.syncRules.list()).map(({ rule }) => rule).filter(({ onPush }) => onPush);
  for (const push of pushes) counts[await take(context, from, push, rules)]++;
  return counts;
}

async function take(
  context: ApiContext,
  from: FleetRegistry,
  push: Push,
  rules: readonly SyncRule[],
): Promise<keyof Ingested> {
  const { repository, tag, digest, key } = push;
  const registries = registriesOf(context.fleet);
  const names = registries.map(({ name }) => name);
  const wanted = destinationsOf(rules, from.name, repository, tag).filter(({ registry }) => names.includes(registry));
  if (wanted.length === 0) return 'unwanted';
  const { idempotency } = context.catalogue;
  const caller = `hook/${from.name}`;
  const reserved = await idempotency.reserve(caller, key, digest, newSyncId());
  // Without an answer the one who had it first may have died: under the same id it counts once.
  if (!reserved.fresh && reserved.response !== null) return 'known';
  const image = { repository, digest, from: { name: from.name, idc: from.idc } };
  const asked = { id: reserved.operation, tag, wantedBy: `push to ${from.name}` };
  for (const request of requestsTo(wanted, registries, asked)) await ask(context, image, request);
  await idempotency.complete(caller, key, { repository, tag, digest });
  return 'asked';
}
