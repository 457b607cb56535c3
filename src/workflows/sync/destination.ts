import { condition, isCancellation } from '@temporalio/workflow';
import type { CopyOutcome } from '../../activities/image.ts';
import type { DestinationView } from '../../domain/sync/details.ts';
import type { CopyReport, RegistryAt, Sync, SyncState, TagOutcome } from '../../domain/sync/progress.ts';
import type { Trouble } from '../../domain/types.ts';
import type { Saga } from '../../temporal/saga.ts';
import { optionsOf, type SyncOptions } from '../../domain/sync/missing.ts';
import { highest, type SyncPriority } from '../../domain/sync/priority.ts';
import type { SyncImageInput, SyncImageResult, SyncRequest } from '../../temporal/sync.ts';
import { troubleOf } from '../troubles.ts';
import { recordActivities, tagActivities, undoTagActivities, type ImageStep } from './activities.ts';
import { countDuplicates, countSync } from './metrics.ts';

/**
 * What is wanted in one registry, and how far it is: the image first, then its tags. What fails for good stays so until
 * somebody asks again.
 */
export class Destination {
  readonly at: RegistryAt;
  readonly #input: SyncImageInput;
  readonly #saga: Saga;
  readonly #changed: () => void;
  readonly #tags: Record<string, TagOutcome | null> = {};
  readonly #wantedBy = new Set<string>();
  #options: SyncOptions;
  #priority: SyncPriority = 'low';
  /** Milliseconds since 1970. */
  #notBefore = Infinity;
  #askedAt = '';
  #since = 0;
  #report: CopyReport | null = null;
  #trouble: Trouble | null = null;
  #state: SyncState = 'queued';
  #isCopying = false;
  /** The copy that goes on brings all that is wanted by now. */
  #isCopyEnough = false;
  #isAtWork = false;
  /** What is written lags behind what is wanted. */
  #isNew = true;
  #isBack = false;

  /** @param changed called when `view` has */
  constructor(input: SyncImageInput, at: RegistryAt & SyncOptions, saga: Saga, changed: () => void) {
    this.#input = input;
    this.at = { name: at.name, idc: at.idc };
    this.#options = optionsOf(at);
    this.#saga = saga;
    this.#changed = changed;
  }

  get options(): SyncOptions {
    return this.#options;
  }

  get priority(): SyncPriority {
    return this.#priority;
  }

  /** When its copy may begin, in milliseconds since 1970; null: it needs none now. */
  get copyDue(): number | null {
    return this.#report === null && this.#trouble === null && !this.#isCopying ? this.#notBefore : null;
  }

  get hasImage(): boolean {
    return this.#report !== null;
  }

