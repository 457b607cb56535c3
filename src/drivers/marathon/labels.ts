import { memberName } from '../../domain/member.ts';
import type { AzSetRef, GroupRef } from '../../domain/types.ts';

// Every name that we write into Marathon. Nobody else's apps are ever touched.

/** Labels that say whose an app is, beside those of the template. The prefix is ours. */
export const LABEL = {
  app: 'transship.dev/app',
  group: 'transship.dev/group',
  env: 'transship.dev/env',
  azSet: 'transship.dev/az-set',
  /** Version and number of the spec that the app was made for. */
  version: 'transship.dev/version',
  spec: 'transship.dev/spec',
  /** On a record: the state of the set, as JSON. */
  state: 'transship.dev/state',
} as const;

export const OWN_PREFIX = 'transship.dev/';

/** `record-<n>`: the highest one counts (docs/adr/0007). */
const RECORD = /^record-(\d+)$/;

/** Folder of a set, as a group of Marathon: its apps are right below. */
export function folderOf({ namespace, name }: Pick<AzSetRef, 'namespace' | 'name'>): string {
  return `/${namespace}/${name}`;
}

export function appIdOf(set: AzSetRef, segment: string): string {
  return `${folderOf(set)}/${segment}`;
}

/** Last segment of the id of an app that is right below the folder; null for all others. */
export function segmentIn(set: AzSetRef, id: string): string | null {
  const prefix = `${folderOf(set)}/`;
  const rest = id.startsWith(prefix) ? id.slice(prefix.length) : '';
  return rest === '' || rest.includes('/') ? null : rest;
}

export function recordSegment(sequence: number): string {
  return `record-${String(sequence)}`;
}

/** Number of a record; null for an app that is none. */
export function sequenceOf(segment: string): number | null {
  const found = RECORD.exec(segment)?.[1];
  return found === undefined ? null : Number(found);
}

export function ownLabels(set: AzSetRef, { app, group, env }: GroupRef): Record<string, string> {
  return { [LABEL.app]: app, [LABEL.group]: group, [LABEL.env]: env, [LABEL.azSet]: set.name };
}

/** What stands for the uid of a place that no task holds now: Marathon has yet to launch one of that app. */
export function vacancy(segment: string): string {
  return `none:${segment}`;
}

export function memberIn(set: AzSetRef, ordinal: number): string {
  return memberName(set.name, ordinal);
}
