import { describeDeletion } from './kubelet/deletion.ts';
import { describeImageChange } from './kubelet/image-change.ts';
import { describeNode } from './kubelet/node.ts';
import { describeProbes } from './kubelet/probes.ts';
import { describeTrouble } from './kubelet/trouble.ts';
import type { WorldSource } from './kubelet/world.ts';

/** What any kubelet does, a sim host's or a real one: judged by the API server alone. */
export function describeKubelet(world: WorldSource): void {
  describeNode(world);
  describeImageChange(world);
  describeTrouble(world);
  describeDeletion(world);
  describeProbes(world);
}
