import { createHash } from 'node:crypto';
import { TransshipError } from '../../../domain/errors.ts';
import type { AzSetRef, GroupRef, Spec } from '../../../domain/types.ts';
import type { MarathonCluster } from '../../marathon/cluster.ts';
import { appIdOf, LABEL, ownLabels } from '../../marathon/labels.ts';
import type { Definition } from '../../marathon/state.ts';
import { quantity } from './quantity.ts';

/** What there is to say where the template says nothing: Marathon's own defaults. */
const CPUS = 1;
const MEMORY_MIB = 128;
const MIB = 2 ** 20;

/**
 * Fields that mean nothing on Marathon, and none that is lost: an instance is ready for traffic when it is ignited, which
 * is asked by Transship itself. Health checks of Marathon would hold the deployment, and with it the lock of the app, for
 * as long as one instance is unwell.
 */
const PASSED_OVER = {
  pod: ['restartPolicy', 'dnsPolicy', 'serviceAccountName', 'automountServiceAccountToken', 'enableServiceLinks'],
  container: ['readinessProbe', 'livenessProbe', 'startupProbe'],
};

type Fields = Record<string, unknown>;

/**
 * The app of a set for a spec. Only what Marathon can do as well is taken; the rest is refused by name, rather than left
 * out in silence.
 * @param imageHost registry host as it stands in image names
 * @throws APP_INVALID
 */
export function renderApp(cluster: MarathonCluster, set: AzSetRef, spec: Spec, imageHost: string): Definition {
  const faults: string[] = [];
  const { metadata, spec: pod } = spec.template;
  const [container, ...others] = pod.containers;
  if (container === undefined || others.length > 0) faults.push('spec.containers: there must be one');
  const { name = '', ...fields } = container ?? {};
  const at = `spec.containers[${name}]`;
  const podFields = taken(pod, 'spec', faults, PASSED_OVER.pod);
  const own = taken(fields, at, faults, PASSED_OVER.container);
  const image = spec.images[name];
  const resources = own.take('resources') as { requests?: Fields; limits?: Fields } | undefined;
  const grace = podFields.take('terminationGracePeriodSeconds');
  const constraints = [
    [cluster.zoneField, 'IS', set.az],
    ...Object.entries((podFields.take('nodeSelector') ?? {}) as Fields).map(([key, value]) => [key, 'IS', value]),
    ...spread(podFields.take('topologySpreadConstraints'), faults),
  ];
  const volumes = volumesOf(podFields.take('volumes'), own.take('volumeMounts'), faults);
  podFields.take('containers');
  const app = {
    ...command(own.take('command'), own.take('args')),
    cpus: amount(resources, 'cpu', faults) ?? CPUS,
    mem: Math.ceil((amount(resources, 'memory', faults) ?? MEMORY_MIB * MIB) / MIB),
    env: environment(own.take('env'), at, faults),
    labels: { ...metadata?.annotations, ...metadata?.labels },
    constraints,
    networks: [{ mode: 'container', name: cluster.network }],
    container: {
      type: 'DOCKER',
      docker: {
        image: image === undefined ? '' : `${imageHost}/${image.repository}@${image.digest}`,
        forcePullImage: own.take('imagePullPolicy') === 'Always',
      },
      portMappings: ports(own.take('ports')),
      ...(volumes.length === 0 ? {} : { volumes }),
    },
    ...(typeof grace === 'number' ? { taskKillGracePeriodSeconds: grace } : {}),
  };
  podFields.refuseRest();
  own.refuseRest();
  if (faults.length > 0) {
    throw new TransshipError('APP_INVALID', `${set.name} cannot be run by Marathon: ${faults.join('; ')}`);
  }
  // As it comes back from JSON: what is undefined is not there.
  return { app: JSON.parse(JSON.stringify(app)) as Fields, container: name };
}

/** Name of the revision: the same for the same definition, whatever spec it comes from. */
export function revisionOf(definition: Definition): string {
  return `r${createHash('sha256').update(canonical(definition)).digest('hex').slice(0, 10)}`;
}

