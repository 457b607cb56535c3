import { describe, test } from 'vitest';
import { STRATEGIC } from '../../../devfleet/host/kubelet/api.ts';
import { podPath } from '../../../devfleet/host/kubelet/pod.ts';
import { followNew } from './follow.ts';
import { condition, containerOf, eventsOf, isReady, PATIENT, runningOf, web, type WorldSource } from './world.ts';

/** Probes, readiness gates, times of transition. */
export function describeProbes(source: WorldSource): void {
  const health = { httpGet: { path: '/health', port: 8080 }, periodSeconds: 1 };

  describe.concurrent('probes', () => {
    test('Ready follows the readiness probe, with the true time', async ({ expect }) => {
      const world = source();
      const image = await world.image({ 'ignite-seconds': '3' });
      const pod = await followNew(world, { containers: [web(image, { readinessProbe: health })] });
      const running = await pod.until((state) => containerOf(state)?.state.running !== undefined, 'running');
      expect(isReady(running)).toBe(false);
      expect(containerOf(running)).toMatchObject({ ready: false, started: true });
      const ready = await pod.untilReady();
      const { startedAt } = runningOf(ready);
      const since = Date.parse(condition(ready, 'Ready')?.lastTransitionTime ?? '');
      expect(since - startedAt).toBeGreaterThanOrEqual(2000);
      expect(since - startedAt).toBeLessThanOrEqual(5000);
      expect(Math.abs(Date.now() - since)).toBeLessThan(3000);
      await expect
        .poll(async () => (await eventsOf(world, ready)).map(({ reason }) => reason), PATIENT)
        .toContain('Unhealthy');
    });

    test('a port may be named, and TCP will do', async () => {
      const world = source();
      const image = await world.image({ 'ignite-seconds': '100' });
      const ports = [{ name: 'http', containerPort: 8080 }];
      const pod = await followNew(world, {
        containers: [web(image, { ports, readinessProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1 } })],
      });
      await pod.untilReady();
    });

    test('thresholds count in a row', async ({ expect }) => {
      const world = source();
      const image = await world.image({});
      const readinessProbe = { ...health, successThreshold: 5 };
      const pod = await followNew(world, { containers: [web(image, { readinessProbe })] });
      const running = await pod.until((state) => containerOf(state)?.state.running !== undefined, 'running');
      const began = Date.now();
      expect(isReady(running)).toBe(false);
      await pod.untilReady();
      expect(Date.now() - began).toBeGreaterThan(1500);
    });

    test('nothing but the startup probe runs until it passes', async ({ expect }) => {
      const world = source();
      const image = await world.image({ 'ignite-seconds': '3' });
      const livenessProbe = { ...health, failureThreshold: 1 };
      const startupProbe = { ...health, failureThreshold: 30 };
      const pod = await followNew(world, { containers: [web(image, { startupProbe, livenessProbe })] });
      const running = await pod.until((state) => containerOf(state)?.state.running !== undefined, 'running');
      expect(containerOf(running)).toMatchObject({ started: false, ready: false });
      const ready = await pod.untilReady();
      expect(containerOf(ready)).toMatchObject({ started: true, restartCount: 0 });
    });

    test('a startup probe that fails too often restarts the container', async () => {
      const world = source();
      const image = await world.image({ ignite: 'never' });
      const startupProbe = { ...health, failureThreshold: 2 };
      const pod = await followNew(world, { containers: [web(image, { startupProbe })] });
      await pod.until((state) => containerOf(state)?.restartCount === 1, 'restarted');
    });

    test('a liveness probe that fails too often restarts the container', async ({ expect }) => {
      const world = source();
      const image = await world.image({ ignite: 'fail' });
      const livenessProbe = { ...health, failureThreshold: 2 };
      const pod = await followNew(world, { containers: [web(image, { livenessProbe })] });
      const restarted = await pod.until((state) => containerOf(state)?.restartCount === 1, 'restarted');
      const killing = async () =>
        (await eventsOf(world, restarted)).find(({ reason }) => reason === 'Killing')?.message;
      await expect.poll(killing, PATIENT).toContain('liveness');
    });

    test('a readiness gate holds Ready back until somebody opens it', async ({ expect }) => {
      const world = source();
      const image = await world.image({});
      const spec = { readinessGates: [{ conditionType: 'example.com/go' }] };
      const pod = await followNew(world, { containers: [web(image)], spec });
      const held = await pod.until(
        (state) => condition(state, 'ContainersReady')?.status === 'True',
        'containers ready',
      );
      expect(condition(held, 'Ready')).toMatchObject({ status: 'False', reason: 'ReadinessGatesNotReady' });
      const open = (status: string) => {
        const body = { status: { conditions: [{ type: 'example.com/go', status }] } };
        return world.api.request({
          method: 'PATCH',
          path: `${podPath(held.metadata)}/status`,
          contentType: STRATEGIC,
          body,
        });
      };
      await open('True');
      const ready = await pod.untilReady();
      expect(condition(ready, 'Ready')?.reason).toBeUndefined();
      const from = pod.states.length;
      await open('False');
      await pod.until((state) => !isReady(state), 'not Ready again', { from });
    });
  });
}
