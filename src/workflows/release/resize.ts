import { memberName } from '../../domain/member.ts';
import type { InstanceRef } from '../../domain/types.ts';
import type { GroupLook, GroupRun } from './context.ts';

/** Instances that a look shows to have come, and those whose place is gone. */
interface SizeChange {
  born: InstanceRef[];
  gone: InstanceRef[];
}

/** What somebody changed of the size since the last look; null where nobody did. */
export function sizeChange(run: GroupRun, now: GroupLook): SizeChange | null {
  const gone = run.input.instances.filter((instance) => !now.hasPlace(instance));
  const born = newcomers(run, now);
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

/** Places of the sets that no instance has yet. */
function newcomers({ input }: GroupRun, now: GroupLook): InstanceRef[] {
  const [any] = input.instances;
  const prefix = any?.name.slice(0, -String(any.index).length) ?? `${input.ref.group}-`;
  let index = Math.max(-1, ...input.instances.map((instance) => instance.index));
  const born: InstanceRef[] = [];
  for (const { ref: azSet, set } of now.sets) {
    const known = new Set(input.instances.filter((it) => it.azSet.name === azSet.name).map(({ member }) => member));
    for (let ordinal = 0; ordinal < (set?.desired ?? 0); ordinal++) {
      const member = memberName(azSet.name, ordinal);
      if (known.has(member)) continue;
      index += 1;
      born.push({ index, name: `${prefix}${String(index)}`, azSet, member });
    }
  }
  return born;
}
