import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { STRATEGIC } from '../../../devfleet/host/kubelet/api.ts';
import { podPath } from '../../../devfleet/host/kubelet/pod.ts';
import { follow, followNew } from './follow.ts';
import {
  containerOf,
  createPod,
  eventsOf,
  isReady,
  missing,
  PATIENT,
  runningOf,
  setImages,
  web,
  type WorldSource,
} from './world.ts';

/** A change of an image in a running pod. */
export function describeImageChange(source: WorldSource): void {
  const readinessProbe = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1, failureThreshold: 1 };

  describe.concurrent('image change', () => {
    test('restarts the container in place: same pod and address, new container, not Ready in between', async ({
      expect,
    }) => {
      const world = source();
      const [v1, v2] = await Promise.all([
        world.image({ version: 'v1' }),
        world.image({ version: 'v2', 'ignite-seconds': '2' }),
      ]);
      const pod = await followNew(world, { containers: [web(v1, { readinessProbe })] });
      const before = await pod.untilReady();
      const from = pod.states.length;
      const patched = await setImages(world, before, { web: v2 });
      const generation = patched.metadata.generation ?? 0;
      expect(generation).toBeGreaterThan(before.metadata.generation ?? 0);

      const isNew = containerOf(before)?.containerID;
      const after = await pod.until(
        (state) =>
          isReady(state) &&
          containerOf(state)?.containerID !== isNew &&
          (state.status?.observedGeneration ?? 0) >= generation,
        'Ready on the new image',
        { from },
      );
      const was = runningOf(before);
      const is = runningOf(after);
      expect(after.metadata.uid).toBe(before.metadata.uid);
      expect(after.status?.podIP).toBe(before.status?.podIP);
      expect(is.image).toContain(v2);
      expect(is.imageID).toMatch(/sha256:[0-9a-f]{64}$/);
      expect(is.imageID).not.toBe(was.imageID);
      expect(is.restartCount).toBe(was.restartCount + 1);
      expect(is.lastState.terminated?.containerID).toBe(was.containerID);
      expect(is.startedAt).toBeGreaterThanOrEqual(was.startedAt);
      expect(pod.states.slice(from).some((state) => !isReady(state))).toBe(true);
      // Ready on the new image is never said before the new container runs.
      const lies = pod.states.slice(from).filter((state) => isReady(state) && !containerOf(state)?.state.running);
      expect(lies).toEqual([]);
      await expect
        .poll(async () => (await eventsOf(world, before)).map(({ reason }) => reason), PATIENT)
        .toContain('Killing');
    });

    test('without a readiness probe Ready is never taken back, though nothing runs for a while', async ({ expect }) => {
      const world = source();
      const [v1, v2] = await Promise.all([
        world.image({ version: 'v1', stop: 'slow:2' }),
        world.image({ version: 'v2' }),
      ]);
      const pod = await followNew(world, { containers: [web(v1)], grace: 10 });
      const before = await pod.untilReady();
      const from = pod.states.length;
      await setImages(world, before, { web: v2 });
      const after = await pod.until((state) => containerOf(state)?.restartCount === 1, 'restarted', { from });
      expect(containerOf(after)?.lastState.terminated?.containerID).toBe(containerOf(before)?.containerID);
      // The kubelet stops, pulls and starts in one go: until it has, the status is that of the old container.
      const between = pod.states.slice(from, pod.states.indexOf(after));
      expect(between.map((state) => containerOf(state)?.containerID)).toEqual(
        between.map(() => containerOf(before)?.containerID),
      );
      expect(pod.states.slice(from).every(isReady)).toBe(true);
    });

    test('changes only the containers whose image changed', async ({ expect }) => {
      const world = source();
      const [v1, v2, other] = await Promise.all([
        world.image({ version: 'v1' }),
        world.image({ version: 'v2' }),
        world.image({ version: 'helper', port: '9090' }),
      ]);
      const containers = [web(v1), { name: 'helper', image: other, ports: [{ containerPort: 9090 }] }];
      const pod = await followNew(world, { containers });
      const before = await pod.untilReady();
      await setImages(world, before, { web: v2 });
      const after = await pod.until(
        (state) => isReady(state) && containerOf(state, 'web')?.restartCount === 1,
        'restarted',
      );
      expect(containerOf(after, 'helper')).toEqual(containerOf(before, 'helper'));
    });

    test('the same image string changes nothing', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(image)] });
      const before = await pod.untilReady();
      const body = { metadata: { labels: { touched: 'yes' } }, spec: { containers: [{ name: 'web', image }] } };
      await world.api.request({ method: 'PATCH', path: podPath(before.metadata), contentType: STRATEGIC, body });
      await sleep(1000);
      expect(containerOf(pod.now)).toEqual(containerOf(before));
    });

    test('an init container that ran is left alone; a restartable one is restarted', async ({ expect }) => {
      const world = source();
      const [once, sidecar, sidecar2, v1] = await Promise.all([
        world.image({ 'crash-after-seconds': '0', 'exit-code': '0' }),
        world.image({ version: 's1', port: '9090' }),
        world.image({ version: 's2', port: '9090' }),
        world.image({ version: 'v1' }),
      ]);
      const initContainers = [
        { name: 'once', image: once },
        { name: 'sidecar', image: sidecar, restartPolicy: 'Always' as const, ports: [{ containerPort: 9090 }] },
      ];
      const pod = await followNew(world, { containers: [web(v1)], spec: { initContainers } });
      const before = await pod.untilReady();
      expect(containerOf(before, 'once')?.state.terminated?.exitCode).toBe(0);
      const change = (name: string, image: string) => {
        const body = { spec: { initContainers: [{ name, image }] } };
        return world.api.request({ method: 'PATCH', path: podPath(before.metadata), contentType: STRATEGIC, body });
      };
      await change('once', v1);
      await change('sidecar', sidecar2);
      const after = await pod.until(
        (state) => isReady(state) && containerOf(state, 'sidecar')?.restartCount === 1,
        'sidecar restarted',
      );
      await sleep(500);
      expect(containerOf(pod.now, 'once')?.restartCount).toBe(0);
      expect(containerOf(pod.now, 'once')?.state.terminated?.exitCode).toBe(0);
      expect(containerOf(after, 'web')).toEqual(containerOf(before, 'web'));
    });

    test('the old container is gone before the new image is pulled', async ({ expect }) => {
      const world = source();
      const v1 = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(v1)] });
      const before = await pod.untilReady();
      await setImages(world, before, { web: missing(v1) });
      const failing = await pod.until(
        (state) => /ErrImagePull/.test(containerOf(state)?.state.waiting?.reason ?? ''),
        'ErrImagePull',
      );
      expect(containerOf(failing)?.lastState.terminated?.containerID).toBe(containerOf(before)?.containerID);
      expect(containerOf(failing)?.restartCount).toBe(0);
      expect(isReady(failing)).toBe(false);
      // And back: the image that was there needs no pull.
      await setImages(world, before, { web: v1 });
      const healed = await pod.until((state) => isReady(state), 'Ready again', { from: pod.states.indexOf(failing) });
      expect(containerOf(healed)?.restartCount).toBe(1);
    });

    test('with preStop and a slow stop the new container starts only after both', async ({ expect }) => {
      const world = source();
      const [slow, v2] = await Promise.all([
        world.image({ version: 'v1', stop: 'slow:1' }),
        world.image({ version: 'v2' }),
      ]);
      const lifecycle = { preStop: { sleep: { seconds: 1 } } };
      const pod = await followNew(world, { containers: [web(slow, { lifecycle })], grace: 10 });
      const before = await pod.untilReady();
      const began = Date.now();
      await setImages(world, before, { web: v2 });
      await pod.until((state) => containerOf(state)?.restartCount === 1, 'restarted');
      expect(Date.now() - began).toBeGreaterThan(1900);
    });

    test('a terminating pod takes no new work', async ({ expect }) => {
      const world = source();
      const [slow, v2] = await Promise.all([
        world.image({ version: 'v1', stop: 'slow:2' }),
        world.image({ version: 'v2' }),
      ]);
      const pod = await follow(world, await createPod(world, { containers: [web(slow)], grace: 10 }));
      const before = await pod.untilReady();
      await world.api.request({ method: 'DELETE', path: podPath(before.metadata), body: {} });
      await pod.until(({ metadata }) => metadata.deletionTimestamp !== undefined, 'terminating');
      await setImages(world, before, { web: v2 });
      await pod.untilGone();
      const starts = new Set(pod.states.flatMap((state) => containerOf(state)?.state.running?.startedAt ?? []));
      expect(starts.size).toBe(1);
      expect(pod.states.every((state) => (containerOf(state)?.restartCount ?? 0) === 0)).toBe(true);
    });
  });
}
