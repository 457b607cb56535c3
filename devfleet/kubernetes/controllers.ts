import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { withFreshPorts } from '../ports.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';
import type { ApiServer } from './api-server.ts';
import { withApi } from './api.ts';
import { kubeconfig } from './kubeconfig.ts';

/** What groups, sets, Services, budgets and quotas need. */
const CONTROLLERS = [
  'statefulset',
  'replicaset',
  'deployment',
  'endpointslice',
  'disruption',
  'horizontal-pod-autoscaler',
  'resourcequota',
  'garbage-collector',
  'namespace',
  'pod-garbage-collector',
  'node-lifecycle',
  'taint-eviction',
].map((name) => `${name}-controller`);

// Hundreds of pods at once, on an API server of their own: not throttled by the client.
const QPS = 2000;
const BURST = 4000;

interface Program {
  supervisor: Supervisor;
  binary: string;
  idc: string;
  api: ApiServer;
  nextPort: () => Promise<number>;
}

export async function startControllerManager(program: Program): Promise<Part> {
  const { api } = program;
  return start(program, 'kube-controller-manager', api.tokens.controllerManager, async (config) => [
    `--kubeconfig=${config}`,
    '--leader-elect=false',
    `--controllers=${CONTROLLERS.join(',')}`,
    `--service-account-private-key-file=${api.serviceAccountKey}`,
    `--kube-api-qps=${QPS}`,
    `--kube-api-burst=${BURST}`,
    '--concurrent-statefulset-syncs=20',
    '--concurrent-service-endpoint-syncs=20',
    '--endpointslice-updates-batch-period=0s',
  ]);
}

export async function startScheduler(program: Program): Promise<Part> {
  const { api } = program;
  return start(program, 'kube-scheduler', api.tokens.scheduler, async (config) => {
    const file = join(api.folder, 'scheduler.yml');
    const settings = {
      apiVersion: 'kubescheduler.config.k8s.io/v1',
      kind: 'KubeSchedulerConfiguration',
      leaderElection: { leaderElect: false },
      clientConnection: { kubeconfig: config, qps: QPS, burst: BURST },
      podInitialBackoffSeconds: 1,
      podMaxBackoffSeconds: 2,
    };
    await writeFile(file, stringify(settings));
    return [`--config=${file}`];
  });
}

async function start(
  { supervisor, binary, idc, api, nextPort }: Program,
  name: string,
  token: string,
  argumentsFor: (kubeconfig: string) => Promise<string[]>,
): Promise<Part> {
  const config = join(api.folder, `${name}.kubeconfig`);
  await writeFile(config, kubeconfig({ cluster: `${idc}-k8s`, port: api.port, ca: api.ca, user: name, token }));
  const args = await argumentsFor(config);
  return withFreshPorts(async () => {
    const port = await nextPort();
    return supervisor.start({
      name: `${idc}/${name}`,
      command: binary,
      args: [
        ...args,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        // The API server's pair serves here too: making another takes a while.
        `--tls-cert-file=${api.certificate.crt}`,
        `--tls-private-key-file=${api.certificate.key}`,
        '--profiling=false',
      ],
      ready: async () => withApi({ port, ca: api.ca, token }, (client) => client.isWell('/healthz')),
    });
  });
}
