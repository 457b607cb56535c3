import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withFreshPorts } from '../ports.ts';
import type { Part } from '../supervision/part.ts';
import type { Supervisor } from '../supervision/supervisor.ts';
import { withApi } from './api.ts';
import { startEtcd } from './etcd.ts';
import { kubeconfig, newTokens, tokenFile, type Tokens } from './kubeconfig.ts';
import { createNamespaces } from './namespaces.ts';

/** An API server that answers, with its etcd. */
export interface ApiServer {
  /** Of its files. */
  folder: string;
  etcd: Part;
  part: Part;
  port: number;
  /** Certificates (PEM) to verify it by, and the server's own pair. It is for 127.0.0.1, whatever the port. */
  ca: string;
  certificate: { crt: string; key: string };
  tokens: Tokens;
  serviceAccountKey: string;
  auditLog: string;
  /** Path. Straight to the server. */
  adminKubeconfig: string;
}

/**
 * etcd and kube-apiserver of one IDC, with the environments' namespaces and Transship's rights in them. RBAC is on.
 * No service accounts: sim pods call no API.
 */
export async function startApiServer(
  supervisor: Supervisor,
  binaries: { etcd: string; 'kube-apiserver': string },
  idc: string,
  namespaces: string[],
  nextPort: () => Promise<number>,
): Promise<ApiServer> {
  const folder = join(supervisor.folder, idc);
  const certificates = join(folder, 'certificates');
  await mkdir(certificates, { recursive: true });
  const serviceAccountKey = join(folder, 'service-account.key');
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await writeFile(serviceAccountKey, privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  const tokens = newTokens();
  await writeFile(join(folder, 'tokens.csv'), tokenFile(tokens), { mode: 0o600 });
  const etcd = await startEtcd(supervisor, binaries.etcd, idc, nextPort);

  // The API server makes its certificate itself; the file holds the authority's behind it.
  const certificate = { crt: join(certificates, 'apiserver.crt'), key: join(certificates, 'apiserver.key') };
  const auditLog = join(folder, 'audit.log');
  const { part, port } = await withFreshPorts(async () => {
    const port = await nextPort();
    const part = await supervisor.start({
      name: `${idc}/kube-apiserver`,
      command: binaries['kube-apiserver'],
      args: [
        `--etcd-servers=http://127.0.0.1:${etcd.port}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        '--endpoint-reconciler-type=none', // EndpointSlices refuse loopback addresses, its own too
        `--secure-port=${port}`,
        `--cert-dir=${certificates}`,
        `--token-auth-file=${join(folder, 'tokens.csv')}`,
        '--authorization-mode=RBAC',
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${serviceAccountKey}`,
        `--service-account-signing-key-file=${serviceAccountKey}`,
        '--disable-admission-plugins=ServiceAccount',
        '--service-cluster-ip-range=172.20.0.0/16',
        '--kubelet-preferred-address-types=InternalIP',
        // One tenant: no caller is to be throttled.
        '--enable-priority-and-fairness=false',
        '--max-requests-inflight=0',
        '--max-mutating-requests-inflight=0',
        `--audit-policy-file=${fileURLToPath(new URL('audit-policy.yml', import.meta.url))}`,
        `--audit-log-path=${auditLog}`,
        '--audit-log-maxsize=1000000', // MB: never rotated away under its reader
        '--profiling=false',
      ],
      ready: async () =>
        withApi({ port, ca: await readFile(certificate.crt, 'utf8'), token: tokens.admin }, (api) =>
          api.isWell('/readyz'),
        ),
    });
    return { part, port };
  });

  const ca = await readFile(certificate.crt, 'utf8');
  await withApi({ port, ca, token: tokens.admin }, (api) => createNamespaces(api, namespaces));
  const adminKubeconfig = join(folder, 'admin.kubeconfig');
  await writeFile(adminKubeconfig, kubeconfig({ cluster: `${idc}-k8s`, port, ca, user: 'admin', token: tokens.admin }));
  return { folder, etcd: etcd.part, part, port, ca, certificate, tokens, serviceAccountKey, auditLog, adminKubeconfig };
}
