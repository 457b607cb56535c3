import { describe } from 'vitest';
import { describeKubelet } from './kubelet.ts';
import { openSimWorld } from './kubelet/sim-world.ts';
import { useWorld } from './kubelet/world.ts';

// test/real runs the same suite on a real kubelet.
describe('sim kubelet', () => {
  describeKubelet(useWorld(openSimWorld));
});
