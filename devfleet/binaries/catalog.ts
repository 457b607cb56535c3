/** One program that the fleet runs and that npm does not bring. */
export interface Binary {
  version: string;
  /** Environment variable that names an executable to use instead, whatever its version. */
  variable: string;
  /** Name under which it may be found on PATH, how it is asked for its version there, and how it answers if it is ours. */
  onPath: { command: string; ask: string[]; answer: RegExp };
  build: GoBuild;
}

/** `kube`: a command of the Go module in kube/, which pins Kubernetes and etcd. `install`: a published module. */
type GoBuild = { module: 'kube'; package: string } | { module: 'install'; package: string; seconds: number };

const KUBERNETES = 'v1.35.4';

const kubernetes = (name: string, ask: string[]): Binary => ({
  version: KUBERNETES,
  variable: variableOf(name),
  onPath: { command: name, ask, answer: /\bv1\.35\.4\b/ },
  build: { module: 'kube', package: `k8s.io/kubernetes/cmd/${name}` },
});

export const BINARIES = {
  etcd: {
    version: 'v3.6.5',
    variable: variableOf('etcd'),
    onPath: { command: 'etcd', ask: ['--version'], answer: /^etcd Version: 3\.6\.5$/m },
    build: { module: 'kube', package: 'go.etcd.io/etcd/server/v3' },
  },
  'kube-apiserver': kubernetes('kube-apiserver', ['--version']),
  'kube-controller-manager': kubernetes('kube-controller-manager', ['--version']),
  'kube-scheduler': kubernetes('kube-scheduler', ['--version']),
  kubectl: kubernetes('kubectl', ['version', '--client']),
  kubelet: kubernetes('kubelet', ['--version']),
  temporal: {
    version: 'v1.5.1',
    variable: variableOf('temporal'),
    onPath: { command: 'temporal', ask: ['--version'], answer: /^temporal version 1\.5\.1\b/m },
    build: { module: 'install', package: 'github.com/temporalio/cli/cmd/temporal', seconds: 190 },
  },
  registry: {
    version: 'v3.1.2',
    variable: variableOf('registry'),
    onPath: { command: 'registry', ask: ['--version'], answer: /\bdistribution\/v3 v3\.1\.2\b/ },
    build: { module: 'install', package: 'github.com/distribution/distribution/v3/cmd/registry', seconds: 75 },
  },
  toxiproxy: {
    version: 'v2.5.0',
    variable: variableOf('toxiproxy'),
    onPath: { command: 'toxiproxy-server', ask: ['-version'], answer: /\b2\.5\.0$/m },
    build: { module: 'install', package: 'github.com/Shopify/toxiproxy/v2/cmd/server', seconds: 7 },
  },
} satisfies Record<string, Binary>;

export type BinaryName = keyof typeof BINARIES;

/** Kubernetes version that the fleet runs, and the seconds that building its module takes (two cores, with downloads). */
export const KUBE_MODULE = { kubernetes: KUBERNETES, seconds: 240 };

function variableOf(name: string): string {
  return `TRANSSHIP_BIN_${name.toUpperCase().replaceAll('-', '_')}`;
}
