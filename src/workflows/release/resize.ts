import { sizeChange as changeOf, type SizeChange } from '../../domain/size.ts';
import type { InstanceRef } from '../../domain/types.ts';
import type { GroupLook, GroupRun } from './context.ts';

/** What was changed of the size since the last look; null where nothing was. */
export function sizeChange({ input }: GroupRun, now: GroupLook): SizeChange | null {
  const sets = now.sets.flatMap(({ ref, set }) => (set === null ? [] : [{ ...ref, count: set.desired }]));
  const { born, gone } = changeOf(input.ref.group, input.instances, sets);
  return gone.length === 0 && born.length === 0 ? null : { born, gone };
}

/**
 * Somebody changed the size of a set meanwhile (an autoscaler, a person with kubectl): the group is what its sets say. New
 * instances are numbered on, and done with what is left; an instance without a place is nobody's business any more.
 *
 * The floor does not rise with it: what comes on top during an operation need not serve before the operation goes on.
 */
export async function followSize(run: GroupRun, { born, gone }: SizeChange): Promise<void> {
  const { input, progress } = run;
  input.instances = [...input.instances.filter((instance) => !gone.includes(instance)), ...born];
  input.azSets = input.azSets.map((set) => ({
    ...set,
    count: input.instances.filter(({ azSet }) => azSet.name === set.name && azSet.idc === set.idc).length,
  }));
  run.size = Math.min(run.size, input.instances.length);
  run.resized = true;
  for (const { name } of gone) progress.instance(name, 'gone');
  if (born.length > 0) progress.plan([{ index: progress.nextBatch(), members: born }]);
  const names = (list: InstanceRef[]): string => list.map(({ name, member }) => `${name} (${member})`).join(', ');
  const message = [
    ...(born.length === 0 ? [] : [`new: ${names(born)}`]),
    ...(gone.length === 0 ? [] : [`gone: ${names(gone)}`]),
  ].join('; ');
  await progress.note({ kind: 'note', step: 'size', instance: null, outcome: null, message, data: null });
}
