import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import { LABEL, ZONE } from '../../kubernetes/labels.ts';
import type { Container, Template } from '../../kubernetes/resources.ts';

/**
 * The pod template of a set: the user's, with the images of the spec as this IDC's hosts pull them, in the set's AZ.
 * @param imageHost registry host as it stands in image names
 */
export function renderTemplate(set: AzSetRef, group: GroupRef, spec: Spec, imageHost: string): Template {
  const { metadata, spec: pod } = spec.template;
  const fill = (container: Container): Container => {
    const image = spec.images[container.name];
    return image === undefined
      ? container
      : { ...container, image: `${imageHost}/${image.repository}@${image.digest}` };
  };
  const initContainers = pod['initContainers'] as Container[] | undefined;
  const nodeSelector = pod['nodeSelector'] as Record<string, string> | undefined;
  return {
    metadata: {
      ...metadata,
      labels: { ...metadata?.labels, ...instanceLabels(set, group) },
    },
    spec: {
      ...pod,
      containers: pod.containers.map(fill),
      ...(initContainers === undefined ? {} : { initContainers: initContainers.map(fill) }),
      nodeSelector: { ...nodeSelector, [ZONE]: set.az },
    },
  };
}

/** Labels of its pods. */
export function instanceLabels(set: AzSetRef, group: GroupRef): Record<string, string> {
  return { ...setLabels(set, group), [LABEL.inService]: 'yes' };
}

/** Labels of the set itself. */
export function setLabels(set: AzSetRef, group: GroupRef): Record<string, string> {
  return {
    [LABEL.app]: group.app,
    [LABEL.group]: group.group,
    [LABEL.env]: group.env,
    [LABEL.azSet]: set.name,
  };
}

/** Container → image, of a template or of a pod. */
export function imagesOf(spec: { containers: Container[] }): Record<string, string> {
  return Object.fromEntries(spec.containers.map(({ name, image }) => [name, image ?? '']));
}

/** The containers run what the others say, whatever a label claims: the controller trusts the label, so we do not. */
export function hasImages(spec: { containers: Container[] }, wanted: { containers: Container[] }): boolean {
  const images = imagesOf(spec);
  return Object.entries(imagesOf(wanted)).every(([name, image]) => images[name] === image);
}
