import { TransshipError } from '../../domain/errors.ts';
import type { AzSetRef } from '../../domain/types.ts';
import type { Guard } from '../azset/index.ts';
import type { MarathonCluster } from './cluster.ts';
import { isLocked, isStatus } from './errors.ts';
import { appIdOf, folderOf, LABEL, ownLabels, recordSegment, segmentIn, sequenceOf } from './labels.ts';
import type { App, Task } from './resources.ts';
import { parseState, type SetState } from './state.ts';

/** The folder of a set by one look: its record, and its apps with their tasks. */
export interface Folder {
  ref: AzSetRef;
  /** Number of the record; 0 where there is none. */
  sequence: number;
  /** Null where there is none. */
  state: SetState | null;
  /** Records that an earlier write left behind: segments. */
  stale: string[];
  /** Segment → app of the set, records not among them. */
  apps: Map<string, App>;
  /** The same of what somebody else put there: left alone. */
  strangers: Map<string, App>;
}

/** The folder of a set that exists: it has a record, and an app. */
export type StandingFolder = Folder & { state: SetState };

/**
 * A record costs nothing: it has no instance, and no ports, of which Marathon would give it one of those that are unique in
 * the cluster. Should somebody give it an instance, that ends at once.
 */
const RECORD_APP = { cmd: 'true', cpus: 0.01, mem: 16, disk: 0, instances: 0, portDefinitions: [] } as const;

/** Folders by one call for each namespace. */
export async function readFolders(cluster: MarathonCluster, refs: readonly AzSetRef[]): Promise<Folder[]> {
  const apps = new Map<string, App[]>();
  await Promise.all(
    [...new Set(refs.map(({ namespace }) => namespace))].map(async (namespace) => {
      const asked = refs.filter((ref) => ref.namespace === namespace);
      const [only] = asked.length === 1 ? asked : [];
      apps.set(namespace, await cluster.apps(only === undefined ? `/${namespace}/` : `${folderOf(only)}/`));
    }),
  );
  return refs.map((ref) => folderFrom(ref, apps.get(ref.namespace) ?? []));
}

function folderFrom(ref: AzSetRef, found: App[]): Folder {
  const all = new Map<string, App>();
  const records: { sequence: number; app: App }[] = [];
  for (const app of found) {
    const segment = segmentIn(ref, app.id);
    if (segment === null) continue;
    const sequence = sequenceOf(segment);
    if (sequence === null) all.set(segment, app);
    else records.push({ sequence, app });
  }
  records.sort((a, b) => b.sequence - a.sequence);
  const [newest, ...stale] = records;
  const state = newest === undefined ? null : parseState(newest.app.labels[LABEL.state]);
  if (newest !== undefined && state === null) {
    throw new TransshipError('FOREIGN_TEMPLATE', `somebody changed ${newest.app.id}, the record of ${ref.name}`);
  }
  const isOwn = ([segment, app]: [string, App]): boolean =>
    app.labels[LABEL.azSet] === ref.name || state?.apps[segment] !== undefined;
  return {
    ref,
    sequence: newest?.sequence ?? 0,
    state,
    stale: stale.map(({ sequence }) => recordSegment(sequence)),
    apps: new Map([...all].filter(isOwn)),
    strangers: new Map([...all].filter((entry) => !isOwn(entry))),
  };
}

export async function readFolder(cluster: MarathonCluster, ref: AzSetRef): Promise<Folder> {
  const [folder] = await readFolders(cluster, [ref]);
  if (folder === undefined) throw new Error('one folder for one set');
  return folder;
}

/** @throws NOT_FOUND */
export async function standingFolder(cluster: MarathonCluster, ref: AzSetRef): Promise<StandingFolder> {
  const folder = await readFolder(cluster, ref);
  if (isStanding(folder)) return folder;
  throw new TransshipError('NOT_FOUND', `the set ${ref.name} is not in ${ref.cluster}${folderOf(ref)}`);
}

/**
 * The app is made before the record, and removed before it. So a record without any app is no set: it is what a removal
 * left that was cut off, or it was on its way when the set was removed. The next record is written above it.
 */
export function isStanding(folder: Folder): folder is StandingFolder {
  return folder.state !== null && folder.apps.size > 0;
}

/**
 * Writes the next record, and takes away those before it.
 * @returns false where somebody else wrote it meanwhile
 */
export async function writeRecord(
  cluster: MarathonCluster,
  folder: Folder,
  state: SetState,
  guard: Guard,
): Promise<boolean> {
  const { ref, sequence, stale } = folder;
  const segment = recordSegment(sequence + 1);
  const labels = { ...ownLabels(ref, state.group), [LABEL.state]: JSON.stringify(state) };
  try {
    await cluster.marathon.create({ id: appIdOf(ref, segment), ...RECORD_APP, labels }, guard);
  } catch (error) {
    // It exists; or one of that name is just being removed, which happens to numbers of the past only.
    if (isStatus(error, 409)) return false;
    throw error;
  }
  const before = sequence === 0 ? [] : [recordSegment(sequence)];
  await dropStale(cluster, { ref, stale: [...stale, ...before] }, guard);
  return true;
}

/** Takes away records that do not count any more. One that is locked is left to whoever writes next. */
export async function dropStale(
  { marathon }: MarathonCluster,
  { ref, stale }: Pick<Folder, 'ref' | 'stale'>,
  guard: Guard,
): Promise<void> {
  for (const segment of stale) {
    await marathon.remove(appIdOf(ref, segment), guard).catch((error: unknown) => {
      if (!isLocked(error)) throw error;
    });
  }
}

/** The tasks of all apps. */
export function tasksOf({ apps }: Pick<Folder, 'apps'>): Task[] {
  return [...apps.values()].flatMap(({ tasks }) => tasks);
}

/** Takes away the record of a set, which then does not exist any more; those that do not count first. */
export async function dropRecord(cluster: MarathonCluster, folder: Folder, guard: Guard): Promise<void> {
  const { ref, stale, sequence } = folder;
  const segments = [...stale].reverse();
  if (sequence > 0) segments.push(recordSegment(sequence));
  for (const segment of segments) await cluster.marathon.remove(appIdOf(ref, segment), guard);
}
