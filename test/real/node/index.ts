import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { access, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { stringify } from 'yaml';
import { resolveBinaries } from '../../../devfleet/binaries/resolve.ts';
import type { Api } from '../../../devfleet/host/kubelet/api.ts';
import type { Condition } from '../../../devfleet/host/kubelet/pod.ts';
import type { Devfleet, DevfleetIdc } from '../../../devfleet/index.ts';

const CNI_PLUGINS = '/usr/lib/cni';
const PROGRAMS = ['containerd', 'runc', 'unshare', 'ip'];

/** A node with a real kubelet and containerd, in the control plane of a devfleet. */
export interface RealNode {
  name: string;
  stop(): Promise<void>;
}

/**
 * Joins a real node to an IDC's control plane: kubelet, containerd, runc and the CNI's bridge. They and all their
 * containers live in a process and a mount namespace of their own, so that all of it ends with the fleet, however that
 * ends, and leaves no mount behind. Pods get addresses on a bridge of this machine.
 * @param pauseImage what holds a pod's namespaces: an image in the IDC's registry
 * @throws Error that says what to install
 */
export async function joinNode(fleet: Devfleet, idc: DevfleetIdc, api: Api, pauseImage: string): Promise<RealNode> {
  await assertInstalled();
  const { kubelet } = await resolveBinaries(['kubelet'], (line) => process.stderr.write(`${line}\n`));
  // Not in the fleet's folder: sockets have short names, and what root's containers left is removed here.
  const folder = await mkdtemp(join(tmpdir(), 'transship-node-'));
  const subnet = randomInt(1, 255);
  const bridge = `transship${subnet}`;
  const name = `${idc.name}-real-1`;
  const socket = join(folder, 'containerd.sock');

  await mkdir(join(folder, 'cni'));
  await Promise.all([
    writeFile(join(folder, 'cni', '10-bridge.conflist'), cniConfig(folder, bridge, subnet)),
    writeFile(join(folder, 'containerd.toml'), containerdConfig(folder, socket, idc, pauseImage)),
    writeFile(join(folder, 'kubelet.yml'), kubeletConfig(folder, socket)),
    writeFile(join(folder, 'start.sh'), startScript(folder, socket, kubelet.path, idc, name)),
  ]);
  // The first pod would make it; but the kubelet wants the node's address before.
  await run('ip', 'link', 'add', bridge, 'type', 'bridge');
  await run('ip', 'address', 'add', `10.255.${subnet}.1/24`, 'dev', bridge);
  await run('ip', 'link', 'set', bridge, 'up');

  const part = await fleet.start({
    name: `${idc.name}/real-node`,
    command: 'unshare',
    args: ['--mount', '--pid', '--fork', '--kill-child=SIGKILL', '--mount-proc', 'sh', join(folder, 'start.sh')],
    ready: () => isReady(api, name),
  });
  return {
    name,
    stop: async () => {
      await part.kill();
      await run('ip', 'link', 'delete', bridge);
      await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

async function run(command: string, ...args: string[]): Promise<void> {
  await promisify(execFile)(command, args);
}

async function assertInstalled(): Promise<void> {
  if (process.getuid?.() !== 0) throw new Error('a real node needs root');
  const missing: string[] = [];
  for (const program of PROGRAMS) await run('sh', '-c', `command -v ${program}`).catch(() => missing.push(program));
  await access(join(CNI_PLUGINS, 'bridge')).catch(() => missing.push(`${CNI_PLUGINS}/bridge`));
  if (missing.length > 0) {
    const packages = 'containerd runc containernetworking-plugins iproute2 util-linux';
    throw new Error(`a real node needs ${missing.join(', ')}; on Debian: apt-get install ${packages}`);
  }
}

async function isReady(api: Api, name: string): Promise<boolean> {
  try {
    const node = await api.request<{ status: { conditions?: Condition[] } }>({
      method: 'GET',
      path: `/api/v1/nodes/${name}`,
    });
    return node.status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
  } catch {
    return false;
  }
}

/** The shell is the first process of the namespace: it takes up what containerd's shims leave. */
function startScript(folder: string, socket: string, kubelet: string, idc: DevfleetIdc, name: string): string {
  const address = ['--hostname-override', name, '--kubeconfig', idc.adminKubeconfig];
  const files = ['--config', join(folder, 'kubelet.yml'), '--root-dir', join(folder, 'kubelet')];
  return [
    `containerd --config ${join(folder, 'containerd.toml')} &`,
    `until [ -S ${socket} ]; do sleep 0.1; done`,
    `${[kubelet, ...address, ...files, '--cert-dir', join(folder, 'pki')].join(' ')} &`,
    'wait',
    '',
  ].join('\n');
}

/** cgroups: this also runs in a container or a virtual machine that manages none. */
function kubeletConfig(folder: string, socket: string): string {
  return stringify({
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    enableServer: false,
    healthzPort: 0,
    containerRuntimeEndpoint: `unix://${socket}`,
    podLogsDir: join(folder, 'logs'),
    volumePluginDir: join(folder, 'volume-plugins'),
    cgroupDriver: 'cgroupfs',
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failCgroupV1: false,
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    localStorageCapacityIsolation: false,
    // Where there is none, every pod says so in events, and the kubelet sends 25 of a pod.
    clusterDNS: ['127.0.0.1'],
    // Many pods start at once here.
    serializeImagePulls: false,
    registryPullQPS: 0,
    eventRecordQPS: 0,
  });
}

function containerdConfig(folder: string, socket: string, { registry }: DevfleetIdc, pauseImage: string): string {
  return `version = 2
root = "${folder}/containerd"
state = "${folder}/state"
[grpc]
  address = "${socket}"
[plugins."io.containerd.grpc.v1.cri"]
  restrict_oom_score_adj = true
  sandbox_image = "${pauseImage}"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${CNI_PLUGINS}"
    conf_dir = "${folder}/cni"
  [plugins."io.containerd.grpc.v1.cri".registry.mirrors."${registry.host}"]
    endpoint = ["${registry.directUrl}"]
`;
}

function cniConfig(folder: string, bridge: string, subnet: number): string {
  const ipam = { type: 'host-local', ranges: [[{ subnet: `10.255.${subnet}.0/24` }]], dataDir: join(folder, 'ipam') };
  return JSON.stringify({
    cniVersion: '0.4.0',
    name: 'bridge',
    plugins: [{ type: 'bridge', bridge, isGateway: true, ipMasq: false, ipam }, { type: 'loopback' }],
  });
}
