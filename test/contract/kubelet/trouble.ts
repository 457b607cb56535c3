import { describe, test } from 'vitest';
import type { Pod } from '../../../devfleet/host/kubelet/pod.ts';
import { followNew } from './follow.ts';
import {
  condition,
  containerOf,
  eventsOf,
  isReady,
  missing,
  PATIENT,
  setImages,
  web,
  type WorldSource,
} from './world.ts';

/** Images that cannot be pulled and containers that do not live. */
export function describeTrouble(source: WorldSource): void {
  describe.concurrent('trouble', () => {
    test('an image that is not there: ErrImagePull, then ImagePullBackOff, with events; a good image mends it', async ({
      expect,
    }) => {
      const world = source();
      const good = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(missing(good))] });
      const reason = (why: string) => pod.until((state) => containerOf(state)?.state.waiting?.reason === why, why);
      await reason('ErrImagePull');
      const waiting = await reason('ImagePullBackOff');
      expect(waiting.status?.phase).toBe('Pending');
      expect(condition(waiting, 'ContainersReady')?.status).toBe('False');
      await expect
        .poll(
          async () =>
            (await eventsOf(world, waiting)).filter(({ type }) => type === 'Warning').map(({ reason: why }) => why),
          PATIENT,
        )
        .toContain('Failed');
      await setImages(world, waiting, { web: good });
      await pod.untilReady();
      expect(containerOf(pod.now)?.restartCount).toBe(0);
    });

    test(
      'a crash loop backs off, doubling, and a new image ends it at once',
      { timeout: 300_000 },
      async ({ expect }) => {
        const world = source();
        const [crashing, good] = await Promise.all([
          world.image({ 'crash-after-seconds': '0', 'exit-code': '3' }),
          world.image({ version: 'v2' }),
        ]);
        const base = world.backOffSeconds;
        const began = Date.now();
        const pod = await followNew(world, { containers: [web(crashing)] });
        const backingOff = (seconds: number) => {
          const says = (state: Pod) => {
            const { reason, message } = containerOf(state)?.state.waiting ?? {};
            return reason === 'CrashLoopBackOff' && message?.startsWith(`back-off ${seconds}s `) === true;
          };
          return pod.until(says, `back-off ${seconds}s`, { seconds: 30 + 6 * base });
        };
        // The first restart is at once, the next after one delay, the next after two.
        const waiting = await backingOff(base);
        expect(containerOf(waiting)?.restartCount).toBe(1);
        expect(containerOf(waiting)?.lastState.terminated).toMatchObject({ exitCode: 3, reason: 'Error' });
        expect(waiting.status?.phase).toBe('Running');
        expect(containerOf(await backingOff(2 * base))?.restartCount).toBe(2);
        expect(containerOf(await backingOff(4 * base))?.restartCount).toBe(3);
        expect(Date.now() - began).toBeGreaterThan(3 * base * 1000);
        const patchedAt = Date.now();
        await setImages(world, pod.now, { web: good });
        await pod.untilReady();
        expect(Date.now() - patchedAt).toBeLessThan(base * 3500);
      },
    );

    test('pull policy Never refuses an image that is not on the node', async () => {
      const world = source();
      const image = await world.image({ version: 'never-pulled' });
      const pod = await followNew(world, { containers: [web(image, { imagePullPolicy: 'Never' })] });
      await pod.until(
        (state) => containerOf(state)?.state.waiting?.reason === 'ErrImageNeverPull',
        'ErrImageNeverPull',
      );
    });

    test('restartPolicy Never ends as Succeeded or Failed by the exit code', async ({ expect }) => {
      const world = source();
      const run = async (exitCode: string) => {
        const image = await world.image({ 'crash-after-seconds': '0.2', 'exit-code': exitCode });
        const pod = await followNew(world, { containers: [web(image)], spec: { restartPolicy: 'Never' } });
        const end = await pod.until(
          ({ status }) => status?.phase === 'Succeeded' || status?.phase === 'Failed',
          'ended',
        );
        expect(isReady(end)).toBe(false);
        return end.status?.phase;
      };
      expect(await Promise.all([run('0'), run('7')])).toEqual(['Succeeded', 'Failed']);
    });

    test('an init container that fails keeps the others from starting', async ({ expect }) => {
      const world = source();
      const [failing, v1] = await Promise.all([
        world.image({ 'crash-after-seconds': '0', 'exit-code': '1' }),
        world.image({ version: 'v1' }),
      ]);
      const pod = await followNew(world, {
        containers: [web(v1)],
        spec: { initContainers: [{ name: 'prepare', image: failing }] },
      });
      const state = await pod.until((one) => (containerOf(one, 'prepare')?.restartCount ?? 0) >= 1, 'init restarted');
      expect(containerOf(state, 'web')?.state.waiting?.reason).toBe('PodInitializing');
      expect(condition(state, 'Initialized')?.status).toBe('False');
      expect(state.status?.phase).toBe('Pending');
    });
  });
}
