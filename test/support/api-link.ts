import { writeFile } from 'node:fs/promises';
import { KubeConfig } from '@kubernetes/client-node';
import { stringify } from 'yaml';
import { openHttpLink, type HttpLink } from './http-link.ts';

/** The way to an API server, in the hands of a test. */
export interface ApiLink extends HttpLink {
  /** Path of a kubeconfig that goes through it. */
  kubeconfig: string;
}

/** @param file where the kubeconfig that goes through the link is written */
export async function openApiLink(kubeconfig: string, file: string): Promise<ApiLink> {
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const link = await openHttpLink(new URL(config.getCurrentCluster()?.server ?? ''), {
    // Neither a read nor a dry run.
    mutates: ({ method, query }) => method !== 'GET' && !query.has('dryRun'),
    prepare: (options) => config.applyToHTTPSOptions(options),
  });
  await writeFile(file, through(link.port));
  return { ...link, kubeconfig: file };
}

/** The link itself signs in upstream; what comes to it needs no credential. */
function through(port: number): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server: `http://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true } }],
    users: [{ name: 'u', user: {} }],
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'c',
  });
}
