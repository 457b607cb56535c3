import type { BatchPlan } from '../../src/domain/plan.ts';
import type { AzSetRef, HealthCheck, Spec } from '../../src/domain/types.ts';
import type { AzSetDriver, Waiting } from '../../src/drivers/azset/index.ts';
import { waitIgnited } from '../../src/drivers/ignition/wait.ts';
import type { TrafficDriver } from '../../src/drivers/traffic/index.ts';

interface BareRun {
  azSets: AzSetDriver;
  traffic: TrafficDriver;
  set: AzSetRef;
  spec: Spec;
  plan: BatchPlan;
  health: HealthCheck;
  probeProxy: string;
}

/**
 * The same batches by a script that dies with its process: the same drivers one after the other, without workflow,
 * history, fence, events, brake and undo. What a release takes beyond this is the price of being durable.
 */
export async function bareRelease({ azSets, traffic, set, spec, plan, health, probeProxy }: BareRun): Promise<void> {
  const guard = (): Promise<void> => Promise.resolve();
  const waiting: Waiting = { signal: new AbortController().signal, heartbeat: () => undefined };
  const target = await azSets.stage(set, spec, guard, waiting);
  for (const { members } of plan.batches) {
    const [observed] = await azSets.observe([set]);
    const uids = new Map(observed?.instances.map(({ member, uid }) => [member, uid]));
    await Promise.all(
      members.map(async ({ member }) => {
        const at = { set, member, uid: uids.get(member) ?? '' };
        await traffic.pullOut(at, { owner: 'release', reason: 'bench', drainSeconds: 0 }, guard, waiting);
        const since = new Date();
        const { address } = await azSets.replace(at, target, guard, waiting);
        if (address === null) throw new Error(`${member} has no address`);
        await waitIgnited(address, health, since, waiting, { proxy: probeProxy });
        await traffic.pullIn(at, 'release', guard, waiting);
      }),
    );
  }
  await azSets.settle(set, target.revision, guard, waiting);
}
