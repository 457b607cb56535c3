import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { ApiServer } from '../../kubernetes/api.ts';
import { isStatus } from '../../kubernetes/errors.ts';
import { LABEL, serviceName, serviceSelector } from '../../kubernetes/labels.ts';
import { paths } from '../../kubernetes/paths.ts';
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
  const labelSelector = Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
  const service = await api.get<Service>(paths.services(namespace, serviceName(group)));
  if (service === null || !selects(labels, service.metadata.labels ?? {})) return;
  if ((await api.list<StatefulSet>(paths.statefulSets(namespace), { labelSelector })).length > 0) return;
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
  for (const { metadata, spec } of await api.list<Service>(paths.services(namespace))) {
    if (spec.selector === undefined || !selects(spec.selector, { ...labels, [LABEL.inService]: 'yes' })) continue;
    const why =
      spec.clusterIP === 'None'
        ? 'is headless: its clients keep the addresses they resolved'
        : spec.publishNotReadyAddresses === true
          ? 'publishes addresses that are not ready'
          : spec.selector[LABEL.inService] === undefined
            ? `does not select ${LABEL.inService}`
            : null;
    if (why !== null)
      throw new TransshipError('SERVICE_UNFIT', `the Service ${metadata.name} in ${api.name}/${namespace} ${why}`);
  }
}

function serviceLabels(group: GroupRef): Record<string, string> {
  return { [LABEL.app]: group.app, [LABEL.group]: group.group, [LABEL.env]: group.env };
}
