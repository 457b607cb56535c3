import { setTimeout as sleep } from 'node:timers/promises';
import { ProxyAgent, request } from 'undici';
import { describe, expect, test } from 'vitest';
import { loopbackOf } from '../../../devfleet/host/addresses.ts';
import { followNew } from './follow.ts';
import type { SimWorld } from './sim-world.ts';
import { containerOf, deletePod, isReady, PATIENT, setImages, web } from './world.ts';

/** What runs on a sim host, as its clients and its journal see it. */
export function describeMachine(source: () => SimWorld): void {
  describe.concurrent('sim machine', () => {
    test('an instance answers who it is, and ignites as its image says', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v7', 'ignite-seconds': '4' });
      const pod = await followNew(world, { containers: [web(image)] });
      const { podIP = '' } = (await pod.untilReady()).status ?? {};
      const [health, root] = [`http://${podIP}:8080/health`, `http://${podIP}:8080/`];
      expect((await world.get(health)).status).toBe(526);
      // Traffic that comes too early is a failure that clients can count.
      expect((await world.get(root)).status).toBe(503);
      await expect.poll(async () => (await world.get(health)).status, PATIENT).toBe(200);
      const answer = await world.get(root);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.text)).toMatchObject({ instance: pod.name, version: 'v7', address: podIP });
    });

    test.each([
      ['fail', 527],
      ['never', 526],
      ['markdown', 530],
    ])('ignite=%s answers %i', async (ignite, code) => {
      const world = source();
      const pod = await followNew(world, { containers: [web(await world.image({ ignite, 'health-path': '/in' }))] });
      const { podIP = '' } = (await pod.untilReady()).status ?? {};
      expect((await world.get(`http://${podIP}:8080/in`)).status).toBe(code);
    });

    test('on TERM a request in flight is answered, a new one is not taken', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1', 'latency-ms': '3000' });
      const pod = await followNew(world, { containers: [web(image)], grace: 10 });
      const { podIP = '' } = (await pod.untilReady()).status ?? {};
      const url = `http://${loopbackOf(podIP)}:8080/`;
      const inFlight = request(url);
      await sleep(500);
      await deletePod(world, pod.now);
      const knock = () => request(url, { headersTimeout: 100 }).then(String, String);
      await expect.poll(knock, PATIENT).toContain('ECONNREFUSED');
      const { statusCode, body } = await inFlight;
      await body.dump();
      expect(statusCode).toBe(200);
      await pod.untilGone();
    });

    test('the journal tells every start and stop, in order, without holes', async ({ expect }) => {
      const world = source();
      const [v1, v2] = await Promise.all([world.image({ version: 'v1' }), world.image({ version: 'v2' })]);
      const pod = await followNew(world, { containers: [web(v1)] });
      await pod.untilReady();
      await setImages(world, pod.now, { web: v2 });
      await pod.until((state) => isReady(state) && containerOf(state)?.restartCount === 1, 'restarted');
      await deletePod(world, pod.now);
      await pod.untilGone();
      await expect.poll(async () => (await world.journalOf(pod.now)).at(-1)?.kind, PATIENT).toBe('pod-deleted');
      const entries = await world.journalOf(pod.now);
      expect(entries.map(({ kind }) => kind)).toEqual([
        'pod-adopted',
        'address-taken',
        'container-started',
        'ready-changed',
        'container-stopping',
        'container-stopped',
        'container-started',
        'container-stopping',
        'container-stopped',
        'ready-changed',
        'address-released',
        'pod-deleted',
      ]);
      const starts = entries.filter((entry) => entry.kind === 'container-started');
      expect(starts.map(({ version, restartCount }) => [version, restartCount])).toEqual([
        ['v1', 0],
        ['v2', 1],
      ]);
      const all = await world.hosts.journal();
      expect(all.map(({ n }) => n)).toEqual(all.map((_, index) => index + 1));
      expect(all.every(({ ms }, index) => ms >= (all[index - 1]?.ms ?? 0))).toBe(true);
      expect((await world.hosts.journal(all.length - 1))[0]).toEqual(all.at(-1));
    });

    test('an image is pulled once per node', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const pods = await Promise.all(
        [0, 0, 1].map((node) => followNew(world, { node: world.nodes[node] ?? '', containers: [web(image)] })),
      );
      await Promise.all(pods.map((pod) => pod.untilReady()));
      const events = await Promise.all(
        pods.map(async (pod) => {
          await expect.poll(() => world.messages(pod.now, 'Pulled'), PATIENT).toHaveLength(1);
          return world.messages(pod.now, 'Pulled');
        }),
      );
      const again = await followNew(world, { node: world.nodes[0] ?? '', containers: [web(image)] });
      await again.untilReady();
      await expect
        .poll(() => world.messages(again.now, 'Pulled'), PATIENT)
        .toEqual([`Container image "${image}" already present on machine`]);
      expect(
        events.flat().filter((message) => message.startsWith('Successfully pulled')).length,
      ).toBeGreaterThanOrEqual(2);
    });

    test('an exec probe is refused in words', async ({ expect }) => {
      const world = source();
      const readinessProbe = { exec: { command: ['true'] } };
      const pod = await followNew(world, { containers: [web(await world.image(), { readinessProbe })] });
      const state = await pod.until(
        (one) => containerOf(one)?.state.waiting?.reason === 'CreateContainerConfigError',
        'refused',
      );
      expect(containerOf(state)?.state.waiting?.message).toContain('exec is not supported');
    });

    test('the proxy reaches this IDC only, forwarded or tunnelled', async ({ expect }) => {
      const world = source();
      const pod = await followNew(world, { containers: [web(await world.image({ version: 'v1' }))] });
      const { podIP = '' } = (await pod.untilReady()).status ?? {};
      const dispatcher = new ProxyAgent({ uri: world.idc.probeProxy, proxyTunnel: true });
      world.atEnd.push(() => dispatcher.close());
      const { statusCode, body } = await request(`http://${podIP}:8080/`, { dispatcher });
      expect([statusCode, await body.json()]).toMatchObject([200, { instance: pod.name }]);
      await expect(request(`http://${podIP}:8081/`, { dispatcher })).rejects.toThrow('502');
      await expect(request('http://10.255.255.1:80/', { dispatcher })).rejects.toThrow('403');
      expect((await world.get('http://192.168.1.1:80/')).status).toBe(403);
      expect((await world.get('http://10.255.255.1:80/')).status).toBe(403);
    });
  });
}
