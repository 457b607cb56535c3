import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from '../../devfleet/host/kubelet/api.ts';
import { pushImage } from '../../devfleet/images/index.ts';
import { startFleet } from '../../devfleet/index.ts';
import type { World } from '../contract/kubelet/world.ts';
import { buildInstance } from './node/instance.ts';
import { joinNode } from './node/index.ts';

/** The kubelet's own; nothing shortens it. */
const BACK_OFF_SECONDS = 10;

/** One IDC with a real node beside a sim host. */
export async function openRealWorld(): Promise<{ world: World; close: () => Promise<void> }> {
  const shape = { idcs: { north: { azs: { 'az-1': { hosts: 1 } } } }, environments: ['pro'] };
  const fleet = await startFleet({ shape, headless: true });
  const { north: idc } = fleet.idcs;
  if (idc === undefined) throw new Error('the fleet has no north');
  const folder = await mkdtemp(join(tmpdir(), 'transship-instance-'));
  const layer = await buildInstance(folder).finally(() => rm(folder, { recursive: true }));

  const image = async (labels: Record<string, string> = {}): Promise<string> => {
    const tag = `t-${randomBytes(4).toString('hex')}`;
    const program = { layer, env: [`BEHAVIOUR=${JSON.stringify(labels)}`] };
    await pushImage(idc.registry.directUrl, { repository: 'test/web', tag, labels: {}, layers: 1, program });
    return `${idc.registry.host}/test/web:${tag}`;
  };
  const api = new Api(idc.adminKubeconfig);
  const node = await joinNode(fleet, idc, api, await image({ port: '0' }));
  const world: World = {
    api,
    namespace: 'pro',
    nodes: [node.name],
    backOffSeconds: BACK_OFF_SECONDS,
    atEnd: [],
    image,
  };
  const close = async (): Promise<void> => {
    await node.stop();
    await api.close();
    await fleet.stop();
  };
  return { world, close };
}
