import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { LABEL, serviceName, serviceSelector } from '../../kubernetes/labels.ts';
import { labelsAre, paths } from '../../kubernetes/paths.ts';
import type { Service, StatefulSet } from '../../kubernetes/resources.ts';
import { selects } from '../../kubernetes/services.ts';
import type { Guard } from '../index.ts';

/** Creates the group's Service in this cluster and namespace where it is absent. */
export async function ensureService(
  api: ApiServer,
  { namespace }: AzSetRef,
  group: GroupRef,
  ports: Spec['ports'],
  guard: Guard,
): Promise<void> {
  const name = serviceName(group);
  if ((await api.get(paths.services(namespace, name))) !== null) return;
  await guard();
  try {
    await api.create(paths.services(namespace), {
      metadata: { name, labels: serviceLabels(group) },
      spec: { selector: serviceSelector(group), ports },
    });
  } catch (error) {
    // Another set of the group was faster.
    if (!isStatus(error, 409)) throw error;
  }
}

/** Removes the Service that ensureService made, once no set of the group is left in the namespace. */
export async function dropService(
  api: ApiServer,
  { namespace }: AzSetRef,
  group: GroupRef,
  guard: Guard,
): Promise<void> {
  const labels = serviceLabels(group);
  const service = await api.get<Service>(paths.services(namespace, serviceName(group)));
  if (service === null || !selects(labels, service.metadata.labels ?? {})) return;
  if ((await api.list<StatefulSet>(paths.statefulSets(namespace), labelsAre(labels))).length > 0) return;
  await guard();
  await api.delete(paths.services(namespace, service.metadata.name), service.metadata.uid);
}

/**
 * Refuses, by name, Services that would bypass the label by which instances are taken out: they list pods that are not
 * ready, or those that are out.
 * @param labels of an instance
 * @throws SERVICE_UNFIT
 */
export async function checkServices(api: ApiServer, namespace: string, labels: Record<string, string>): Promise<void> {
  for (const service of await selecting(api, namespace, labels)) {
    const why = whyUnfit(service) ?? (isNarrow(service) ? null : `does not select ${LABEL.inService}`);
    if (why !== null) throw unfit(api, service, why);
  }
}

/**
 * The same for a group that is not ours yet: its Services do not know our label.
 * @throws SERVICE_UNFIT
 */
export async function checkAdoptable(api: ApiServer, namespace: string, labels: Record<string, string>): Promise<void> {
  for (const service of await selecting(api, namespace, labels)) {
    const why = whyUnfit(service);
    if (why !== null) throw unfit(api, service, why);
  }
}

/** Lets the Services that select such an instance select those alone that nobody took out. */
export async function narrowServices(
  api: ApiServer,
  namespace: string,
  labels: Record<string, string>,
  guard: Guard,
): Promise<void> {
  for (const service of await selecting(api, namespace, labels)) {
    if (isNarrow(service)) continue;
    const { name, uid } = service.metadata;
    await guard();
    await api.patch(paths.services(namespace, name), 'merge', {
      metadata: { uid },
      spec: { selector: { [LABEL.inService]: 'yes' } },
    });
  }
}

/** Services that select an instance with these labels when nobody took it out. */
async function selecting(api: ApiServer, namespace: string, labels: Record<string, string>): Promise<Service[]> {
  const inService = { ...labels, [LABEL.inService]: 'yes' };
  const services = await api.list<Service>(paths.services(namespace));
  return services.filter(({ spec }) => spec.selector !== undefined && selects(spec.selector, inService));
}

function isNarrow({ spec }: Service): boolean {
  return spec.selector?.[LABEL.inService] !== undefined;
}

function whyUnfit({ spec }: Service): string | null {
  if (spec.clusterIP === 'None') return 'is headless: its clients keep the addresses they resolved';
  return spec.publishNotReadyAddresses === true ? 'publishes addresses that are not ready' : null;
}

function unfit(api: ApiServer, { metadata }: Service, why: string): TransshipError {
  const { name, namespace } = metadata;
  return new TransshipError('SERVICE_UNFIT', `the Service ${name} in ${api.name}/${namespace} ${why}`);
}

function serviceLabels(group: GroupRef): Record<string, string> {
  return { [LABEL.app]: group.app, [LABEL.group]: group.group, [LABEL.env]: group.env };
}
