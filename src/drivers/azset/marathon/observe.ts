import type { AzSetRef, Trouble } from '../../../domain/types.ts';
import { ERRORS, type ErrorCode } from '../../../domain/errors.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { isStanding, readFolders, type StandingFolder } from '../../marathon/folder.ts';
import {
  addressOf,
  holdersOf,
  isEnding,
  isReady,
  isRunning,
  revisionOf,
  wantedIn,
  type Holder,
} from '../../marathon/places.ts';
import type { App, TaskFailure } from '../../marathon/resources.ts';
import type { AzSetObservation, InstanceObservation } from '../index.ts';
import { imagesOf } from './render.ts';

/** One call per namespace, however many sets are asked for. */
export async function observeSets(cluster: MarathonCluster, refs: AzSetRef[]): Promise<(AzSetObservation | null)[]> {
  const folders = await readFolders(cluster, refs);
  return folders.map((folder) => (isStanding(folder) ? observeSet(folder) : null));
}

export function observeSet(folder: StandingFolder): AzSetObservation {
  const { ref, state } = folder;
  return {
    ref,
    desired: desiredOf(folder),
    updateRevision: state.update,
    currentRevision: state.current,
    management: 'parallel',
    settled: isSettled(folder),
    instances: holdersOf(folder).map((holder) => observeInstance(folder, holder)),
  };
}

export function desiredOf({ state }: StandingFolder): number {
  return state.places.filter(({ app }) => app !== null).length;
}

export function revisionIn({ state }: StandingFolder, segment: string): string {
  return revisionOf(state, segment);
}

/**
 * An instance that is to make room for another revision counts as one of that which does not run yet, from the moment at
 * which it is decided: whoever looks has to bring it there, or back.
 */
export function observeInstance(folder: StandingFolder, holder: Holder): InstanceObservation {
  const { task, segment, member, uid, outBy, movesTo } = holder;
  const app = folder.apps.get(segment);
  const claimed = movesTo ?? segment;
  const definition = folder.state.apps[claimed]?.definition;
  const ready = movesTo === null && isReady(holder, app) && !isEnding(holder);
  return {
    member,
    uid,
    address: addressOf(task),
    host: task?.host ?? null,
    revision: revisionIn(folder, claimed),
    images: definition === undefined ? {} : imagesOf(definition),
    ready,
    running: movesTo === null && isRunning(holder),
    terminating: isEnding(holder),
    trouble: ready ? null : troubleOf(holder, app),
    inService: Object.keys(outBy).length === 0,
    outBy,
  };
}

/** Nothing is half done, and Marathon has as many instances of each app as there are places of it. */
function isSettled(folder: StandingFolder): boolean {
  const { state, apps } = folder;
  const wanted = wantedIn(folder);
  return (
    state.previous === null &&
    state.open === null &&
    !state.removing &&
    state.update === state.current &&
    state.places.every(({ app }) => app !== null && revisionIn(folder, app) === state.current) &&
    holdersOf(folder).every((holder) => holder.task !== null && !holder.isLeaving && !isEnding(holder)) &&
    [...apps].every(([segment, app]) => app.instances === wanted.get(segment) && app.deployments.length === 0)
  );
}

/** Why no task runs in the place, if Marathon says so. Momentary troubles are included. */
function troubleOf({ task, member }: Holder, app: App | undefined): Trouble | null {
  const failure = app?.lastTaskFailure;
  return task === null && failure !== undefined ? failureTrouble(member, failure) : null;
}

/**
 * Messages of agents that did not get the image: Docker's (`docker pull` in src/docker/docker.cpp) and those of Mesos's own
 * image store.
 */
const PULL = /\bpull|manifest|\bcurl\b|fetch(?:ing)? (?:the )?(?:blob|image)/i;

/** A task that ended is the version's fault: a host that was lost, or a kill, is none. */
export function failureTrouble(member: string, { state, message = '', taskId, host }: TaskFailure): Trouble | null {
  if (state !== undefined && !['TASK_FAILED', 'TASK_FINISHED', 'TASK_ERROR'].includes(state)) return null;
  const code: ErrorCode = PULL.test(message) ? 'IMAGE_PULL_FAILED' : 'CONTAINER_CRASHING';
  const { verdict } = ERRORS[code];
  const said = `${member}: task ${taskId ?? ''} ended on ${host ?? 'an agent'}: ${state ?? ''} ${message}`.trim();
  return { verdict: verdict === 'failed' ? 'failed' : 'errored', code, message: said };
}
