import type { SyncTagReader } from '../catalogue/types.ts';
import type { Drift, Extra, Missing } from '../domain/sync/drift.ts';
import { brings, bringsOf, deletes } from '../domain/sync/images.ts';
import { isExclusion } from '../domain/sync/patterns.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import { listRepositories } from '../registry/catalog.ts';
import { isTransient } from '../registry/errors.ts';
import { headManifest, type Place } from '../registry/manifest.ts';
import { sleep } from '../registry/pacer.ts';
import { listTags } from '../registry/tags.ts';
import { lackingAttached, type InStep } from './compare-attached.ts';
import { troubleOf } from './failures.ts';

/** A repository in a registry of the fleet. */
type PlaceOf = (registry: string, repository: string) => Place;

/** What is told of at most, of each kind: it must fit into one message of Temporal (2 MiB). */
const MOST = 2_000;

/** Tags that are looked at together. */
const TAGS_AT_ONCE = 200;

/** So long a registry may be away when a comparison begins, in ms: the next one may be a day off. */
const PATIENCE_MS = 3_000;

/** Where a comparison looks, besides the registries themselves. */
export interface Comparing {
  /** What syncs have brought: only that may be deleted, so only that is looked for. */
  brought: SyncTagReader;
  /** This repository alone; left out: all of the rule. */
  repository?: string | undefined;
  signal: AbortSignal;
  /** Called now and then, with how far it is. */
  tell: (what: string) => void;
}

/**
 * Compares what a rule brings with what registries have.
 * @param to those of its registries that are compared
 * @throws RegistryError where the source does not answer, or none of the others does: nothing can be said
 */
export async function compareRule(
  place: PlaceOf,
  rule: SyncRule,
  to: readonly string[],
  { brought, repository: only, signal, tell }: Comparing,
): Promise<Drift> {
  const drift: Drift = { checked: 0, missing: [], extra: [], isCut: false, away: {} };
  await Promise.all(to.map(async (name) => comeBack(place(name, ''), signal)));
  const answering = (): string[] => to.filter((name) => drift.away[name] === undefined);
  const repositories =
    only === undefined ? repositoriesOf(place, rule, to, brought, signal) : bringsOf(rule, only) ? [only] : [];
  for await (const repository of repositories) {
    const source = place(rule.from, repository);
    const there = new Set<string>();
    const inStep: InStep[] = [];
    let some: string[] = [];
    const look = async (): Promise<void> => {
      const found = await compareTags(place, source, some, answering(), { away: drift.away, signal });
      drift.checked += some.length;
      drift.missing.push(
        ...found.flatMap(({ lacking, ...image }) => (lacking.length === 0 ? [] : { ...image, to: lacking })),
      );
      if (rule.referrers) inStep.push(...found.filter((one) => one.to.length > 0));
      some = [];
      tell(`compares ${repository}: ${drift.checked} tags so far, ${drift.missing.length} missing`);
    };
    for await (const tag of listTags(source, signal)) {
      there.add(tag);
      if (!brings(rule, repository, tag)) continue;
      some.push(tag);
      if (some.length === TAGS_AT_ONCE) await look();
      if (drift.missing.length >= MOST) return { ...drift, isCut: true };
    }
    if (some.length > 0) await look();
    for (let at = 0; at < inStep.length; at += TAGS_AT_ONCE) {
      const images = inStep.slice(at, at + TAGS_AT_ONCE);
      const own = (name: string): Place => place(name, repository);
      drift.missing.push(...(await lackingAttached(own, source, images, there, signal)));
      tell(`compares what is attached in ${repository}: ${drift.checked} tags so far, ${drift.missing.length} missing`);
    }
    if (drift.missing.length >= MOST) return { ...drift, missing: drift.missing.slice(0, MOST), isCut: true };
    if (rule.deletions.tags)
      drift.extra.push(...(await extraTags(rule, source, there, answering(), { brought, signal })));
    if (drift.extra.length >= MOST) return { ...drift, extra: drift.extra.slice(0, MOST), isCut: true };
  }
  return drift;
}

