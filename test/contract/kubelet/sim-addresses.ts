import { createServer } from 'node:http';
import { describe, test } from 'vitest';
import { follow, followNew, readPod } from './follow.ts';
import { loopbackOf, SANDBOX_PORT } from '../../../devfleet/host/addresses.ts';
import { IP_ADDRESS, IP_POOL } from '../../../devfleet/host/kubelet/ipam.ts';
import type { SimWorld } from './sim-world.ts';
import { containerOf, createPod, deletePod, eventsOf, isReady, PATIENT, setImages, web } from './world.ts';

const ALLOCATED = 'ovn.kubernetes.io/allocated';

/** Addresses: kept for the pod's life, one holder each, reserved by annotation. */
export function describeAddresses(source: () => SimWorld): void {
  describe.concurrent('addresses', () => {
    test('one pod, one address, also through restarts; free when the pod is gone', async ({ expect }) => {
      const world = source();
      const [v1, v2] = await Promise.all([world.image({ version: 'v1' }), world.image({ version: 'v2' })]);
      const pod = await followNew(world, { containers: [web(v1)] });
      const { podIP = '' } = (await pod.untilReady()).status ?? {};
      await setImages(world, pod.now, { web: v2 });
      await pod.until((state) => isReady(state) && containerOf(state)?.restartCount === 1, 'restarted');
      await deletePod(world, pod.now);
      await pod.untilGone();
      const entries = await world.journalOf(pod.now);
      const about = entries.flatMap((entry) =>
        'address' in entry && entry.kind.startsWith('address-') ? [[entry.kind, entry.address]] : [],
      );
      expect(about).toEqual([
        ['address-taken', podIP],
        ['address-released', podIP],
      ]);
      expect(new Set(pod.states.flatMap(({ status }) => status?.podIP ?? []))).toEqual(new Set([podIP]));
    });

    test('an address that is held: Warning, ContainerCreating, and the pod comes up once it is free', async ({
      expect,
    }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const first = await followNew(world, { containers: [web(image)] });
      const { podIP = '' } = (await first.untilReady()).status ?? {};
      const second = await followNew(world, {
        node: world.nodes[5] ?? '',
        containers: [web(image)],
        annotations: { [IP_ADDRESS]: podIP },
      });
      await expect
        .poll(
          async () =>
            (await eventsOf(world, second.now)).filter(({ type }) => type === 'Warning').map(({ reason }) => reason),
          PATIENT,
        )
        .toEqual(expect.arrayContaining(['AcquireAddressFailed', 'FailedCreatePodSandBox']));
      const held = await second.until(
        (state) => containerOf(state)?.state.waiting?.reason === 'ContainerCreating',
        'waiting',
      );
      expect(held.status?.phase).toBe('Pending');
      await deletePod(world, first.now);
      const up = await second.untilReady();
      expect(up.status?.podIP).toBe(podIP);
    });

    test('somebody outside the cluster holds it: a real collision, in the journal', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const probe = await followNew(world, { containers: [web(image)] });
      const { podIP = '' } = (await probe.untilReady()).status ?? {};
      await deletePod(world, probe.now);
      await probe.untilGone();
      // Another system's instance on the same address, before the pod that wants it.
      const other = createServer().listen({ host: loopbackOf(podIP), port: SANDBOX_PORT });
      const pod = await followNew(world, { containers: [web(image)], annotations: { [IP_ADDRESS]: podIP } });
      await expect
        .poll(async () => (await world.journalOf(pod.now)).map(({ kind }) => kind), PATIENT)
        .toContain('address-collision');
      expect((await world.journalOf(pod.now)).some(({ kind }) => kind === 'container-started')).toBe(false);
      other.close();
      expect((await pod.untilReady()).status?.podIP).toBe(podIP);
    });

    test('two containers of a pod on one port: the second cannot start', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const twin = { ...web(image), name: 'twin' };
      const pod = await followNew(world, { containers: [web(image), twin] });
      const state = await pod.until(
        (one) => (one.status?.containerStatuses ?? []).some(({ restartCount }) => restartCount > 0),
        'one fails',
      );
      const failed = state.status?.containerStatuses?.find(({ lastState }) => lastState.terminated);
      expect(failed?.lastState.terminated?.message).toContain('already been used');
      expect((await world.journalOf(state)).map(({ kind }) => kind)).toContain('address-collision');
    });

    test('ip_pool: by ordinal, from creation on, gated or not', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const any = await followNew(world, { containers: [web(image)] });
      const net = ((await any.untilReady()).status?.podIP ?? '').split('.').slice(0, 2).join('.');
      // Far from where the range gives addresses to others.
      const pool = [`${net}.241.201`, `${net}.241.202`, `${net}.241.203`];
      const labels = { app: 'pooled' };
      const path = `/apis/apps/v1/namespaces/${world.namespace}/statefulsets`;
      const spec = {
        schedulingGates: [{ name: 'example.com/later' }],
        terminationGracePeriodSeconds: 1,
        containers: [web(image)],
      };
      const template = { metadata: { labels, annotations: { [IP_POOL]: pool.join(',') } }, spec };
      const body = {
        metadata: { name: 'pooled' },
        spec: {
          serviceName: 'pooled',
          replicas: 3,
          podManagementPolicy: 'Parallel',
          selector: { matchLabels: labels },
          template,
        },
      };
      await world.api.request({ method: 'POST', path, body });
      world.atEnd.push(() => world.api.request({ method: 'DELETE', path: `${path}/pooled` }));
      const read = (ordinal: number) =>
        readPod(world, { metadata: { namespace: world.namespace, name: `pooled-${ordinal}` } });
      const reserved = async (ordinal: number) => {
        const { metadata } = await read(ordinal);
        return metadata.annotations?.[ALLOCATED] === 'true' ? metadata.annotations[IP_ADDRESS] : undefined;
      };
      for (const ordinal of [2, 0, 1]) await expect.poll(() => reserved(ordinal), PATIENT).toBe(pool[ordinal]);
      // Nobody answers there yet, and nobody else gets it.
      await expect(world.get(`http://${pool[1] ?? ''}:8080/`)).resolves.toMatchObject({ status: 502 });
      const thief = await createPod(world, { containers: [web(image)], annotations: { [IP_ADDRESS]: pool[1] ?? '' } });
      await expect
        .poll(async () => (await eventsOf(world, thief)).map(({ reason }) => reason), PATIENT)
        .toContain('AcquireAddressFailed');
      await world.ungate(await read(1));
      const up = await (await follow(world, await read(1))).untilReady();
      expect(up.status?.podIP).toBe(pool[1]);
      // Reborn, gated again: the same address.
      await deletePod(world, up);
      await expect.poll(async () => (await read(1)).metadata.uid, PATIENT).not.toBe(up.metadata.uid);
      await deletePod(world, thief, 0);
      await expect.poll(() => reserved(1), PATIENT).toBe(pool[1]);
    });
  });
}
