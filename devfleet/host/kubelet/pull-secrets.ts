import type { Credentials } from '../registry-pull.ts';
import type { NodeApi } from './node-api.ts';
import type { Pod } from './pod.ts';

/** Credentials of the pod's imagePullSecrets. A secret that cannot be read is left out, as the kubelet does. */
export async function pullCredentials(api: Pick<NodeApi, 'request'>, pod: Pod): Promise<Credentials[]> {
  const all = await Promise.all(
    (pod.spec.imagePullSecrets ?? []).map(async ({ name }) => {
      const path = `/api/v1/namespaces/${pod.metadata.namespace}/secrets/${name}`;
      const secret = await api.request<{ data?: Record<string, string> }>({ method: 'GET', path }).catch(() => null);
      const encoded = secret?.data?.['.dockerconfigjson'];
      return encoded === undefined ? [] : readDockerConfig(Buffer.from(encoded, 'base64').toString());
    }),
  );
  return all.flat();
}

function readDockerConfig(text: string): Credentials[] {
  const { auths = {} } = JSON.parse(text) as {
    auths?: Record<string, { auth?: string; username?: string; password?: string }>;
  };
  return Object.entries(auths).map(([host, { auth, username = '', password = '' }]) => ({
    host,
    basic: auth ?? Buffer.from(`${username}:${password}`).toString('base64'),
  }));
}