  /** Everything that is wanted is done, or has failed for good. */
  get isIdle(): boolean {
    if (this.#isCopying || this.#isAtWork || this.#isStale()) return false;
    return this.#state === 'done' || this.#state === 'failed';
  }

  get view(): DestinationView {
    const { state, tags, trouble } = this.#outcome();
    const notBefore = state === 'queued' && this.#notBefore > Date.now() ? this.#notBefore : null;
    const { name: registry } = this.at;
    return { registry, state, tags, trouble, notBefore, isCopying: this.#isCopying, wantedBy: [...this.#wantedBy] };
  }

  get result(): SyncImageResult['destinations'][number] {
    return { registry: this.at.name, ...this.#outcome() };
  }

  /** Notes what is wanted. @param now milliseconds since 1970 */
  want({ tag, priority, notBefore, wantedBy, askedAt, again }: SyncRequest, options: SyncOptions, now: number): void {
    if (this.isIdle || this.#since === 0) {
      this.#since = now;
      this.#askedAt = askedAt;
    }
    this.#isNew = true;
    this.#wantedBy.add(wantedBy);
    this.#priority = highest([this.#priority, priority]);
    this.#notBefore = Math.min(this.#notBefore, notBefore === undefined ? now : Date.parse(notBefore));
    this.#trouble = null;
    if (tag !== null) this.#tags[tag] = null;
    // More than was brought so far: what is there already costs next to nothing.
    const wider = union(this.#options, options);
    if (again !== true && isSame(wider, this.#options)) return;
    this.#options = wider;
    this.#report = null;
    this.#isCopyEnough = false;
  }

  beginCopy(): void {
    this.#isCopying = true;
    this.#isCopyEnough = true;
    this.#changed();
  }

  /** It has the image, though the copy to others may go on. */
  arrived(report: CopyReport): void {
    if (!this.#isCopyEnough || this.#report !== null) return;
    this.#report = report;
    countDuplicates(this.at.name, report.duplicates);
  }

  endCopy({ report, trouble }: Pick<CopyOutcome, 'report' | 'trouble'>): void {
    this.#isCopying = false;
    if (report !== null) this.arrived(report);
    // It arrived, and a later attempt for others could not reach it: it has what was wanted.
    else if (this.#isCopyEnough && this.#report === null) this.#trouble = trouble;
  }

  /** Moves tags and writes how far it is, whenever there is something to do. Ends with a cancel only. @throws it */
  async work(): Promise<never> {
    for (;;) {
      await condition(() => this.#isStale());
      this.#isAtWork = true;
      try {
        await this.#once();
      } catch (error) {
        if (isCancellation(error)) throw error;
        this.#trouble = troubleOf(error);
      } finally {
        this.#isAtWork = false;
      }
    }
  }

  /** Tags were brought back. */
  async cancelled(): Promise<void> {
    const hadEnded = this.#state === 'done' || this.#state === 'failed';
    if (!hadEnded || this.#isBack) await this.#record('cancelled');
  }

  async #once(): Promise<void> {
    if (this.#trouble !== null) {
      await this.#end('failed');
      return;
    }
    if (this.#report === null) {
      await this.#record('queued');
      return;
    }
    if (this.#nextTag() !== null) await this.#record('arrived');
    for (let tag = this.#nextTag(); tag !== null; tag = this.#nextTag()) this.#tags[tag] = await this.#move(tag);
    await this.#end('done');
  }

  /** Does what is written lag behind what is? */
  #isStale(): boolean {
    if (this.#isNew) return true;
    if (this.#trouble !== null) return this.#state !== 'failed';
    if (this.#report === null) return this.#state !== 'queued';
    return this.#state !== 'done' || this.#nextTag() !== null;
  }

  async #end(state: 'done' | 'failed'): Promise<void> {
    await this.#record(state);
    countSync(this.at.name, this.#priority, state, Math.max(0, Date.now() - Math.max(this.#since, this.#notBefore)));
  }

  #nextTag(): string | null {
    return Object.keys(this.#tags).find((tag) => this.#tags[tag] === null) ?? null;
  }

  /** The undo is registered before the tag moves, and knows what it named. */
  async #move(tag: string): Promise<TagOutcome> {
    const { repository, digest, from, policy } = this.#input;
    const { name: registry, idc } = this.at;
    const { readTag, moveTag } = tagActivities(this.#step(`tag ${tag} in ${registry}`));
    const before = await readTag({ registry, repository, tag });
    const move = { registry, repository, tag, digest, before };
    if (before !== digest) {
      const summary = `bring back ${tag} in ${registry}`;
      this.#saga.register(summary, async () => {
        this.#isBack = true;
        try {
          const outcome = await undoTagActivities({ idc, summary, policy }).restoreTag(move);
          if (outcome === 'restored') this.#tags[tag] = null;
          if (outcome === 'unsupported') this.#trouble = stays(tag, registry);
        } catch (error) {
          this.#trouble = troubleOf(error);
        }
      });
    }
    return moveTag({ ...move, from: from.name });
  }

  async #record(state: SyncState): Promise<void> {
    const { repository, digest, from, policy } = this.#input;
    this.#state = state;
    this.#isNew = false;
    this.#changed();
    const ended = state === 'done' || state === 'failed' || state === 'cancelled';
    await recordActivities(`${this.at.name}: ${state}`, policy).recordSync({
      ...{ repository, digest, registry: this.at.name, from: from.name },
      ...this.#outcome(),
      priority: this.#priority,
      wantedBy: [...this.#wantedBy],
      askedAt: this.#askedAt,
      notBefore: this.#notBefore > this.#since ? new Date(this.#notBefore).toISOString() : null,
      endedAt: ended ? new Date().toISOString() : null,
    });
  }

  #outcome(): Pick<Sync, 'state' | 'tags' | 'report' | 'trouble'> {
    return { state: this.#state, tags: { ...this.#tags }, report: this.#report, trouble: this.#trouble };
  }

  #step(summary: string): ImageStep {
    return { idc: this.at.idc, priority: this.#priority, summary, policy: this.#input.policy };
  }
}

function stays(tag: string, registry: string): Trouble {
  const message = `tag ${tag} is new in ${registry}, which deletes no tags: it stays`;
  return { verdict: 'errored', code: 'REGISTRY_UNSUPPORTED', message };
}

/** What either of them asks for. */
function union(one: SyncOptions, other: SyncOptions): SyncOptions {
  const referrers = one.referrers || other.referrers;
  const createProject = one.createProject === true || other.createProject === true;
  if (one.platforms === undefined || other.platforms === undefined) return optionsOf({ referrers, createProject });
  const platforms = [...new Set([...one.platforms, ...other.platforms])].sort();
  return optionsOf({ referrers, platforms, createProject });
}

function isSame(one: SyncOptions, other: SyncOptions): boolean {
  return (
    one.referrers === other.referrers &&
    one.platforms?.join() === other.platforms?.join() &&
    one.createProject === other.createProject
  );
}
