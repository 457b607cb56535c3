import { Context } from '@temporalio/activity';
import { ERRORS, TransshipError } from '../domain/errors.ts';
import type { RegistryLook } from '../domain/sync/look.ts';
import type { SyncTagReader } from '../catalogue/types.ts';
import type { Drift, TagDrop } from '../domain/sync/drift.ts';
import type { CopyBeat, CopyReport, TagOutcome } from '../domain/sync/progress.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import type { Trouble } from '../domain/types.ts';
import type { Copier } from '../registry/copy.ts';
import { RegistryError } from '../registry/errors.ts';
import { followTag, tagStore } from '../registry/follow-tag.ts';
import { headManifest, type Place } from '../registry/manifest.ts';
import type { Pacer } from '../registry/pacer.ts';
import { rootSubject } from '../registry/subject.ts';
import { restoreTag } from '../registry/tags.ts';
import type { SyncOptions } from '../domain/sync/missing.ts';
import type { Arrival } from '../temporal/sync.ts';
import { copyArrived } from '../temporal/sync.ts';
import { alive } from '../drivers/alive.ts';
import { compareRule } from './compare.ts';
import { Copying } from './copying.ts';
import { dropTags, type DropTagsInput } from './drop-tags.ts';
import { codeOf, toFailure, troubleOf } from './failures.ts';
import { lookAtRepository } from './look-at-repository.ts';
import { activityWaiting } from './waiting.ts';

const BEAT_MS = 1_000;

/** Somebody waits for it, and for the registries that do answer: less than planningStep allows. */
const LOOK_MS = 8_000;

export interface ImageDrivers {
  /** One for all copies of the process. */
  copier: Copier;
  /** A repository in a registry of the fleet. @throws FLEET_INVALID where the fleet has none of that name */
  place: (registry: string, repository: string) => Place;
  /** Makes the project of a repository, where the registry is a Harbor that lacks it. Anywhere else there is nothing to do. */
  makeProject: (registry: string, repository: string, signal: AbortSignal) => Promise<void>;
  /** What copies from that registry to this IDC may take of the link; undefined: nothing limits them. */
  pacer(from: string): Pacer | undefined;
}

export interface CopyImageInput extends Omit<SyncOptions, 'createProject'> {
  repository: string;
  digest: string;
  /** Registry that has the image. */
  from: string;
  /** Registries of this IDC that have it by now: it is taken from one of them, if it can be. */
  near: string[];
  /** Registries of this IDC. */
  to: string[];
  /** Those of them where the project is made if it is a Harbor that lacks it. Left out: none. */
  createProjectAt?: string[];
}

/** What became of the copy to one registry: exactly one of the two is null. */
export interface CopyOutcome {
  registry: string;
  report: CopyReport | null;
  trouble: Trouble | null;
}

export interface TagInput {
  repository: string;
  tag: string;
  registry: string;
}

