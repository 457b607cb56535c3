import type {
  Guard,
  InstanceObservation,
  MemberAt,
  ReplaceTarget,
  StagedRevision,
} from '../../../src/drivers/azset/index.ts';
import type { Abilities } from '../abilities.ts';
import { openGuard, patience, type Definition, type Subject, type World } from '../world.ts';

/** A set that was staged. */
export interface Staged {
  subject: Subject;
  target: StagedRevision;
  /** Its members, and its definition, of before. */
  before: (MemberAt & { host: string })[];
  definition: Definition;
}

const FLAG = { owner: 'release', reason: 'test', drainSeconds: 0 } as const;

/** What an operation does around the end of its instances, whatever for they are made anew. */
export function batchSteps(world: () => World) {
  return {
    pullOut: (at: MemberAt, guard: Guard = openGuard()) => world().traffic.pullOut(at, FLAG, guard, patience()),
    pullIn: (at: MemberAt, guard: Guard = openGuard()) => world().traffic.pullIn(at, 'release', guard, patience()),
    open: ({ set }: Subject, target: ReplaceTarget, guard: Guard = openGuard()) =>
      world().azSets.open(set, target, guard, patience()),
    close: ({ set }: Subject, guard: Guard = openGuard()) => world().azSets.close(set, guard, patience()),
  };
}

/** Brings instances of one set to a target by the way that the system has for it; those that are made anew stay out. */
export async function bring(
  world: () => World,
  can: Abilities,
  members: readonly MemberAt[],
  target: ReplaceTarget,
): Promise<InstanceObservation[]> {
  const { azSets } = world();
  if (can.inPlace) {
    return Promise.all(members.map((at) => azSets.replace(at, target, openGuard(), patience())));
  }
  const [first] = members;
  if (first === undefined) return [];
  await azSets.open(first.set, target, openGuard(), patience());
  const born = await Promise.all(members.map((at) => azSets.recreate(at, target, openGuard(), patience())));
  await azSets.close(first.set, openGuard(), patience());
  return born;
}