/** Waits for a registry that did not answer just now; that it does not is found by whoever asks it next. */
async function comeBack({ client }: Place, signal: AbortSignal): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const error = await client.ping(signal).catch((failure: unknown) => failure);
    if (!isTransient(error)) return;
    await sleep(250, signal);
  }
}

/**
 * Those that a rule names one by one are not looked for: listing all takes rights that few have. With deletions also those that
 * syncs have brought: the source may have lost one as a whole.
 */
async function* repositoriesOf(
  place: PlaceOf,
  rule: SyncRule,
  to: readonly string[],
  brought: SyncTagReader,
  signal: AbortSignal,
): AsyncGenerator<string> {
  const seen = new Set<string>();
  const patterns = rule.images.map(({ repository }) => repository).filter((pattern) => !isExclusion(pattern));
  const isOpen = patterns.some((pattern) => /[*?]/.test(pattern));
  for await (const repository of isOpen ? listRepositories(place(rule.from, '').client, signal) : patterns) {
    if (seen.has(repository) || !bringsOf(rule, repository)) continue;
    seen.add(repository);
    yield repository;
  }
  if (!rule.deletions.tags) return;
  for (const repository of await brought.repositories({ registries: to, source: rule.from })) {
    if (!seen.has(repository) && bringsOf(rule, repository)) yield repository;
  }
}

/**
 * What the source names by each, with the registries that name the same, and those that do not.
 * @param away one that does not answer is added: it keeps no other from being compared
 */
async function compareTags(
  place: PlaceOf,
  source: Place,
  tags: readonly string[],
  to: readonly string[],
  { away, signal }: { away: Drift['away']; signal: AbortSignal },
): Promise<(Missing & { lacking: string[] })[]> {
  const found = await Promise.all(
    // The clients ask for as many at a time as their registries are to bear.
    tags.map(async (tag) => {
      const digest = await headManifest(source, tag, signal);
      if (digest === null) return null;
      const there = await Promise.all(
        to.map(async (name) => {
          if (away[name] !== undefined) return null;
          try {
            return await headManifest(place(name, source.repository), tag, signal);
          } catch (error) {
            signal.throwIfAborted();
            if (!(error instanceof Error) || to.every((other) => other === name || away[other] !== undefined))
              throw error;
            away[name] = troubleOf(error);
            return null;
          }
        }),
      );
      const same = to.filter((_, at) => there[at] === digest);
      return {
        repository: source.repository,
        tag,
        digest,
        to: same,
        lacking: to.filter((name) => !same.includes(name)),
      };
    }),
  );
  const isThere = (name: string): boolean => away[name] === undefined;
  return found.flatMap((one) =>
    one === null ? [] : [{ ...one, to: one.to.filter(isThere), lacking: one.lacking.filter(isThere) }],
  );
}

/** What was brought and is not in the list of the source: asked for one by one, as a list may be cut short. */
async function extraTags(
  rule: SyncRule,
  source: Place,
  there: ReadonlySet<string>,
  to: readonly string[],
  { brought, signal }: Pick<Comparing, 'brought' | 'signal'>,
): Promise<Extra[]> {
  const { repository } = source;
  const extra = new Map<string, Extra>();
  for (const { registry, tag, digest } of await brought.brought({ registries: to, source: rule.from, repository })) {
    if (there.has(tag) || !deletes(rule, repository, tag)) continue;
    const key = `${tag}@${digest}`;
    const known = extra.get(key) ?? { repository, tag, digest, to: [], isWhole: there.size === 0 };
    extra.set(key, { ...known, to: [...known.to, registry] });
  }
  const some = [...extra.values()].slice(0, MOST);
  const named = await Promise.all(some.map(async ({ tag }) => headManifest(source, tag, signal)));
  return some.filter((_, at) => named[at] === null);
}
