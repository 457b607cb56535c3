import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NeededBinary } from './binaries/catalog.ts';
import type { Found } from './binaries/resolve.ts';
import type { HarborClocks } from './harbor/config.ts';
import { presentHarbor, pullUrl, startRegistryOf } from './idc-registry.ts';
import { startApiServer, type ApiServer } from './kubernetes/api-server.ts';
import { startControllerManager, startScheduler } from './kubernetes/controllers.ts';
import { kubeconfig } from './kubernetes/kubeconfig.ts';
import type { Links } from './parts/links.ts';
import { startMesos, startSimHosts, type Mesos, type MesosClocks, type SimHosts } from './parts/programs.ts';
import type { HarborPart } from './parts/harbor.ts';
import type { Registry } from './parts/registry.ts';
import type { FleetShape } from './shape.ts';
import type { Part } from './supervision/part.ts';
import type { Supervisor } from './supervision/supervisor.ts';
import type { DevfleetIdc, DevfleetMesos } from './types.ts';

export interface Tools {
  supervisor: Supervisor;
  binaries: Record<NeededBinary, Found>;
  /** Called when something is up. */
  isUp: (what: string) => void;
}

/** The running parts of one IDC. */
export interface Idc {
  name: string;
  azs: FleetShape['idcs'][string]['azs'];
  api: ApiServer;
  controllerManager: Part;
  scheduler: Part;
  registry: Registry;
  /** Null where nothing stands before the registry. */
  harbor: HarborPart | null;
  hosts: SimHosts;
  /** Null where no AZ runs it. */
  mesos: Mesos | null;
}

/** Starts the control plane, the registry, the sim hosts and, where an AZ runs it, the Mesos of one IDC with its Marathon. */
export async function startIdc(
  { supervisor, binaries, isUp }: Tools,
  name: string,
  { azs, registry: kind = 'distribution' }: FleetShape['idcs'][string],
  at: {
    namespaces: string[];
    octet: number;
    nextPort: () => Promise<number>;
    clocks: MesosClocks;
    harborClocks: Partial<HarborClocks>;
    /** Called when both can be asked. */
    onApis: (api: ApiServer, mesos: Mesos | null) => void;
  },
): Promise<Idc> {
  const { nextPort } = at;
  const registryUp = startRegistryOf(
    supervisor,
    binaries.registry.path,
    { idc: name, kind, harborClocks: at.harborClocks },
    nextPort,
  );
  const runsMesos = Object.values(azs).some(({ runs = 'kubernetes' }) => runs !== 'kubernetes');
  const mesosUp = runsMesos ? startMesos(supervisor, name, nextPort, at.clocks) : Promise.resolve(null);
  const paths = { etcd: binaries.etcd.path, 'kube-apiserver': binaries['kube-apiserver'].path };
  const clusterUp = startApiServer(supervisor, paths, name, at.namespaces, nextPort).then(async (api) => {
    isUp(`${name}: API server`);
    at.onApis(api, await mesosUp);
    const program = { supervisor, idc: name, api, nextPort };
    const [controllerManager, scheduler, hosts] = await Promise.all([
      startControllerManager({ ...program, binary: binaries['kube-controller-manager'].path }),
      startScheduler({ ...program, binary: binaries['kube-scheduler'].path }),
      Promise.all([registryUp, mesosUp]).then(async ([{ registry, harbor }, mesos]) => {
        const registryHosts = { [registry.host]: pullUrl(registry, harbor) };
        const config = { idc: name, kubeconfig: api.adminKubeconfig, registryHosts, azs, octet: at.octet };
        const agents = mesos === null ? {} : { mesos: { masterPort: mesos.agentPort } };
        return startSimHosts(supervisor, { ...config, ...agents }, nextPort);
      }),
    ]);
    return { api, controllerManager, scheduler, hosts };
  });
  const [{ registry, harbor }, mesos, cluster] = await Promise.all([registryUp, mesosUp, clusterUp]);
  isUp(`${name}: control plane, registry, sim hosts${mesos === null ? '' : ', Mesos, Marathon'}`);
  return { name, azs, registry, harbor, mesos, ...cluster };
}

/** Any name would do: an agent gives a task an address of its own in every network but the host's. */
const NETWORK = 'overlay';

/** Where a Mesos, and the Marathon on it, are to be reached. */
export function presentMesos({ masterPorts, marathonPorts, adminPort }: Mesos): DevfleetMesos {
  const url = (port: number): string => `http://127.0.0.1:${port}`;
  return { masters: masterPorts.map(url), marathon: marathonPorts.map(url), admin: url(adminPort), network: NETWORK };
}

/** Lays the IDC's links, writes Transship's kubeconfig, and gives what users of the fleet see of it. */
export async function presentIdc(idc: Idc, links: Links): Promise<DevfleetIdc> {
  const { name, api, registry, harbor, hosts, mesos } = idc;
  const frontPort = harbor?.port ?? registry.port;
  const registryPort = await links.lay(`${name}/registry`, frontPort);
  const apiPort = await links.lay(`${name}/kubernetes`, api.port);
  const path = join(api.folder, 'transship.kubeconfig');
  const { ca } = api;
  await writeFile(
    path,
    kubeconfig({ cluster: `${name}-k8s`, port: apiPort, ca, user: 'transship', token: api.tokens.transship }),
  );
  const parts: Record<Exclude<Parameters<DevfleetIdc['process']>[0], 'mesos' | 'harbor'>, Part> = {
    etcd: api.etcd,
    'kube-apiserver': api.part,
    'kube-controller-manager': idc.controllerManager,
    'kube-scheduler': idc.scheduler,
    registry: registry.part,
    hosts: hosts.part,
  };
  return {
    name,
    azs: Object.keys(idc.azs),
    azsOf: (system) =>
      Object.entries(idc.azs).flatMap(([az, { runs = 'kubernetes' }]) =>
        runs === system || runs === 'both' ? az : [],
      ),
    adminKubeconfig: api.adminKubeconfig,
    kubeconfig: path,
    registry: {
      url: `http://127.0.0.1:${registryPort}`,
      directUrl: `http://127.0.0.1:${frontPort}`,
      host: registry.host,
      harbor: harbor === null ? null : presentHarbor(harbor, registry),
    },
    probeProxy: `http://127.0.0.1:${hosts.proxyPort}`,
    hostsAdmin: `http://127.0.0.1:${hosts.adminPort}`,
    auditLog: api.auditLog,
    mesos: mesos === null ? null : presentMesos(mesos),
    process: (part) => {
      if (part !== 'mesos' && part !== 'harbor') return parts[part];
      const optional = part === 'mesos' ? mesos : harbor;
      if (optional === null) throw new Error(`${name} runs no ${part === 'mesos' ? 'Mesos' : 'Harbor'}`);
      return optional.part;
    },
  };
}
