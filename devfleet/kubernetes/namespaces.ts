import { readFileSync } from 'node:fs';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import type { KubernetesApi } from './api.ts';

const MANIFEST = new URL('../../deploy/rbac.yml', import.meta.url);
const COLLECTIONS = {
  Role: 'roles',
  RoleBinding: 'rolebindings',
  ClusterRole: 'clusterroles',
  ClusterRoleBinding: 'clusterrolebindings',
} as const;
const objectSchema = z.looseObject({
  apiVersion: z.literal('rbac.authorization.k8s.io/v1'),
  kind: z.enum(['Role', 'RoleBinding', 'ClusterRole', 'ClusterRoleBinding']),
});

/** Creates the namespaces of the environments, with Transship's rights in each: those of deploy/rbac.yml, no more. */
export async function createNamespaces(api: KubernetesApi, namespaces: string[]): Promise<void> {
  const objects = parseAllDocuments(readFileSync(MANIFEST, 'utf8')).map((document) =>
    objectSchema.parse(document.toJS()),
  );
  await Promise.all([
    ...namespaces.map(async (name) => {
      await api.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
      for (const object of objects.filter(({ kind }) => !kind.startsWith('Cluster')))
        await api.create(`/apis/${object.apiVersion}/namespaces/${name}/${COLLECTIONS[object.kind]}`, object);
    }),
    ...objects
      .filter(({ kind }) => kind.startsWith('Cluster'))
      .map((object) => api.create(`/apis/${object.apiVersion}/${COLLECTIONS[object.kind]}`, object)),
  ]);
}