/** Images and tags of the registries of one IDC. */
export function imageActivities(drivers: ImageDrivers, { syncTags }: { syncTags: SyncTagReader }) {
  return {
    /**
     * Brings an image into registries of this IDC, reading its source once. Fails, to be tried again, as long as one of them
     * has not got it for a reason that may pass; those that have it are told of by signal meanwhile.
     */
    copyImage: async (input: CopyImageInput): Promise<CopyOutcome[]> => {
      const { info, heartbeat, cancellationSignal: signal } = Context.current();
      const { repository, digest, to, referrers, platforms } = input;
      const names = new Map(to.map((name) => [drivers.place(name, repository), name]));
      const copying = new Copying(names, info.attempt, info.heartbeatDetails as Partial<CopyBeat> | undefined);
      const beats = setInterval(() => heartbeat(copying.beat()), BEAT_MS);
      const told: Promise<void>[] = [];
      try {
        heartbeat(copying.beat());
        // Those that an attempt before this one has served need nothing, and are as near.
        const near = [...input.near, ...copying.arrived.keys()];
        const source = await sourceOf(drivers, { ...input, near }, signal);
        const pacer = source.name === input.from ? drivers.pacer(input.from) : undefined;
        const lacking = to.filter((name) => !copying.arrived.has(name));
        const failures = await makeProjects(drivers, input, lacking, signal);
        const isReady = (name: string): boolean => lacking.includes(name) && !failures.has(name);
        const ready = [...names].filter(([, name]) => isReady(name)).map(([place]) => place);
        const { destinations } = await drivers.copier.copy({
          ...{ source: source.place, digest, destinations: ready, attached: referrers, signal },
          ...(platforms === undefined ? {} : { platforms }),
          ...(pacer === undefined ? {} : { pacer }),
          onProgress: (progress) => copying.note(progress),
          onArrived: (copied) => {
            const arrival = copying.arrive(copied);
            if (to.length > 1) told.push(tell(arrival));
          },
        });
        await Promise.all(told);
        for (const { place, error } of destinations) if (error !== null) failures.set(names.get(place) ?? '', error);
        const passing = [...failures].filter(([, error]) => mayPass(error));
        const [first] = passing;
        if (first !== undefined) {
          const message = passing.map(([name, error]) => `${name}: ${error.message}`).join('; ');
          throw new TransshipError(codeOf(first[1]), message, { cause: first[1] });
        }
        return to.map((registry): CopyOutcome => {
          const error = failures.get(registry);
          const report = copying.arrived.get(registry) ?? null;
          return { registry, report, trouble: error === undefined ? null : troubleOf(error) };
        });
      } catch (error) {
        throw toFailure(error);
      } finally {
        clearInterval(beats);
        // What this attempt has brought counts in the next one.
        heartbeat(copying.beat());
      }
    },

    /** What a registry of this IDC has of a repository; why that cannot be told is an answer, too. See lookAtRepository. */
    lookAtRepository: async ({
      registry,
      repository,
      references,
      most,
    }: {
      registry: string;
      repository: string;
      references: string[] | null;
      most: number;
    }): Promise<RegistryLook> => {
      const { cancellationSignal } = Context.current();
      const late = AbortSignal.timeout(LOOK_MS);
      const signal = AbortSignal.any([cancellationSignal, late]);
      try {
        const look = await lookAtRepository(drivers.place(registry, repository), { references, most }, signal);
        return { registry, ...look, trouble: null };
      } catch (error) {
        if (cancellationSignal.aborted || !(error instanceof Error)) throw toFailure(error);
        const slow = new RegistryError('REGISTRY_UNREACHABLE', `${registry} did not answer in ${LOOK_MS / 1_000} s`);
        return { registry, digests: {}, isCut: false, trouble: troubleOf(late.aborted ? slow : error) };
      }
    },

    /** How registries of this IDC differ from what a rule brings. See compareRule. */
    compareRegistries: async ({
      rule,
      to,
      repository,
    }: {
      rule: SyncRule;
      to: string[];
      /** This one alone; left out: all of the rule. */
      repository?: string;
    }): Promise<Drift> => {
      const waiting = activityWaiting();
      const { signal } = waiting;
      let what = `compares ${to.join(', ')}`;
      const compare = async (): Promise<Drift> =>
        compareRule(drivers.place, rule, to, { brought: syncTags, repository, signal, tell: (told) => (what = told) });
      try {
        return await alive(waiting, () => what, compare);
      } catch (error) {
        throw toFailure(error);
      }
    },

    /** Deletes tags that the source has no more from registries of this IDC. See dropTags. */
    dropTags: async (input: DropTagsInput): Promise<TagDrop[]> => {
      const { info, heartbeat, cancellationSignal: signal } = Context.current();
      let done = ((info.heartbeatDetails as { done: TagDrop[] } | undefined)?.done ?? []).slice();
      const beats = setInterval(() => heartbeat({ done }), BEAT_MS);
      const tell = (all: TagDrop[]): void => heartbeat({ done: (done = [...all]) });
      try {
        const drops = await dropTags(drivers.place, input, { signal, done, tell });
        // One that was gone at another attempt than the first went by the one before it, which could not tell any more.
        return drops.map((one) =>
          one.outcome === 'absent' && info.attempt > 1 ? { ...one, outcome: 'deleted' } : one,
        );
      } catch (error) {
        throw toFailure(error);
      } finally {
        clearInterval(beats);
      }
    },

    /**
     * What a manifest in a registry of this IDC is attached to in the end; null: nothing. See rootSubject.
     * @param subject what its tag says
     */
    findSubject: async ({
      registry,
      repository,
      digest,
      subject,
    }: {
      registry: string;
      repository: string;
      digest: string;
      subject: string | null;
    }): Promise<string | null> =>
      guarded(async (signal) => {
        const place = drivers.place(registry, repository);
        return (await rootSubject(place, subject ?? digest, signal)) ?? subject;
      }),

    /** Digest that a tag names in a registry of this IDC, or null. */
    readTag: async ({ registry, repository, tag }: TagInput): Promise<string | null> =>
      guarded(async (signal) => headManifest(drivers.place(registry, repository), tag, signal)),

    /** Makes a tag name the image, as long as the tag of the source does. See followTag. */
    moveTag: async ({
      registry,
      repository,
      tag,
      from,
      ...move
    }: TagInput & { from: string; digest: string; before: string | null }): Promise<TagOutcome> =>
      guarded(async (signal) =>
        followTag(
          tagStore(drivers.place(from, repository), tag, signal),
          tagStore(drivers.place(registry, repository), tag, signal),
          move,
        ),
      ),

    /** Brings a tag back to what it named before, if it still names the image. */
    restoreTag: async ({
      registry,
      repository,
      tag,
      digest,
      before,
    }: TagInput & { digest: string; before: string | null }): Promise<'restored' | 'kept' | 'unsupported'> =>
      guarded(async (signal) => restoreTag(drivers.place(registry, repository), { tag, before, now: digest }, signal)),
  };
}

