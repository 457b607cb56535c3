import type { AzSetRef, GroupRef, Spec } from '../../../src/domain/types.ts';
import type {
  AzSetDriver,
  AzSetObservation,
  Guard,
  MemberAt,
  ReplaceTarget,
} from '../../../src/drivers/azset/index.ts';
import { marathonAzSetDriver } from '../../../src/drivers/azset/marathon/index.ts';
import { openMarathonCluster, type MarathonCluster } from '../../../src/drivers/marathon/cluster.ts';
import type { TrafficDriver } from '../../../src/drivers/traffic/index.ts';
import { marathonTraffic } from '../../../src/drivers/traffic/marathon/index.ts';
import { openGuard, patience, type World } from '../../contract/world.ts';
import { MarathonStub } from './marathon-stub.ts';

export const GROUP: GroupRef = { env: 'pro', app: 'shop', group: 'web' };
export const SET: AzSetRef = { idc: 'north', az: 'az-1', cluster: 'north-m', namespace: 'pro', name: 'shop-web-az-1' };
export const FOLDER = '/pro/shop-web-az-1';

export function specOf(version: string, number = 1, container: object = {}, pod: object = {}): Spec {
  return {
    number,
    version,
    template: {
      metadata: { labels: { tier: 'front' } },
      spec: { containers: [{ name: 'web', ...container }], ...pod },
    },
    images: { web: { repository: 'shop/web', tag: version, digest: `sha256:${version}` } },
    health: {
      path: '/health',
      port: 8080,
      timeoutSeconds: 60,
      codes: { ignited: [200], waiting: [526], failed: [527], markedDown: [530] },
    },
    ports: [{ name: 'http', port: 80, targetPort: 8080 }],
    traffic: ['service'],
  };
}

/** The drivers on a stub, and short cuts for what tests do. */
export interface MarathonWorld {
  stub: MarathonStub;
  cluster: MarathonCluster;
  azSets: AzSetDriver;
  traffic: TrafficDriver;
  /** What helpers of the contract need: changes, and answers that are lost. */
  link: World;
  seen(): Promise<AzSetObservation>;
  at(ordinal: number): Promise<MemberAt>;
  /** A set on v1 that is settled. */
  standing(count: number): Promise<void>;
  stage(version: string, container?: object): ReturnType<AzSetDriver['stage']>;
  pullOut(at: MemberAt, guard?: Guard): Promise<void>;
  pullIn(at: MemberAt): Promise<Record<string, string>>;
  /** One instance, as an operation goes about it. */
  anew(at: MemberAt, target: ReplaceTarget, guard?: Guard): Promise<MemberAt>;
  stop(): Promise<void>;
}

export async function marathonWorld(mesos?: readonly string[]): Promise<MarathonWorld> {
  const stub = new MarathonStub();
  const cluster = openMarathonCluster({
    name: 'north-m',
    urls: [await stub.start()],
    network: 'routable',
    ...(mesos === undefined ? {} : { mesos: { urls: mesos } }),
  });
  const azSets = marathonAzSetDriver({ cluster, imageHost: 'registry.north:5000' });
  const traffic = marathonTraffic({ cluster });
  const seen = async (): Promise<AzSetObservation> => {
    const [observed] = await azSets.observe([SET]);
    if (observed === undefined || observed === null) throw new Error('there is no set');
    return observed;
  };
  const pullOut: MarathonWorld['pullOut'] = (at, guard = openGuard()) =>
    traffic.pullOut(at, { owner: 'release', reason: 'op-1: v2', drainSeconds: 0 }, guard, patience());
  return {
    stub,
    cluster,
    azSets,
    traffic,
    link: {
      link: {
        changes: () => stub.changes,
        forget: () => stub.forget(),
        loseAnswer: (n: number) => (stub.loseAnswer = n),
      },
    } as unknown as World,
    seen,
    at: async (ordinal) => {
      const instance = (await seen()).instances[ordinal];
      if (instance === undefined) throw new Error(`there is no place ${String(ordinal)}`);
      return { set: SET, member: instance.member, uid: instance.uid };
    },
    standing: async (count) => {
      await azSets.create(SET, GROUP, specOf('v1'), count, openGuard());
      stub.forget();
    },
    stage: (version, container) => azSets.stage(SET, specOf(version, 2, container), openGuard(), patience()),
    pullOut,
    pullIn: (at) => traffic.pullIn(at, 'release', openGuard(), patience()),
    anew: async (at, target, guard = openGuard()) => {
      await pullOut(at, guard);
      await azSets.open(SET, target, guard, patience());
      const { uid } = await azSets.recreate(at, target, guard, patience());
      await azSets.close(SET, guard, patience());
      return { ...at, uid };
    },
    stop: async () => {
      await cluster.close();
      await stub.stop();
    },
  };
}
