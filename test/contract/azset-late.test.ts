// What becomes of waits that nothing ends; on limits of seconds, where the real ones are minutes.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { kubernetesWorld } from '../support/kubernetes-world.ts';
import { codeOf, memberOf, openGuard, patience, standing, type World } from './world.ts';

vi.mock('../../src/drivers/kubernetes/limits.ts', async (original) => ({
  ...(await original<object>()),
  START_TIMEOUT_MS: 3_000,
}));

let world: World;

beforeAll(async () => {
  world = await kubernetesWorld();
});

afterAll(() => world.stop());

test('a host that does nothing about the new image: the instance is named, and nothing is concluded about the version', async () => {
  const subject = await standing(world, 1);
  const target = await world.azSets.stage(subject.set, world.spec(2, 'v2'), openGuard(), patience());
  const at = await memberOf(world, subject, 0);
  await world.freezeHost(at.host, true);
  try {
    const { code, message } = await codeOf(world.azSets.replace(at, target, openGuard(), patience()));
    expect(code).toBe('INSTANCE_NOT_STARTED');
    expect(message).toContain(at.member);
  } finally {
    await world.freezeHost(at.host, false);
  }
  // Once the host goes on, the same step finishes what was begun.
  expect(await world.azSets.replace(at, target, openGuard(), patience())).toMatchObject({ uid: at.uid, running: true });
});
