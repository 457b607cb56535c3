import { ANNOTATION } from '../../kubernetes/labels.ts';
import { isConditionTrue } from '../../kubernetes/pods.ts';
import type { Container, ContainerStatus, Pod } from '../../kubernetes/resources.ts';

/** A container that was there before a change, by its id. */
interface Proven {
  /** What it was proven to run; empty when it was not. */
  image: string;
  id: string;
  imageID: string;
}

/** What is known of a pod's containers from before its last change, kept on the pod itself so that a retry knows it too. */
interface Evidence {
  /** Container → those that held it before, latest first. */
  proven: Record<string, Proven[]>;
  /** Container → restart count when it was last told to run another image. */
  restarts: Record<string, number>;
}

/** An instance comes from one image and goes to one other, perhaps back. */
const KEPT = 2;

export function evidenceOf(pod: Pod): Evidence {
  const text = pod.metadata.annotations?.[ANNOTATION.proven];
  try {
    if (text !== undefined) return JSON.parse(text) as Evidence;
  } catch {
    // Mangled by hand: as good as none.
  }
  return { proven: {}, restarts: {} };
}

/**
 * The evidence to write together with a change of images, so that what runs before it is not taken for the result.
 * @param changing containers that get another image
 */
export function gatherEvidence(pod: Pod, changing: string[]): string {
  const before = evidenceOf(pod);
  const evidence: Evidence = { proven: {}, restarts: {} };
  for (const container of pod.spec.containers) {
    const status = statusOf(pod, container);
    const kept = before.proven[container.name] ?? [];
    const { containerID: id, imageID = '' } = status ?? {};
    const isNew = id !== undefined && !kept.some((one) => one.id === id);
    const now = isNew ? [{ image: runs(pod, container) ? (container.image ?? '') : '', id, imageID }] : [];
    evidence.proven[container.name] = [...now, ...kept].slice(0, KEPT);
    const restarts = changing.includes(container.name) ? status?.restartCount : before.restarts[container.name];
    if (restarts !== undefined) evidence.restarts[container.name] = restarts;
  }
  return JSON.stringify(evidence);
}

/** Every container runs what the pod's spec wants, by a status that reflects that spec. */
export function podRuns(pod: Pod): boolean {
  return reflectsSpec(pod) && pod.spec.containers.every((container) => runs(pod, container));
}

/** Running, and Ready by the same status. */
export function podReady(pod: Pod): boolean {
  return podRuns(pod) && pod.metadata.deletionTimestamp === undefined && isConditionTrue(pod, 'Ready');
}

/** The kubelet has seen the pod's spec as it is now. Before Kubernetes 1.34 it does not say; containers must tell. */
export function reflectsSpec(pod: Pod): boolean {
  const observed = pod.status?.observedGeneration;
  return observed === undefined || observed >= (pod.metadata.generation ?? 0);
}

/**
 * This container runs the image that the spec wants. The status lags behind the spec, and an image's id may be the
 * digest of its index, of the platform's manifest or of the config: so ids prove by what they are known to have run.
 */
function runs(pod: Pod, container: Container): boolean {
  const status = statusOf(pod, container);
  if (status?.state?.running === undefined || status.containerID === undefined) return false;
  const image = container.image ?? '';
  const known = evidenceOf(pod).proven[container.name] ?? [];
  const same = known.find(({ id }) => id === status.containerID);
  // The very container of before: either it always ran this image (a change taken back in time), or it is the old one.
  if (same !== undefined) return same.image === image;
  const digest = image.split('@')[1];
  if (digest !== undefined && (status.imageID ?? '').endsWith(digest)) return true;
  // Back to an image that ran here: its id is known, and a container of the image in between is told apart by it.
  const earlier = known.find((one) => one.image === image);
  if (earlier !== undefined) return earlier.imageID === status.imageID;
  return true;
}

function statusOf(pod: Pod, container: Container): ContainerStatus | undefined {
  return pod.status?.containerStatuses?.find(({ name }) => name === container.name);
}
