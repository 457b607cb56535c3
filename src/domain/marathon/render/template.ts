import type { Fault, Part } from '../../input/fault.ts';
import { commandOf, environmentOf } from './process.ts';
import { resourcesOf } from './resources.ts';
import { Taker, textOf } from './taker.ts';
import { volumesOf } from './volumes.ts';

/**
 * Fields that mean nothing on Marathon, and none that is lost: an instance is ready for traffic when it is ignited, which
 * is asked by Transship itself. Health checks of Marathon would hold the deployment, and with it the lock of the app, for
 * as long as one instance is unwell.
 */
const MEANINGLESS = {
  pod: ['restartPolicy', 'dnsPolicy', 'serviceAccountName', 'automountServiceAccountToken', 'enableServiceLinks'],
  container: ['readinessProbe', 'livenessProbe', 'startupProbe'],
};

/** What a pod template says of an app of Marathon, wherever it is run. */
export interface RenderedTemplate {
  /** Name of its container. */
  container: string;
  /** It is to pull its image at every start. */
  isAlwaysPulled: boolean;
  /** Whom agents are chosen by, beside their AZ. */
  constraints: string[][];
  ports: Record<string, unknown>[];
  volumes: Record<string, unknown>[];
  /** The rest of the app's fields, by their names. */
  fields: Record<string, unknown>;
}

/**
 * A pod template as an app of Marathon. Only what Marathon can do as well is taken; the rest is a fault, by its path, rather
 * than left out in silence. What is malformed is taken for absent, or is a fault, too.
 */
export function renderTemplate(template: Part): { rendered: RenderedTemplate; faults: Fault[] } {
  const faults: Fault[] = [];
  const [metadata, spec] = [template.get('metadata'), template.get('spec')];
  const containers = spec.get('containers');
  const [first = containers.get('0'), ...others] = containers.items();
  if (others.length > 0) faults.push(containers.fault('must be one: an app of Marathon is one container'));
  const pod = new Taker(spec, faults, ['containers', ...MEANINGLESS.pod]);
  const own = new Taker(first, faults, ['name', ...MEANINGLESS.container]);
  const host = pod.take('hostNetwork');
  if (host.present && host.value !== false) faults.push(host.fault('is nothing that Marathon has'));
  const grace = pod.take('terminationGracePeriodSeconds');
  if (grace.present && grace.number === undefined) faults.push(grace.fault('must be a number'));
  const environment = environmentOf(own.take('env'), faults);
  const rendered: RenderedTemplate = {
    container: first.get('name').text ?? '',
    isAlwaysPulled: own.take('imagePullPolicy').text === 'Always',
    constraints: [
      ...selectorsOf(pod.take('nodeSelector'), faults),
      ...spreadOf(pod.take('topologySpreadConstraints'), faults),
    ],
    ports: portsOf(own.take('ports'), faults),
    volumes: volumesOf(pod.take('volumes'), own.take('volumeMounts'), faults),
    fields: {
      ...commandOf(own.take('command'), own.take('args'), environment, faults),
      ...resourcesOf(own.take('resources'), faults),
      env: environment,
      labels: { ...textsOf(metadata.get('annotations'), faults), ...textsOf(metadata.get('labels'), faults) },
      ...(grace.number === undefined ? {} : { taskKillGracePeriodSeconds: grace.number }),
    },
  };
  pod.refuseRest();
  own.refuseRest();
  return { rendered, faults };
}

function textsOf(map: Part, faults: Fault[]): Record<string, string> {
  return Object.fromEntries(map.keys().map((key) => [key, textOf(map.get(key), faults)]));
}

function selectorsOf(selector: Part, faults: Fault[]): string[][] {
  return Object.entries(textsOf(selector, faults)).map(([key, value]) => [key, 'IS', value]);
}

/** Spread over hosts, as far as Marathon knows that. */
function spreadOf(constraints: Part, faults: Fault[]): string[][] {
  return constraints.items().flatMap((constraint) => {
    const key = constraint.get('topologyKey');
    if (key.text === 'kubernetes.io/hostname') return [['@hostname', 'GROUP_BY']];
    faults.push(key.fault(`must be kubernetes.io/hostname: Marathon spreads over no ${key.text ?? 'other'}`));
    return [];
  });
}

function portsOf(ports: Part, faults: Fault[]): Record<string, unknown>[] {
  return ports.items().map((port) => {
    const fields = new Taker(port, faults);
    const name = fields.take('name').text;
    const protocol = fields.take('protocol');
    const words = protocol.text ?? 'TCP';
    if (!['TCP', 'UDP'].includes(words)) faults.push(protocol.fault('must be TCP or UDP: Marathon knows no other'));
    const containerPort = fields.take('containerPort').number;
    fields.refuseRest();
    return { containerPort, protocol: words.toLowerCase(), ...(name === undefined ? {} : { name }) };
  });
}
