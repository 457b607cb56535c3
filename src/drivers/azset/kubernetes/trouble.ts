import type { ErrorCode } from '../../../domain/errors.ts';
import { ERRORS } from '../../../domain/errors.ts';
import type { Trouble } from '../../../domain/types.ts';
import type { ContainerStatus, Pod } from '../../kubernetes/resources.ts';
import { evidenceOf, reflectsSpec } from './proof.ts';

const PULL = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
]);
const START = new Set(['CreateContainerError', 'CreateContainerConfigError', 'RunContainerError']);

/** One restart may be bad luck. */
const CRASHES = 2;

/** Why the pod will not run what its spec wants, if its cluster says so. Momentary troubles are included. */
export function troubleOf(pod: Pod): Trouble | null {
  const { status, metadata } = pod;
  if (status?.phase === 'Failed') {
    return say(
      'INSTANCE_REPLACED',
      `${metadata.name} was ended: ${status.reason ?? ''} ${status.message ?? ''}`.trim(),
    );
  }
  const unscheduled = status?.conditions?.find(
    ({ type, reason }) => type === 'PodScheduled' && reason === 'Unschedulable',
  );
  if (unscheduled?.status === 'False')
    return say('INSTANCE_UNSCHEDULABLE', `${metadata.name}: ${unscheduled.message ?? ''}`);
  // Before the kubelet has seen the spec, its complaints are about what was there before.
  if (!reflectsSpec(pod)) return null;
  const { restarts } = evidenceOf(pod);
  for (const container of status?.containerStatuses ?? []) {
    const trouble = containerTrouble(metadata.name, container, restarts[container.name]);
    if (trouble !== null) return trouble;
  }
  return null;
}

/** @param before its restart count when it was last told to run another image */
function containerTrouble(pod: string, status: ContainerStatus, before: number | undefined): Trouble | null {
  const { reason = '', message = '' } = status.state?.waiting ?? {};
  const where = `${pod}/${status.name}`;
  if (PULL.has(reason)) return say('IMAGE_PULL_FAILED', `${where}: ${reason}: ${message}`);
  if (START.has(reason)) return say('CONTAINER_CRASHING', `${where}: ${reason}: ${message}`);
  // A change of image restarts once; what the container before it did is not this one's fault.
  const starts = before === undefined ? status.restartCount : status.restartCount - before - 1;
  const looping = reason === 'CrashLoopBackOff' && starts >= 0;
  if (looping || (status.state?.running === undefined && before !== undefined && starts >= CRASHES)) {
    return say('CONTAINER_CRASHING', `${where}: restarted ${Math.max(starts, 0)} times: ${reason} ${message}`.trim());
  }
  return null;
}

function say(code: ErrorCode, message: string): Trouble {
  const { verdict } = ERRORS[code];
  return { verdict: verdict === 'failed' ? 'failed' : 'errored', code, message };
}
