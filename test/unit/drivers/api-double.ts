import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { openCluster, type Cluster } from '../../../src/drivers/kubernetes/cluster.ts';

/** A server that answers as a test says, and a cluster that is opened on it by a kubeconfig with a token. */
export interface ApiDouble {
  cluster: Cluster;
  kubeconfig: string;
  /** Rewrites the kubeconfig. */
  setToken(token: string): Promise<void>;
  close(): Promise<void>;
}

export async function openApiDouble(
  answer: (incoming: IncomingMessage, reply: ServerResponse) => void,
  options: { lostAfterSeconds?: number } = {},
): Promise<ApiDouble> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'transship-api-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const setToken = async (token: string): Promise<void> =>
    writeFile(
      kubeconfig,
      stringify({
        clusters: [
          { name: 'c', cluster: { server: `http://127.0.0.1:${String(port)}`, 'insecure-skip-tls-verify': true } },
        ],
        users: [{ name: 'u', user: { token } }],
        contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
        'current-context': 'x',
      }),
    );
  await setToken('first');
  const cluster = openCluster({ name: 'north', kubeconfig, ...options });
  return {
    cluster,
    kubeconfig,
    setToken,
    close: async () => {
      await cluster.close();
      server.close().closeAllConnections();
      await rm(folder, { recursive: true });
    },
  };
}
