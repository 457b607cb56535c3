import { vi } from 'vitest';
import { MARATHON, marathonWorld } from '../support/marathon-world.ts';
import { azSetReleaseContract } from './azset.ts';

// Offers come many times a second here: what none of them fits is found out in seconds, where it takes minutes else.
vi.mock('../../src/drivers/marathon/limits.ts', async (original) => ({
  ...(await original<object>()),
  UNSCHEDULABLE_GRACE_MS: 5_000,
}));

azSetReleaseContract('Marathon', MARATHON, marathonWorld);
