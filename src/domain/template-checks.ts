import { type Fault, type Part, repeated } from './input/fault.ts';

/** Labels by which controllers and our own sets find their pods. */
const CONTROLLERS_LABELS = [
  'controller-revision-hash',
  'pod-template-hash',
  'statefulset.kubernetes.io/pod-name',
  'apps.kubernetes.io/pod-index',
];

/** Labels and annotations that Transship writes itself: `transship.dev/…`, `out.transship.dev/…`. */
const OWN = /^([-a-z0-9.]+\.)?transship\.dev\//;

/** A label of pods that is not the user's to set. */
export function isReservedLabel(key: string): boolean {
  return OWN.test(key) || CONTROLLERS_LABELS.includes(key);
}

export const containersOf = (group: Part): Part[] => group.get('template').get('spec').get('containers').items();

/** Ports that the containers of a group declare. */
export function containerPorts(group: Part): number[] {
  const ports = containersOf(group).flatMap((container) => container.get('ports').items());
  return ports.flatMap((port) => port.get('containerPort').number ?? []);
}

/** What a pod template may not say, because a release, a move or the StatefulSet controller says it. */
export function checkTemplate(template: Part): Fault[] {
  const spec = template.get('spec');
  const containers = spec.get('containers').items();
  const initContainers = spec.get('initContainers').items();
  return [
    ...checkMetadata(template.get('metadata')),
    ...refused(spec),
    ...repeated(
      [...initContainers, ...containers].map((container) => container.get('name')),
      'container name',
    ),
    ...containers.flatMap((container) => {
      const image = container.get('image');
      return image.present
        ? [image.fault('must not be set', 'name the repository in "images"; a release gives the version')]
        : [];
    }),
  ];
}

function refused(spec: Part): Fault[] {
  const faults: Fault[] = [];
  const refuse = (key: string, hint: string): void => {
    const part = spec.get(key);
    if (part.present && part.value !== false) faults.push(part.fault('is refused', hint));
  };
  refuse('nodeName', 'placement and the scheduler choose hosts; use nodeSelector or affinity');
  refuse('hostNetwork', 'an instance has an address of its own');
  refuse('schedulingGates', 'gates are used to move instances between clusters');
  const restart = spec.get('restartPolicy');
  if (restart.present && restart.value !== 'Always') faults.push(restart.fault('must be Always', 'leave it out'));
  return faults;
}

function checkMetadata(metadata: Part): Fault[] {
  return ['labels', 'annotations'].flatMap((kind) => {
    const entries = metadata.get(kind);
    return entries.keys().flatMap((key) => {
      if (OWN.test(key)) return [entries.get(key).fault('is refused', 'transship.dev/ belongs to Transship')];
      if (kind === 'labels' && CONTROLLERS_LABELS.includes(key)) {
        return [entries.get(key).fault('is refused', 'controllers find their pods by it')];
      }
      return [];
    });
  });
}
