import { describe } from 'vitest';
import { describeAddresses } from './kubelet/sim-addresses.ts';
import { describeFaults } from './kubelet/sim-faults.ts';
import { describeMachine } from './kubelet/sim-machine.ts';
import { describeRestart } from './kubelet/sim-restart.ts';
import { openSimWorld } from './kubelet/sim-world.ts';
import { useWorld } from './kubelet/world.ts';

// What only sim hosts can: addresses that collide, faults on demand, a journal that tells the truth.
describe('sim hosts', () => {
  const world = useWorld(openSimWorld);
  describeMachine(world);
  describeAddresses(world);
  describeFaults(world);
  describeRestart(world);
});
