import type { Drift, Missing } from '../domain/sync/drift.ts';
import { brings } from '../domain/sync/images.ts';
import { isExclusion } from '../domain/sync/patterns.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import { listRepositories } from '../registry/catalog.ts';
import { headManifest, type Place } from '../registry/manifest.ts';
import { listTags } from '../registry/tags.ts';

/** A repository in a registry of the fleet. */
type PlaceOf = (registry: string, repository: string) => Place;

/** What is told of at most: it must fit into one message of Temporal (2 MiB). */
const MOST_MISSING = 2_000;

/** Tags that are looked at together. */
const TAGS_AT_ONCE = 200;

/**
 * Compares what a rule brings with what registries have.
 * @param to those of its registries that are compared
 * @param tell called now and then, with how far it is
 * @throws RegistryError: of one that does not answer nothing can be said
 */
export async function compareRule(
  place: PlaceOf,
  rule: SyncRule,
  to: readonly string[],
  { signal, tell }: { signal: AbortSignal; tell: (what: string) => void },
): Promise<Drift> {
  const drift: Drift = { checked: 0, missing: [], isCut: false };
  for await (const repository of repositoriesOf(place, rule, signal)) {
    const source = place(rule.from, repository);
    let some: string[] = [];
    const look = async (): Promise<void> => {
      const missing = await compareTags(place, source, some, to, signal);
      drift.checked += some.length;
      drift.missing.push(...missing);
      some = [];
      tell(`compares ${repository}: ${drift.checked} tags so far, ${drift.missing.length} missing`);
    };
    for await (const tag of listTags(source, signal)) {
      if (!brings(rule, repository, tag)) continue;
      some.push(tag);
      if (some.length === TAGS_AT_ONCE) await look();
      if (drift.missing.length >= MOST_MISSING) return { ...drift, isCut: true };
    }
    if (some.length > 0) await look();
  }
  return drift;
}

/** Those that a rule names one by one are not looked for: listing all takes rights that few have. */
async function* repositoriesOf(
  place: PlaceOf,
  { from, images }: SyncRule,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const patterns = images.map(({ repository }) => repository).filter((pattern) => !isExclusion(pattern));
  if (!patterns.some((pattern) => /[*?]/.test(pattern))) yield* new Set(patterns);
  else yield* listRepositories(place(from, '').client, signal);
}

async function compareTags(
  place: PlaceOf,
  source: Place,
  tags: readonly string[],
  to: readonly string[],
  signal: AbortSignal,
): Promise<Missing[]> {
  const found = await Promise.all(
    // The clients ask for as many at a time as their registries are to bear.
    tags.map(async (tag): Promise<Missing | null> => {
      const digest = await headManifest(source, tag, signal);
      if (digest === null) return null;
      const there = await Promise.all(
        to.map(async (name) => headManifest(place(name, source.repository), tag, signal)),
      );
      const lacking = to.filter((_, at) => there[at] !== digest);
      return lacking.length === 0 ? null : { repository: source.repository, tag, digest, to: lacking };
    }),
  );
  return found.filter((one) => one !== null);
}
