import { setTimeout as sleep } from 'node:timers/promises';
import { describe, test } from 'vitest';
import { followNew } from './follow.ts';
import { containerOf, deletePod, missing, web, type WorldSource } from './world.ts';

/** How a pod ends. */
export function describeDeletion(source: WorldSource): void {
  describe.concurrent('deletion', () => {
    test('a prompt container: TERM, then gone', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(image)], grace: 30 });
      const running = await pod.untilReady();
      const began = Date.now();
      await deletePod(world, running);
      await pod.untilGone();
      expect(Date.now() - began).toBeLessThan(5000);
      const last = containerOf(pod.now)?.state.terminated;
      expect(last).toMatchObject({ exitCode: 0, reason: 'Completed' });
    });

    test('a container that ignores TERM is killed when the grace period ends', async ({ expect }) => {
      const world = source();
      const image = await world.image({ stop: 'never' });
      const pod = await followNew(world, { containers: [web(image)], grace: 2 });
      const running = await pod.untilReady();
      const began = Date.now();
      await deletePod(world, running);
      await pod.untilGone();
      expect(Date.now() - began).toBeGreaterThan(1900);
      expect(containerOf(pod.now)?.state.terminated?.exitCode).toBe(137);
    });

    test('a second delete with less grace does not shorten the wait that has begun', async ({ expect }) => {
      const world = source();
      const image = await world.image({ stop: 'never' });
      const pod = await followNew(world, { containers: [web(image)], grace: 6 });
      const running = await pod.untilReady();
      const began = Date.now();
      await deletePod(world, running);
      await sleep(1500);
      await deletePod(world, running, 1);
      await pod.untilGone();
      expect(Date.now() - began).toBeGreaterThan(5800);
    });

    test('a pod deleted while its image is pulled in vain goes at once', async () => {
      const world = source();
      const good = await world.image({ version: 'v1' });
      const pod = await followNew(world, { containers: [web(missing(good))], grace: 30 });
      const state = await pod.until(
        (one) => containerOf(one)?.state.waiting?.reason === 'ErrImagePull',
        'ErrImagePull',
      );
      await deletePod(world, state);
      await pod.untilGone(5);
    });

    test('a new pod of the same name is another pod', async ({ expect }) => {
      const world = source();
      const image = await world.image({ version: 'v1' });
      const first = await followNew(world, { containers: [web(image)] });
      const before = await first.untilReady();
      await deletePod(world, before, 0);
      await first.untilGone();
      const second = await followNew(world, { containers: [web(image)] }, first.name);
      const after = await second.untilReady();
      expect(after.metadata.uid).not.toBe(before.metadata.uid);
      expect(containerOf(after)?.restartCount).toBe(0);
    });
  });
}
