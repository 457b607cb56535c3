import type { AzSetRef } from '../../domain/types.ts';
import type { ReleaseGroupInput } from '../../temporal/messages.ts';
import type { Direction } from './activities.ts';
import { all } from './all.ts';
import { setActivities, stepContext, type GroupLook, type GroupRun } from './context.ts';
import { advance } from './hold.ts';
import { looked } from './rollout.ts';
import { perIdc } from './stage.ts';

type Takeover = NonNullable<ReleaseGroupInput['takeover']>;

const OPPOSITE = { adopt: 'detach', detach: 'adopt' } as const satisfies Record<Takeover, Takeover>;
/** Adoption goes through the instances one by one. */
const LONGEST_MS = 1_800_000;

/**
 * Takes over sets that somebody else made, as they run, or leaves them. No instance ends by either.
 * @returns what was taken over; null where it was left
 */
export async function takeOver(run: GroupRun, takeover: Takeover): Promise<GroupLook | null> {
  const adopts = takeover === 'adopt';
  await advance(run, 'ROLLING_OUT', `the sets are ${adopts ? 'taken over' : 'left'} as they run`);
  await perIdc(run, async (idc, sets) =>
    run.sagas.of(idc).step(
      `${takeover} ${idc}`,
      () => change(run, 'forward', takeover, sets),
      () => change(run, 'undo', OPPOSITE[takeover], sets),
    ),
  );
  // How many there are is what their clusters say, not the app file.
  return adopts ? looked(run, 'ROLLOUT_BRAKED', 'look at what was taken over') : null;
}

async function change(run: GroupRun, direction: Direction, takeover: Takeover, sets: AzSetRef[]): Promise<void> {
  const { spec } = run.input;
  await all(sets, (set) => {
    const { adoptSet, detachSet } = setActivities(run, direction, set, takeover, LONGEST_MS);
    return (takeover === 'adopt' ? adoptSet : detachSet)({ ...stepContext(run), set, spec });
  });
}
