/** One program that the fleet or a bench runs and that npm does not bring. */
export interface Binary {
  version: string;
  /** Environment variable that names an executable to use instead, whatever its version. */
  variable: string;
  /** Name under which it may be found on PATH, how it is asked for its version there, and how it answers if it is ours. */
  onPath: { command: string; ask: string[]; answer: RegExp };
  /** Null: it is only built. */
  download: Download | null;
  build: GoBuild;
}

/** A file for Linux that the project itself publishes. `{arch}` stands for the processor, in `url` and in `member`. */
export interface Download {
  url: string;
  /** Of the whole file, `<algorithm>:<hex>`, as published. */
  checksums: Record<Architecture, string>;
  /** Where in the .tar.gz the program lies. Without it the file is the program. */
  member?: string;
}

export type Architecture = 'amd64' | 'arm64';

/** `kube`: a command of the Go module in kube/, which pins Kubernetes and etcd. `install`: a published module. */
type GoBuild = { module: 'kube'; package: string } | { module: 'install'; package: string; seconds: number };

const KUBERNETES = 'v1.35.4';
const CRANE = 'v0.22.1';
const REGCLIENT = 'v0.11.7';

/** Has every command in it, so all of them are one download. The checksums are in Kubernetes' CHANGELOG-1.35.md. */
const KUBERNETES_SERVER = {
  url: `https://dl.k8s.io/${KUBERNETES}/kubernetes-server-linux-{arch}.tar.gz`,
  checksums: {
    amd64:
      'sha512:7454c2d9023de3230972e965e1e2a587a291e2a1abee703bb0737057e1646b23ebac538b93dd778e93579e3c293dc1fa8d002e6848ad5ebc01598bc47358fe44',
    arm64:
      'sha512:67187a2fe780be7816f9d10e082ed02cbba306bab379980280d00ba4c4017ff53c50cd2ff81d248c91ddcc064276b8760e17c73a1a7da1d35067a6fc0ffbdc88',
  },
};

const kubernetes = (name: string, ask: string[]): Binary => ({
  version: KUBERNETES,
  variable: variableOf(name),
  onPath: { command: name, ask, answer: /\bv1\.35\.4\b/ },
  download: { ...KUBERNETES_SERVER, member: `kubernetes/server/bin/${name}` },
  build: { module: 'kube', package: `k8s.io/kubernetes/cmd/${name}` },
});

const regclient = (name: string): Binary => ({
  version: REGCLIENT,
  variable: variableOf(name),
  onPath: { command: name, ask: ['version'], answer: /^VCSTag:\s+v0\.11\.7$/m },
  download: null,
  build: { module: 'install', package: `github.com/regclient/regclient/cmd/${name}`, seconds: 20 },
});

export const BINARIES = {
  etcd: {
    version: 'v3.6.5',
    variable: variableOf('etcd'),
    onPath: { command: 'etcd', ask: ['--version'], answer: /^etcd Version: 3\.6\.5$/m },
    // As kubespray and Arch Linux pin it.
    download: {
      url: 'https://github.com/etcd-io/etcd/releases/download/v3.6.5/etcd-v3.6.5-linux-{arch}.tar.gz',
      checksums: {
        amd64: 'sha256:66bad39ed920f6fc15fd74adcb8bfd38ba9a6412f8c7852d09eb11670e88cac3',
        arm64: 'sha256:7010161787077b07de29b15b76825ceacbbcedcb77fe2e6832f509be102cab6b',
      },
      member: 'etcd-v3.6.5-linux-{arch}/etcd',
    },
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
    // As hermit-packages pins it.
    download: {
      url: 'https://github.com/temporalio/cli/releases/download/v1.5.1/temporal_cli_1.5.1_linux_{arch}.tar.gz',
      checksums: {
        amd64: 'sha256:ddc95e08b0b076efd4ea9733a3f488eb7d2be875f8834e616cd2a37358b4852d',
        arm64: 'sha256:bd1b0db9f18b051026de8bf6cc1505f2510f14bbb7a8b9a4a91fff46c77454f5',
      },
      member: 'temporal',
    },
    build: { module: 'install', package: 'github.com/temporalio/cli/cmd/temporal', seconds: 190 },
  },
  registry: {
    version: 'v3.1.2',
    variable: variableOf('registry'),
    onPath: { command: 'registry', ask: ['--version'], answer: /\bdistribution\/v3 v3\.1\.2\b/ },
    // As the Dockerfile of the registry image for 3.1.2 pins it.
    download: {
      url: 'https://github.com/distribution/distribution/releases/download/v3.1.2/registry_3.1.2_linux_{arch}.tar.gz',
      checksums: {
        amd64: 'sha256:40df2224d410f72ae425c3371873b078bbdbda3b8b612be9571f0e6751f3acc8',
        arm64: 'sha256:09d26f88d2c0f161bd1b8bfc6c123571cc3d291dcca8af5477b3cacc4ec95e73',
      },
      member: 'registry',
    },
    build: { module: 'install', package: 'github.com/distribution/distribution/v3/cmd/registry', seconds: 75 },
  },
  toxiproxy: {
    version: 'v2.5.0',
    variable: variableOf('toxiproxy'),
    onPath: { command: 'toxiproxy-server', ask: ['-version'], answer: /\b2\.5\.0$/m },
    // As hermit-packages pins it.
    download: {
      url: 'https://github.com/Shopify/toxiproxy/releases/download/v2.5.0/toxiproxy_2.5.0_linux_{arch}.tar.gz',
      checksums: {
        amd64: 'sha256:2dcc53a7cd5e1cab3514bba3002cdc9626abd7e42cdf4a070242e3d977dcbeca',
        arm64: 'sha256:63a33453dcdabab33c07bc234af164d2031f5418132ca15f949d0ede9a3a6f98',
      },
      member: 'toxiproxy-server',
    },
    build: { module: 'install', package: 'github.com/Shopify/toxiproxy/v2/cmd/server', seconds: 7 },
  },
  // Peers of the bench image-copy.
  crane: {
    version: CRANE,
    variable: variableOf('crane'),
    onPath: { command: 'crane', ask: ['version'], answer: /^v?0\.22\.1$/m },
    download: null,
    build: { module: 'install', package: 'github.com/google/go-containerregistry/cmd/crane', seconds: 20 },
  },
  regctl: regclient('regctl'),
  regsync: regclient('regsync'),
} satisfies Record<string, Binary>;

export type BinaryName = keyof typeof BINARIES;

/** Kubernetes version that the fleet runs, and the seconds that building its module takes (two cores, with downloads). */
export const KUBE_MODULE = { kubernetes: KUBERNETES, seconds: 240 };

function variableOf(name: string): string {
  return `TRANSSHIP_BIN_${name.toUpperCase().replaceAll('-', '_')}`;
}

/** Binaries without which there is no fleet. kubectl is for people, kubelet for test/real. */
export const NEEDED_BINARIES = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'temporal',
  'registry',
  'toxiproxy',
] as const satisfies BinaryName[];
export type NeededBinary = (typeof NEEDED_BINARIES)[number];
