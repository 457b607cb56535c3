import type { AzSetRef } from '../../domain/types.ts';
import type { Direction } from './activities.ts';
import { all } from './all.ts';
import { idcsOf, setActivities, setsIn, stepContext, type GroupRun } from './context.ts';

/** Writes the new template in every set, parked: nothing moves. The undo of an IDC's sets is registered first. */
export async function stageAll(run: GroupRun): Promise<void> {
  const { spec, flavor } = run.input;
  // What somebody else wrote is for a person to decide about, who does so by asking for a repair.
  const how = { recreate: true, ...(flavor === 'repair' ? { overwrite: true } : {}) };
  await perIdc(run, async (idc, sets) => {
    registerUnstage(run, idc, sets);
    await all(sets, async (set) => {
      const { stageSet } = setActivities(run, 'forward', set, 'stage');
      run.staged.set(set.name, await stageSet({ ...stepContext(run), set, spec, ...how }));
    });
  });
}

/** The sets were staged by an earlier run: their undo is registered again. */
export function registerStaged(run: GroupRun): void {
  for (const idc of idcsOf(run.input.azSets)) registerUnstage(run, idc, setsIn(run.input.azSets, idc));
}

function registerUnstage(run: GroupRun, idc: string, sets: AzSetRef[]): void {
  run.sagas.of(idc).register(`stage ${idc}`, async () => {
    await all(sets, (set) => setActivities(run, 'undo', set, 'unstage').unstageSet({ ...stepContext(run), set }));
  });
}

/** Creates every set with all its instances. */
export async function createAll(run: GroupRun): Promise<void> {
  const { ref: group, spec, azSets } = run.input;
  await perIdc(run, async (idc, sets) =>
    run.sagas.of(idc).step(
      `create ${idc}`,
      async () => {
        await all(sets, async (set) => {
          const { createSet } = setActivities(run, 'forward', set, 'create');
          const count = azSets.find(({ name }) => name === set.name)?.count ?? 0;
          await createSet({ ...stepContext(run), set, group, spec, count });
        });
      },
      () => removeSets(run, sets),
    ),
  );
}

/** Removes every set: the way back from a first release that was cut short. */
export async function removeAll(run: GroupRun): Promise<void> {
  await perIdc(run, (_idc, sets) => removeSets(run, sets));
}

async function removeSets(run: GroupRun, sets: AzSetRef[]): Promise<void> {
  await all(sets, (set) => setActivities(run, 'undo', set, 'remove', 300_000).removeSet({ ...stepContext(run), set }));
}

/** Shuts out what an operation that ended half way may still have on its way to the group. */
export async function fenceAll(run: GroupRun): Promise<void> {
  await perIdc(run, (_idc, sets) => fence(run, 'forward', sets));
}

/** The first step of an undo in each IDC: what the way forward may still have on its way comes to nothing. */
export function registerFences(run: GroupRun): void {
  for (const idc of idcsOf(run.input.azSets)) {
    const saga = run.sagas.of(idc);
    if (!saga.isEmpty) saga.register(`fence ${idc}`, () => fence(run, 'undo', setsIn(run.input.azSets, idc)));
  }
}

async function fence(run: GroupRun, direction: Direction, sets: AzSetRef[]): Promise<void> {
  await all(sets, (set) => {
    const instances = run.input.instances.filter(({ azSet }) => azSet.name === set.name).map(({ name }) => name);
    return setActivities(run, direction, set, 'fence').fenceSet({ ...stepContext(run), set, instances });
  });
}

/** Waits until instances and controllers agree on the new revision. */
export async function settleAll(run: GroupRun): Promise<void> {
  await perIdc(run, async (_idc, sets) => {
    await all(sets, async (set) => {
      const staged = run.staged.get(set.name);
      if (staged === undefined) return;
      const { settleSet } = setActivities(run, 'forward', set, 'settle');
      await settleSet({ ...stepContext(run), set, revision: staged.revision });
    });
  });
}

/** In all IDCs at the same time. */
export async function perIdc(run: GroupRun, act: (idc: string, sets: AzSetRef[]) => Promise<void>): Promise<void> {
  await all(idcsOf(run.input.azSets), (idc) => act(idc, setsIn(run.input.azSets, idc)));
}
