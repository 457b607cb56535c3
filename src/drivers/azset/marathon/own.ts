import { TransshipError } from '../../../domain/errors.ts';
import type { GroupRef } from '../../../domain/types.ts';
import type { StandingFolder } from '../../marathon/folder.ts';
import type { Definition, SetState } from '../../marathon/state.ts';
import type { Overwriting } from '../index.ts';
import { foreignIn } from './difference.ts';

/** Who changes an app in Marathon is not told: it keeps no names. */
const SOMEBODY = 'somebody';

/** Segments of the apps of a revision, the latest last. */
export function segmentsOf({ apps }: SetState, revision: string): string[] {
  return Object.keys(apps).filter((segment) => apps[segment]?.revision === revision);
}

/** The app that new instances of a revision are started in. @throws FOREIGN_TEMPLATE where there is none */
export function segmentFor(state: SetState, revision: string): string {
  const segment = segmentsOf(state, revision).at(-1);
  if (segment !== undefined) return segment;
  throw new TransshipError('FOREIGN_TEMPLATE', `the set knows no revision ${revision} any more`);
}

/** Null where the set knows no such revision. */
export function definitionOf(state: SetState, revision: string): Definition | null {
  const segment = segmentsOf(state, revision).at(-1);
  return segment === undefined ? null : (state.apps[segment]?.definition ?? null);
}

/** Who changed an app of the set past us, for people; null where nobody did, or it was staged past that. */
export function foreignWriters({ state, apps }: StandingFolder): string | null {
  const changed = [...apps].flatMap(([segment, app]) => {
    const known = state.apps[segment];
    const paths = known === undefined || known.foreign === true ? [] : foreignIn(known.definition, app);
    return paths.length === 0 ? [] : [`${app.id}: ${paths.join(', ')}`];
  });
  return changed.length === 0 ? null : `${SOMEBODY} (${changed.join('; ')})`;
}

/** @throws FOREIGN_TEMPLATE unless its apps are as we wrote them, or that does not matter */
export function checkOwn(folder: StandingFolder, { overwrite = false }: Overwriting = {}): void {
  const writers = foreignWriters(folder);
  if (writers === null || overwrite) return;
  throw new TransshipError('FOREIGN_TEMPLATE', `the apps of ${folder.ref.name} were changed by ${writers}`);
}

export function isOf({ group }: SetState, other: GroupRef): boolean {
  return group.env === other.env && group.app === other.app && group.group === other.group;
}

/** @throws FOREIGN_TEMPLATE when it belongs to another group */
export function checkGroup(folder: StandingFolder, group: GroupRef): void {
  const { state, ref } = folder;
  if (isOf(state, group)) return;
  const { env, app, group: name } = state.group;
  throw new TransshipError('FOREIGN_TEMPLATE', `a set ${ref.name} stands there of ${env}/${app}/${name}`);
}
