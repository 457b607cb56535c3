import { expect, test } from 'vitest';
import { gatherEvidence, podReady, podRuns } from '../../../src/drivers/azset/kubernetes/proof.ts';
import { troubleOf } from '../../../src/drivers/azset/kubernetes/trouble.ts';
import type { ContainerStatus, Pod } from '../../../src/drivers/kubernetes/resources.ts';

const [D1, D2] = [`sha256:${'1'.repeat(64)}`, `sha256:${'2'.repeat(64)}`];
const [V1, V2] = [`north/shop/web@${D1}`, `north/shop/web@${D2}`];

/** What the kubelet says: by default that a container runs, and the pod is Ready, for generation 1. */
interface Said {
  id?: string;
  imageID?: string;
  observed?: number | null;
  restarts?: number;
  waiting?: string;
  ready?: boolean;
}

function pod(image: string, generation: number, said: Said, annotations: Record<string, string> = {}): Pod {
  const { id = 'c1', imageID = 'sha256:config1', observed = generation, restarts = 0, waiting, ready = true } = said;
  const status: ContainerStatus = {
    name: 'web',
    containerID: id,
    imageID,
    restartCount: restarts,
    state:
      waiting === undefined ? { running: { startedAt: '2026-01-01T00:00:00Z' } } : { waiting: { reason: waiting } },
  };
  return {
    metadata: { name: 'web-0', namespace: 'pro', uid: 'u', resourceVersion: '1', generation, annotations },
    spec: { containers: [{ name: 'web', image }] },
    status: {
      ...(observed === null ? {} : { observedGeneration: observed }),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
      containerStatuses: [status],
    },
  };
}

/** The pod after a PATCH to another image: its status is still the old one. */
function patched(
  before: Pod,
  image: string,
): { annotations: Record<string, string>; generation: number; image: string } {
  return {
    annotations: { 'transship.dev/proven': gatherEvidence(before, ['web']) },
    generation: (before.metadata.generation ?? 0) + 1,
    image,
  };
}
const after = (change: ReturnType<typeof patched>, said: Said): Pod =>
  pod(change.image, change.generation, said, change.annotations);

test('a pod that was never changed runs what its kubelet says', () => {
  expect(podRuns(pod(V1, 1, {}))).toBe(true);
  expect(podReady(pod(V1, 1, {}))).toBe(true);
  expect(podReady(pod(V1, 1, { ready: false }))).toBe(false);
  expect(podRuns(pod(V1, 1, { waiting: 'ContainerCreating' }))).toBe(false);
});

test('a status of before the change proves nothing, however healthy', () => {
  const change = patched(pod(V1, 1, {}), V2);
  expect(podRuns(after(change, { observed: 1 }))).toBe(false);
  expect(podReady(after(change, { observed: 1 }))).toBe(false);
});

test('the old container under the new generation proves nothing either', () => {
  const change = patched(pod(V1, 1, {}), V2);
  expect(podRuns(after(change, { id: 'c1' }))).toBe(false);
  expect(podRuns(after(change, { id: 'c1', observed: null }))).toBe(false);
});

test.each([
  ['the index or manifest asked for', `north/shop/web@${D2}`],
  ["the platform's manifest", `north/shop/web@sha256:${'a'.repeat(64)}`],
  ['the config', `sha256:${'b'.repeat(64)}`],
])('a new container proves it, its image id being the digest of %s', (_what, imageID) => {
  const change = patched(pod(V1, 1, {}), V2);
  expect(podRuns(after(change, { id: 'c2', imageID }))).toBe(true);
  expect(podRuns(after(change, { id: 'c2', imageID, observed: null }))).toBe(true);
});

test('taken back before the kubelet moved: the old container is the right one', () => {
  const forward = patched(pod(V1, 1, {}), V2);
  const back = patched(after(forward, { observed: 1 }), V1);
  expect(podRuns(after(back, { id: 'c1', observed: 1 }))).toBe(false);
  expect(podRuns(after(back, { id: 'c1' }))).toBe(true);
});

test('taken back while the kubelet moved: the container in between proves nothing', () => {
  const forward = patched(pod(V1, 1, { imageID: 'sha256:config1' }), V2);
  const back = patched(after(forward, { observed: 1, imageID: 'sha256:config1' }), V1);
  expect(podRuns(after(back, { id: 'c2', imageID: 'sha256:config2' }))).toBe(false);
  expect(podRuns(after(back, { id: 'c3', imageID: 'sha256:config1' }))).toBe(true);
  expect(podRuns(after(back, { id: 'c3', imageID: `x@${D1}` }))).toBe(true);
});

test('there and back and there again', () => {
  const one = patched(pod(V1, 1, {}), V2);
  const two = patched(after(one, { id: 'c2', imageID: 'sha256:config2' }), V1);
  const three = patched(after(two, { id: 'c3', imageID: 'sha256:config1' }), V2);
  expect(podRuns(after(three, { id: 'c3', imageID: 'sha256:config1' }))).toBe(false);
  expect(podRuns(after(three, { id: 'c4', imageID: 'sha256:config2' }))).toBe(true);
});

test('evidence mangled by hand counts as none', () => {
  expect(podRuns(pod(V1, 1, {}, { 'transship.dev/proven': '{' }))).toBe(true);
});

test('troubles: only of the spec as it is now, only of the container of now', () => {
  expect(troubleOf(pod(V1, 1, {}))).toBeNull();
  expect(troubleOf(pod(V1, 1, { waiting: 'ImagePullBackOff' }))).toMatchObject({
    verdict: 'failed',
    code: 'IMAGE_PULL_FAILED',
  });
  expect(troubleOf(pod(V1, 2, { waiting: 'ImagePullBackOff', observed: 1 }))).toBeNull();
  expect(troubleOf(pod(V1, 1, { waiting: 'CrashLoopBackOff', restarts: 5 }))).toMatchObject({
    code: 'CONTAINER_CRASHING',
  });
  expect(troubleOf(pod(V1, 1, { waiting: 'CreateContainerConfigError' }))).toMatchObject({
    code: 'CONTAINER_CRASHING',
  });
  // The broken version is replaced: its crashes are not the new one's.
  const change = patched(pod(V1, 1, { waiting: 'CrashLoopBackOff', restarts: 5 }), V2);
  expect(troubleOf(after(change, { waiting: 'CrashLoopBackOff', restarts: 5 }))).toBeNull();
  expect(troubleOf(after(change, { id: 'c2', waiting: 'CrashLoopBackOff', restarts: 6 }))).toMatchObject({
    verdict: 'failed',
    code: 'CONTAINER_CRASHING',
  });
  expect(troubleOf(after(change, { id: 'c2', waiting: 'ContainerCreating', restarts: 8 }))).toMatchObject({
    code: 'CONTAINER_CRASHING',
  });
});

test('an evicted pod, and one that no host takes: we cannot tell about the version', () => {
  const evicted = pod(V1, 1, {});
  evicted.status = { phase: 'Failed', reason: 'Evicted', message: 'memory' };
  expect(troubleOf(evicted)).toMatchObject({
    verdict: 'errored',
    code: 'INSTANCE_REPLACED',
    message: 'web-0 was ended: Evicted memory',
  });
  const homeless = pod(V1, 1, {});
  homeless.status = {
    conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes' }],
  };
  expect(troubleOf(homeless)).toMatchObject({
    verdict: 'errored',
    code: 'INSTANCE_UNSCHEDULABLE',
    message: 'web-0: 0/3 nodes',
  });
});
