import { isCancellation, sleep } from '@temporalio/workflow';
import type { AzSetRef, Management, SavedSet } from '../../domain/types.ts';
import type { ReleaseGroupInput } from '../../temporal/messages.ts';
import { undoPauseMs } from '../../temporal/policies.ts';
import type { Direction } from './activities.ts';
import { setActivities, stepContext, type GroupLook, type GroupRun } from './context.ts';
import { advance, brakable, isBraked, passBrake } from './hold.ts';
import { looked } from './rollout.ts';
import { perIdc } from './stage.ts';
import { troubleOf } from '../troubles.ts';

/** Orphans are let go, and taken up, one by one. */
const LONGEST_MS = 900_000;

/**
 * Makes the sets anew, of another management, under their instances: none ends. One set after the other in each IDC, as
 * nothing brings an instance back while its set is away.
 */
export async function convert(
  run: GroupRun,
  { to, saved = {}, savedOnly = false }: NonNullable<ReleaseGroupInput['convert']>,
): Promise<GroupLook> {
  await advance(run, 'ROLLING_OUT', `the sets are made ${to} under their instances`);
  await brakable(run, () =>
    perIdc(run, async (idc, sets) => {
      for (const set of sets) {
        const known = saved[set.name] ?? null;
        if (savedOnly && known === null) continue;
        if (isBraked(run)) await passBrake(run);
        const one = new Conversion(run, set, known);
        await run.sagas.of(idc).step(
          `convert ${set.name}`,
          () => one.forward(to),
          () => one.undo(),
        );
      }
    }),
  );
  return looked(run, 'ROLLOUT_BRAKED', 'look at what was made anew');
}

/** One set, and what it is made of should it be away. */
class Conversion {
  readonly #run: GroupRun;
  readonly #set: AzSetRef;
  #saved: SavedSet | null;
  #before: Management | null;

  constructor(run: GroupRun, set: AzSetRef, saved: SavedSet | null) {
    this.#run = run;
    this.#set = set;
    this.#saved = saved;
    this.#before = saved?.management ?? null;
  }

  async forward(to: Management): Promise<void> {
    this.#saved ??= await this.#save('forward');
    this.#before ??= this.#saved?.management ?? null;
    await this.#convert('forward', to);
  }

  /** Tried until it succeeds; every failure is shown. */
  async undo(): Promise<void> {
    // Nothing is known to have been saved: then nothing was done.
    if (this.#before === null) return;
    const { progress } = this.#run;
    for (let attempt = 0; ; attempt++) {
      try {
        await this.#convert('undo', this.#before);
        return;
      } catch (error) {
        const trouble = troubleOf(error);
        const message = `undo of the conversion of ${this.#set.name}: ${trouble.message}; tried again`;
        await progress.note({ kind: 'note', step: 'undo', instance: null, outcome: 'failed', message, data: trouble });
      }
      await sleep(undoPauseMs(attempt));
    }
  }

  /** Where somebody has scaled it since it was saved, and it stands, it is saved again. */
  async #convert(direction: Direction, to: Management): Promise<void> {
    const { convertSet } = this.#activities(direction, `make ${to}`);
    for (;;) {
      if (this.#saved === null) return;
      try {
        await convertSet({ ...stepContext(this.#run), set: this.#set, saved: this.#saved, to });
        return;
      } catch (error) {
        if (isCancellation(error) || troubleOf(error).code !== 'SET_NOT_AT_REST') throw error;
        this.#saved = (await this.#save(direction)) ?? this.#saved;
      }
    }
  }

  #save(direction: Direction): Promise<SavedSet | null> {
    return this.#activities(direction, 'save').saveSet({ ...stepContext(this.#run), set: this.#set });
  }

  #activities(direction: Direction, what: string): ReturnType<typeof setActivities> {
    return setActivities(this.#run, direction, this.#set, what, LONGEST_MS);
  }
}