export type ImageActivities = ReturnType<typeof imageActivities>;

async function guarded<T>(act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { cancellationSignal, heartbeat } = Context.current();
  const beats = setInterval(() => heartbeat(), BEAT_MS);
  try {
    return await act(cancellationSignal);
  } catch (error) {
    throw toFailure(error);
  } finally {
    clearInterval(beats);
  }
}

/** The nearest that has the image. */
async function sourceOf(
  drivers: ImageDrivers,
  { repository, digest, from, near }: CopyImageInput,
  signal: AbortSignal,
): Promise<{ name: string; place: Place }> {
  const found = await Promise.all(
    near.map(async (name) => {
      const place = drivers.place(name, repository);
      // One that is away is no reason to wait: there is the source.
      const there = await headManifest(place, digest, signal).catch(() => null);
      return there === digest ? { name, place } : null;
    }),
  );
  signal.throwIfAborted();
  const nearest = found.find((one) => one !== null);
  if (nearest !== undefined) return nearest;
  return { name: from, place: drivers.place(from, repository) };
}

/** @returns what kept a registry from having the project that it lacks: it can get nothing of it, the others can */
async function makeProjects(
  { makeProject }: ImageDrivers,
  { repository, createProjectAt = [] }: CopyImageInput,
  registries: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, Error>> {
  const failures = new Map<string, Error>();
  await Promise.all(
    registries.map(async (name) => {
      if (!createProjectAt.includes(name)) return;
      try {
        await makeProject(name, repository, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof RegistryError)) throw error;
        failures.set(name, error);
      }
    }),
  );
  return failures;
}

/** Lost where Temporal is away: the end of the copy tells it again. */
async function tell(arrival: Arrival): Promise<void> {
  const { info, client } = Context.current();
  const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
  await client.workflow
    .getHandle(workflowId, runId)
    .signal(copyArrived, arrival)
    .catch(() => undefined);
}

function mayPass(error: Error): boolean {
  return !(error instanceof RegistryError) || ERRORS[error.code].retryable;
}
