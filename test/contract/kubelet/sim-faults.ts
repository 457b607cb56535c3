import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { follow, followNew, readPod } from './follow.ts';
import type { SimWorld } from './sim-world.ts';
import { condition, containerOf, createPod, deletePod, isReady, PATIENT, runningOf, setImages, web } from './world.ts';

/** The switches of the admin port: what they do to a node, a pod, a pull, a status. */
export function describeFaults(source: () => SimWorld): void {
  describe.concurrent('faults', () => {
    test('a frozen node does and answers nothing, and catches up when thawed', async ({ expect }) => {
      const world = source();
      const [v1, v2] = await Promise.all([world.image({ version: 'v1' }), world.image({ version: 'v2' })]);
      const node = world.nodes[1] ?? '';
      const pod = await followNew(world, { node, containers: [web(v1)] });
      const before = await pod.untilReady();
      await world.hosts.fault({ kind: 'freeze', node, on: true });
      const states = pod.states.length;
      await setImages(world, before, { web: v2 });
      await expect(world.get(`http://${before.status?.podIP ?? ''}:8080/`, 500)).rejects.toThrow();
      await sleep(500);
      // Still Ready, as a controller sees it: a patch is no proof.
      expect(pod.states.slice(states).every(isReady)).toBe(true);
      expect(containerOf(await readPod(world, before))?.containerID).toBe(containerOf(before)?.containerID);
      await world.hosts.fault({ kind: 'freeze', node, on: false });
      await pod.until((state) => isReady(state) && containerOf(state)?.restartCount === 1, 'restarted', {
        from: states,
      });
    });

    test('a partitioned node loses its lease, keeps its containers, and catches up when healed', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const node = world.nodes[2] ?? '';
      const kept = await followNew(world, { node, containers: [web(image)] });
      const dropped = await followNew(world, { node, containers: [web(image)] });
      const before = await kept.untilReady();
      const lost = await dropped.untilReady();
      const lease = `/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/${node}`;
      const renewed = async () =>
        (await world.api.request<{ spec: { renewTime: string } }>({ method: 'GET', path: lease })).spec.renewTime;
      await world.hosts.fault({ kind: 'partition', node, on: true });
      const last = await renewed();
      await deletePod(world, lost, 0);
      const during = await createPod(world, { node, containers: [web(image)] });
      // What the node lifecycle controller does after its grace period.
      await world.setConditions(before, [
        { type: 'Ready', status: 'False' },
        { type: 'ContainersReady', status: 'False' },
      ]);
      await sleep(6000);
      expect(await renewed()).toBe(last);
      const url = (address: string | undefined) => `http://${address ?? ''}:8080/`;
      await expect(world.get(url(before.status?.podIP))).resolves.toMatchObject({ status: 200 });
      await expect(world.get(url(lost.status?.podIP))).resolves.toMatchObject({ status: 200 });
      expect((await readPod(world, during)).status?.phase).toBe('Pending');

      await world.hosts.fault({ kind: 'partition', node, on: false });
      const from = kept.states.length;
      await kept.until(isReady, 'Ready again', { from });
      expect(runningOf(kept.now).containerID).toBe(runningOf(before).containerID);
      await (await follow(world, during)).until(isReady, 'Ready');
      await expect.poll(renewed, PATIENT).not.toBe(last);
      await expect
        .poll(async () => (await world.get(url(lost.status?.podIP)).catch(() => ({ status: 0 }))).status, PATIENT)
        .not.toBe(200);
    });

    test('observedGeneration comes late, or not at all', async ({ expect }) => {
      const world = source();
      const [v1, v2] = await Promise.all([world.image({ version: 'v1' }), world.image({ version: 'v2' })]);
      const node = world.nodes[3] ?? '';
      await world.hosts.fault({ kind: 'observed-generation', node, lagMs: 1500 });
      const pod = await followNew(world, { node, containers: [web(v1)] });
      const before = await pod.until(
        (state) => isReady(state) && state.status?.observedGeneration === 1,
        'Ready, observed',
      );
      const from = pod.states.length;
      const began = Date.now();
      await setImages(world, before, { web: v2 });
      const early = await pod.until((state) => isReady(state) && containerOf(state)?.restartCount === 1, 'restarted', {
        from,
      });
      expect(early.status?.observedGeneration).toBe(1);
      await pod.until(({ status }) => status?.observedGeneration === 2, 'observed');
      expect(Date.now() - began).toBeGreaterThan(1400);
      expect(condition(pod.now, 'Ready')?.observedGeneration).toBe(2);

      await world.hosts.fault({ kind: 'observed-generation', node, omit: true });
      const unobserved = await followNew(world, { node, containers: [web(v1)] });
      await unobserved.untilReady();
      await setImages(world, unobserved.now, { web: v2 });
      const without = await unobserved.until(
        (state) => isReady(state) && containerOf(state)?.restartCount === 1,
        'restarted',
      );
      expect(without.status?.observedGeneration).toBeUndefined();
      expect(condition(without, 'Ready')?.observedGeneration).toBeUndefined();
    });

    test('a pod that never stops stays terminating, and keeps its address, until it may', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(image)] });
      const before = await pod.untilReady();
      const fault = { kind: 'never-stop', namespace: world.namespace, pod: pod.name } as const;
      await world.hosts.fault({ ...fault, on: true });
      await deletePod(world, before);
      await sleep(2500);
      expect(pod.gone).toBe(false);
      expect(pod.now.metadata.deletionTimestamp).toBeDefined();
      const { instance } = await world.oneInstance(pod.now);
      expect(instance).toBe(pod.name);
      await world.hosts.fault({ ...fault, on: false });
      await pod.untilGone();
    });

    test('pulls fail or take longer while told to', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const node = world.nodes[4] ?? '';
      await world.hosts.fault({ kind: 'pull', node, image, on: true, error: 'registry on fire' });
      const pod = await followNew(world, { node, containers: [web(image)] });
      const failing = await pod.until(
        (state) => containerOf(state)?.state.waiting?.reason === 'ErrImagePull',
        'ErrImagePull',
      );
      expect(containerOf(failing)?.state.waiting?.message).toContain('registry on fire');
      await world.hosts.fault({ kind: 'pull', node, image, on: false });
      await pod.untilReady();

      const slow = await world.image({ version: 'v2' });
      await world.hosts.fault({ kind: 'pull', node, image: slow, on: true, delayMs: 1000 });
      const began = Date.now();
      await setImages(world, pod.now, { web: slow });
      await pod.until((state) => isReady(state) && containerOf(state)?.restartCount === 1, 'restarted');
      expect(Date.now() - began).toBeGreaterThan(1000);
    });

    test('a status patch that fails is sent again until it is through', async () => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const name = `unlucky-${Date.now()}`;
      await world.hosts.fault({ kind: 'fail-status', count: 3, namespace: world.namespace, pod: name });
      const pod = await followNew(world, { containers: [web(image)] }, name);
      await pod.untilReady();
    });

    test('a broken watch is followed by a list: nothing is missed', async () => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const pods = [];
      for (let n = 0; n < 10; n++) {
        await world.hosts.fault({ kind: 'break-watch' });
        pods.push(await followNew(world, { containers: [web(image)] }));
      }
      await Promise.all(pods.map((pod) => pod.untilReady()));
      for (const pod of pods) {
        await world.hosts.fault({ kind: 'break-watch' });
        await deletePod(world, pod.now);
      }
      await Promise.all(pods.map((pod) => pod.untilGone()));
    });

    test('a crash now: the container is started again at once', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(image)] });
      await pod.untilReady();
      await world.hosts.fault({ kind: 'crash', namespace: world.namespace, pod: pod.name, exitCode: 9 });
      const after = await pod.until((state) => isReady(state) && containerOf(state)?.restartCount === 1, 'restarted');
      expect(containerOf(after)?.lastState.terminated?.exitCode).toBe(9);
    });

    test('an eviction leaves the pod Failed, reason Evicted, its address free', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(image)] });
      await pod.untilReady();
      await world.hosts.fault({ kind: 'evict', namespace: world.namespace, pod: pod.name, message: 'low on memory' });
      const failed = await pod.until(({ status }) => status?.phase === 'Failed', 'Failed');
      expect(failed.status).toMatchObject({ reason: 'Evicted', message: 'low on memory' });
      expect(condition(failed, 'Ready')).toMatchObject({ status: 'False', reason: 'PodFailed' });
      expect(condition(failed, 'DisruptionTarget')).toMatchObject({ status: 'True', reason: 'TerminationByKubelet' });
      const journal = await world.journalOf(failed);
      const kinds = journal.map(({ kind }) => kind).filter((kind) => kind !== 'ready-changed');
      expect(kinds.slice(-4)).toEqual(['evicted', 'container-stopping', 'container-stopped', 'address-released']);
      await deletePod(world, failed);
      await pod.untilGone();
    });

    test('a fault for a node or pod that is not here is refused', async ({ expect }) => {
      const world = source();
      await expect(world.hosts.fault({ kind: 'freeze', node: 'nobody', on: true })).rejects.toThrow('404');
      await expect(world.hosts.fault({ kind: 'evict', namespace: 'pro', pod: 'nobody' })).rejects.toThrow('404');
    });
  });
}
