import { randomBytes } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { SimHostsClient, type JournalEntry } from '../../../devfleet/host/client.ts';
import type { InstanceView } from '../../../devfleet/host/types.ts';
import { Api, MERGE, STRATEGIC } from '../../../devfleet/host/kubelet/api.ts';
import { podPath, type Condition, type Pod } from '../../../devfleet/host/kubelet/pod.ts';
import { pushImage } from '../../../devfleet/images/index.ts';
import { startFleet, type DevfleetIdc } from '../../../devfleet/index.ts';
import { eventsOf, type World } from './world.ts';
import { twice } from '../../support/twice.ts';

/** The world of sim hosts: their admin port tells and does what no real node would. */
export interface SimWorld extends World {
  hosts: SimHostsClient;
  idc: DevfleetIdc;
  /** The fleet's folder. */
  dir: string;
  /** GET through the IDC's proxy. */
  get(url: string, timeoutMs?: number): Promise<{ status: number; text: string }>;
  /** Journal entries about this pod. */
  journalOf(pod: Pod): Promise<JournalEntry[]>;
  oneInstance(pod: Pod): Promise<InstanceView>;
  /** Messages of the pod's events of this reason. */
  messages(pod: Pod, reason: string): Promise<string[]>;
  /** Writes conditions over the kubelet's, as a controller would. */
  setConditions(pod: Pod, conditions: Pick<Condition, 'type' | 'status'>[]): Promise<void>;
  /** Takes the scheduling gates away. */
  ungate(pod: Pod): Promise<void>;
}

const BACK_OFF_SECONDS = 1;

/** One IDC with one AZ of six hosts. */
export async function openSimWorld(): Promise<{ world: SimWorld; close: () => Promise<void> }> {
  const shape = { idcs: { north: { azs: { 'az-1': { hosts: 6 } } } }, environments: ['pro'] };
  const fleet = await twice(() => startFleet({ shape, headless: true }));
  const { north: idc } = fleet.idcs;
  if (idc === undefined) throw new Error('the fleet has no north');
  const api = new Api(idc.adminKubeconfig);
  const hosts = new SimHostsClient(idc.hostsAdmin);
  await hosts.fault({ kind: 'back-off', startSeconds: BACK_OFF_SECONDS, maxSeconds: 8 });
  const world: SimWorld = {
    api,
    hosts,
    idc,
    dir: fleet.dir,
    namespace: 'pro',
    nodes: Array.from({ length: 6 }, (_, index) => `north-az-1-${index + 1}`),
    backOffSeconds: BACK_OFF_SECONDS,
    atEnd: [],
    image: (labels = {}) => pushSimImage(idc, labels),
    get: (url, timeoutMs = 5000) => getThrough(idc.probeProxy, url, timeoutMs),
    journalOf: async ({ metadata: { uid } }) =>
      (await hosts.journal()).filter((entry) => 'uid' in entry && entry.uid === uid),
    oneInstance: async ({ metadata: { uid } }) => {
      const found = (await hosts.instances()).find((one) => one.uid === uid);
      if (found === undefined) throw new Error(`no instance ${uid}`);
      return found;
    },
    messages: async (pod, wanted) =>
      (await eventsOf(world, pod)).filter(({ reason }) => reason === wanted).map(({ message }) => message),
    setConditions: async ({ metadata }, conditions) => {
      await api.request({
        method: 'PATCH',
        path: `${podPath(metadata)}/status`,
        contentType: STRATEGIC,
        body: { status: { conditions } },
      });
    },
    ungate: async ({ metadata }) => {
      await api.request({
        method: 'PATCH',
        path: podPath(metadata),
        contentType: MERGE,
        body: { spec: { schedulingGates: null } },
      });
    },
  };
  const close = async (): Promise<void> => {
    await api.close();
    await fleet.stop();
  };
  return { world, close };
}

async function pushSimImage(idc: DevfleetIdc, labels: Record<string, string>): Promise<string> {
  const named = Object.fromEntries(Object.entries(labels).map(([key, value]) => [`transship.dev/sim.${key}`, value]));
  const tag = `t-${randomBytes(4).toString('hex')}`;
  await pushImage(idc.registry.directUrl, { repository: 'test/web', tag, labels: named });
  return `${idc.registry.host}/test/web:${tag}`;
}

async function getThrough(proxy: string, url: string, timeoutMs: number): Promise<{ status: number; text: string }> {
  const { hostname, port } = new URL(proxy);
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port, path: url, agent: false as const, signal: AbortSignal.timeout(timeoutMs) };
    httpRequest(options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode ?? 0, text: body }), reject);
    })
      .on('error', reject)
      .end();
  });
}
