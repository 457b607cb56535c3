import { randomBytes } from 'node:crypto';
import { stringify } from 'yaml';

/** Users of a fleet's API servers. */
export interface Tokens {
  /** For people, sim hosts and the front door: system:masters. */
  admin: string;
  /** For Transship: the rights of deploy/rbac.yml. */
  transship: string;
  controllerManager: string;
  scheduler: string;
}

export function newTokens(): Tokens {
  const token = () => randomBytes(16).toString('hex');
  return { admin: token(), transship: token(), controllerManager: token(), scheduler: token() };
}

/** The API server's --token-auth-file: token, user, uid, groups. Each caller has a name of its own for the audit log. */
export function tokenFile(tokens: Tokens): string {
  const rows = [
    [tokens.admin, 'admin', 'admin', 'system:masters'],
    [tokens.transship, 'transship', 'transship', ''],
    [tokens.controllerManager, 'system:kube-controller-manager', 'kube-controller-manager', 'system:masters'],
    [tokens.scheduler, 'system:kube-scheduler', 'kube-scheduler', 'system:masters'],
  ];
  return rows.map((row) => `${row.join(',')}\n`).join('');
}

/** @param ca certificates (PEM) that sign the API server's; it is valid for 127.0.0.1, whatever the port */
export function kubeconfig(at: { cluster: string; port: number; ca: string; user: string; token: string }): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: at.cluster,
        cluster: {
          server: `https://127.0.0.1:${at.port}`,
          'certificate-authority-data': Buffer.from(at.ca).toString('base64'),
        },
      },
    ],
    users: [{ name: at.user, user: { token: at.token } }],
    contexts: [{ name: at.cluster, context: { cluster: at.cluster, user: at.user } }],
    'current-context': at.cluster,
  });
}
