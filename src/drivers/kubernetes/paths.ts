// Paths of the API.

const core = (namespace: string): string => `/api/v1/namespaces/${namespace}`;
const apps = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}`;
const named = (collection: string, name?: string): string =>
  name === undefined ? collection : `${collection}/${name}`;

export const paths = {
  pods: (namespace: string, name?: string) => named(`${core(namespace)}/pods`, name),
  eviction: (namespace: string, pod: string) => `${named(`${core(namespace)}/pods`, pod)}/eviction`,
  services: (namespace: string, name?: string) => named(`${core(namespace)}/services`, name),
  statefulSets: (namespace: string, name?: string) => named(`${apps(namespace)}/statefulsets`, name),
  revisions: (namespace: string, name?: string) => named(`${apps(namespace)}/controllerrevisions`, name),
  slices: (namespace: string) => `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`,
  autoscalers: (namespace: string) => `/apis/autoscaling/v2/namespaces/${namespace}/horizontalpodautoscalers`,
  budgets: (namespace: string, name?: string) =>
    named(`/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`, name),
  nodes: (name?: string) => named('/api/v1/nodes', name),
};

/** `key in (a,b)`: objects whose label has one of the values. */
export function labelIn(key: string, values: Iterable<string>): { labelSelector: string } {
  return { labelSelector: `${key} in (${[...values].join(',')})` };
}

/** `a=1,b=2`: objects that carry all of the labels. */
export function labelsAre(labels: Record<string, string>): { labelSelector: string } {
  return {
    labelSelector: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(','),
  };
}
