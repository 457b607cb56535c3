import type { ApiServer } from '../../kubernetes/api.ts';
import { coalesce } from '../../kubernetes/coalesce.ts';
import { LABEL, serviceName } from '../../kubernetes/labels.ts';
import { labelIn, paths } from '../../kubernetes/paths.ts';
import type { Endpoint, EndpointSlice, Pod, Service, StatefulSet } from '../../kubernetes/resources.ts';
import { selects } from '../../kubernetes/services.ts';

/** Kubernetes' own label on an EndpointSlice: the Service it belongs to. */
export const SERVICE_OF = 'kubernetes.io/service-name';

/** The data plane, read fresh: which Services would route to a pod, and what their EndpointSlices list. */
export class Routes {
  readonly #api: ApiServer;
  readonly #sets = new Map<string, (set: string) => Promise<StatefulSet[]>>();
  readonly #services = new Map<string, (ask: string) => Promise<Service[]>>();
  readonly #slices = new Map<string, (service: string) => Promise<EndpointSlice[]>>();

  constructor(api: ApiServer) {
    this.#api = api;
  }

  /** Names of the Services that carry the traffic of the groups that these sets belong to, as their labels say. */
  async servicesFor(namespace: string, sets: string[]): Promise<string[]> {
    const list = shared(this.#sets, namespace, (asked) =>
      this.#api.list<StatefulSet>(paths.statefulSets(namespace), labelIn(LABEL.azSet, asked)),
    );
    const found = (await Promise.all(sets.map(list))).at(0) ?? [];
    const services = found
      .filter(({ metadata }) => sets.includes(metadata.name))
      .flatMap(({ metadata: { labels = {} } }) => {
        const { [LABEL.app]: app, [LABEL.group]: group } = labels;
        return app === undefined || group === undefined ? [] : [serviceName({ app, group })];
      });
    return [...new Set(services)];
  }

  /** Names of the Services that select the pod when nobody keeps it out. */
  async servicesOf({ metadata }: Pod): Promise<string[]> {
    const { namespace, labels } = metadata;
    const list = shared(this.#services, namespace, () => this.#api.list<Service>(paths.services(namespace)));
    const inService = { ...labels, [LABEL.inService]: 'yes' };
    return (await list(namespace))
      .filter(({ spec }) => spec.selector !== undefined && selects(spec.selector, inService))
      .map(({ metadata: { name } }) => name);
  }

  /** Endpoints of each of the Services. */
  async endpointsOf(namespace: string, services: string[]): Promise<Map<string, Endpoint[]>> {
    const list = shared(this.#slices, namespace, (asked) =>
      this.#api.list<EndpointSlice>(paths.slices(namespace), labelIn(SERVICE_OF, [...asked].sort())),
    );
    const slices = (await Promise.all(services.map(list))).at(0) ?? [];
    return new Map(
      services.map((service) => [
        service,
        slices
          .filter(({ metadata }) => metadata.labels?.[SERVICE_OF] === service)
          .flatMap(({ endpoints }) => endpoints ?? []),
      ]),
    );
  }
}

function shared<T>(
  reads: Map<string, (ask: string) => Promise<T>>,
  key: string,
  read: (asked: Set<string>) => Promise<T>,
): (ask: string) => Promise<T> {
  const known = reads.get(key) ?? coalesce(read);
  reads.set(key, known);
  return known;
}

/** The endpoint gets new connections. */
export function isServing({ conditions }: Endpoint): boolean {
  return (conditions?.ready ?? true) && conditions?.terminating !== true;
}
