import { describe } from 'vitest';
import { describeKubelet } from '../contract/kubelet.ts';
import { useWorld } from '../contract/kubelet/world.ts';
import { openRealWorld } from './world.ts';

// The suite that the sim kubelet passes, on what it stands for.
describe('real kubelet', () => {
  describeKubelet(useWorld(openRealWorld));
});