/** Container → image. */
export function imagesOf({ app, container }: Definition): Record<string, string> {
  const { docker } = (app['container'] ?? {}) as { docker?: { image?: string } };
  return { [container]: docker?.image ?? '' };
}

/** The app as it is posted. What is written beside the definition makes no other revision. */
export function appOf(
  set: AzSetRef,
  { group, spec }: { group: GroupRef; spec: { version: string; number: string } },
  segment: string,
  definition: Definition,
  instances: number,
): { id: string; [field: string]: unknown } {
  const labels = {
    ...(definition.app['labels'] as Fields),
    ...ownLabels(set, group),
    [LABEL.version]: spec.version,
    [LABEL.spec]: spec.number,
  };
  return { ...definition.app, id: appIdOf(set, segment), instances, labels };
}

/** Gives fields one by one, and refuses what nobody took. */
function taken(fields: Fields, at: string, faults: string[], passedOver: readonly string[]) {
  const left = new Map(Object.entries(fields));
  for (const key of passedOver) left.delete(key);
  return {
    take: (key: string): unknown => {
      const value = left.get(key);
      left.delete(key);
      return value;
    },
    refuseRest: (): void => {
      for (const key of left.keys()) faults.push(`${at}.${key}: Marathon has no such thing`);
    },
  };
}

function amount(
  resources: { requests?: Fields; limits?: Fields } | undefined,
  key: string,
  faults: string[],
): number | null {
  // Mesos enforces what it is asked for: the limit where there is one.
  const value = resources?.limits?.[key] ?? resources?.requests?.[key];
  if (value === undefined) return null;
  const number = quantity(value);
  if (number === null) faults.push(`resources.${key}: ${JSON.stringify(value)} is no quantity`);
  return number;
}

function environment(env: unknown, at: string, faults: string[]): Record<string, string> {
  const list = (env ?? []) as { name: string; value?: string; valueFrom?: unknown }[];
  for (const { name, valueFrom } of list) {
    if (valueFrom !== undefined) faults.push(`${at}.env[${name}].valueFrom: Marathon has no such thing`);
  }
  return Object.fromEntries(list.map(({ name, value = '' }) => [name, value]));
}

/** Docker's own: arguments alone leave the image's entrypoint; with a command there is one line for a shell. */
function command(words: unknown, args: unknown): Fields {
  const [line, rest] = [(words ?? []) as string[], (args ?? []) as string[]];
  if (line.length > 0) return { cmd: [...line, ...rest].map(quoted).join(' ') };
  return rest.length > 0 ? { args: rest } : {};
}

function quoted(word: string): string {
  return /^[-\w./:=@%+,]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

function ports(list: unknown): Fields[] {
  return ((list ?? []) as { name?: string; containerPort: number; protocol?: string }[]).map(
    ({ name, containerPort, protocol }) => ({
      containerPort,
      protocol: (protocol ?? 'TCP').toLowerCase(),
      ...(name === undefined ? {} : { name }),
    }),
  );
}

function volumesOf(volumes: unknown, mounts: unknown, faults: string[]): Fields[] {
  const known = (volumes ?? []) as { name: string; hostPath?: { path: string } }[];
  return ((mounts ?? []) as { name: string; mountPath: string; readOnly?: boolean }[]).flatMap(
    ({ name, mountPath, readOnly }) => {
      const hostPath = known.find((volume) => volume.name === name)?.hostPath?.path;
      if (hostPath !== undefined)
        return [{ containerPath: mountPath, hostPath, mode: readOnly === true ? 'RO' : 'RW' }];
      faults.push(`spec.volumes[${name}]: only hostPath can be mounted by Marathon`);
      return [];
    },
  );
}

/** Spread over hosts, as far as Marathon knows that. */
function spread(constraints: unknown, faults: string[]): string[][] {
  return ((constraints ?? []) as { topologyKey: string }[]).flatMap(({ topologyKey }) => {
    if (topologyKey === 'kubernetes.io/hostname') return [['@hostname', 'GROUP_BY']];
    faults.push(`spec.topologySpreadConstraints: Marathon does not spread over ${topologyKey}`);
    return [];
  });
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
