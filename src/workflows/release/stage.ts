import type { AzSetRef } from '../../domain/types.ts';
import { idcActivities, type Direction } from './activities.ts';
import { all } from './all.ts';
import { idcsOf, setsIn, stepContext, type GroupRun } from './context.ts';

/** Writes the new template in every set, parked: nothing moves. The undo of an IDC's sets is registered first. */
export async function stageAll(run: GroupRun): Promise<void> {
  const { input } = run;
  await perIdc(run, async (idc, sets) =>
    run.sagas.of(idc).step(
      `stage ${idc}`,
      async () => {
        await all(sets, async (set) => {
          const { stageSet } = idcActivities(idc, {
            direction: 'forward',
            policy: input.policy,
            summary: `stage ${set.name} (${idc})`,
            longestAttemptMs: 120_000,
          });
          run.staged.set(set.name, await stageSet({ ...stepContext(run), set, spec: input.spec, recreate: true }));
        });
      },
      () => unstage(run, idc, sets),
    ),
  );
}

/** The sets were staged by an earlier run: their undo is registered again. */
export function registerStaged(run: GroupRun): void {
  for (const idc of idcsOf(run.input.azSets)) {
    run.sagas.of(idc).register(`stage ${idc}`, () => unstage(run, idc, setsIn(run.input.azSets, idc)));
  }
}

async function unstage(run: GroupRun, idc: string, sets: AzSetRef[]): Promise<void> {
  await all(sets, (set) =>
    idcActivities(idc, {
      direction: 'undo',
      policy: run.input.policy,
      summary: `unstage ${set.name} (${idc})`,
      longestAttemptMs: 120_000,
    }).unstageSet({ ...stepContext(run), set }),
  );
}

/** Creates every set with all its instances. */
export async function createAll(run: GroupRun): Promise<void> {
  const { input } = run;
  await perIdc(run, async (idc, sets) =>
    run.sagas.of(idc).step(
      `create ${idc}`,
      async () => {
        await all(sets, async (set) => {
          const { createSet } = idcActivities(idc, {
            direction: 'forward',
            policy: input.policy,
            summary: `create ${set.name} (${idc})`,
            longestAttemptMs: 120_000,
          });
          const count = input.azSets.find(({ name }) => name === set.name)?.count ?? 0;
          await createSet({ ...stepContext(run), set, group: input.ref, spec: input.spec, count });
        });
      },
      () => removeSets(run, idc, sets),
    ),
  );
}

/** Removes every set: the way back from a first release that was cut short. */
export async function removeAll(run: GroupRun): Promise<void> {
  await perIdc(run, (idc, sets) => removeSets(run, idc, sets));
}

async function removeSets(run: GroupRun, idc: string, sets: AzSetRef[]): Promise<void> {
  await all(sets, (set) =>
    idcActivities(idc, {
      direction: 'undo',
      policy: run.input.policy,
      summary: `remove ${set.name} (${idc})`,
      longestAttemptMs: 300_000,
    }).removeSet({ ...stepContext(run), set }),
  );
}

/** What it takes to shut others out. */
type Fenced = Pick<GroupRun, 'input' | 'epoch' | 'turns'>;

/** Shuts out what an operation that ended half way may still have on its way to the group. */
export async function fenceAll(run: GroupRun): Promise<void> {
  await perIdc(run, (idc, sets) => fence(run, 'forward', idc, sets));
}

/** The first step of an undo in each IDC: what the way forward may still have on its way comes to nothing. */
export function registerFences(run: Fenced & Pick<GroupRun, 'sagas'>): void {
  for (const idc of idcsOf(run.input.azSets)) {
    const saga = run.sagas.of(idc);
    if (!saga.isEmpty) saga.register(`fence ${idc}`, () => fence(run, 'undo', idc, setsIn(run.input.azSets, idc)));
  }
}

async function fence(run: Fenced, direction: Direction, idc: string, sets: AzSetRef[]): Promise<void> {
  const { input } = run;
  await all(sets, (set) =>
    idcActivities(idc, {
      direction,
      policy: input.policy,
      summary: `fence ${set.name} (${idc})`,
      longestAttemptMs: 120_000,
    }).fenceSet({
      ...stepContext(run),
      set,
      instances: input.instances.filter(({ azSet }) => azSet.name === set.name).map(({ name }) => name),
    }),
  );
}

/** Waits until instances and controllers agree on the new revision. */
export async function settleAll(run: GroupRun): Promise<void> {
  const { input } = run;
  await perIdc(run, async (idc, sets) => {
    await all(sets, async (set) => {
      const staged = run.staged.get(set.name);
      if (staged === undefined) return;
      await idcActivities(idc, {
        direction: 'forward',
        policy: input.policy,
        summary: `settle ${set.name} (${idc})`,
        longestAttemptMs: 120_000,
      }).settleSet({
        ...stepContext(run),
        set,
        revision: staged.revision,
      });
    });
  });
}

async function perIdc(run: GroupRun, act: (idc: string, sets: AzSetRef[]) => Promise<void>): Promise<void> {
  await all(idcsOf(run.input.azSets), (idc) => act(idc, setsIn(run.input.azSets, idc)));
}
