import { rangesText } from '../resources.ts';
import type { MesosResources, MesosTaskInfo, MesosTaskStatus } from '../types.ts';
import type { Task } from '../master/state.ts';

/** What both forms of the API write alike. */
type Json = Record<string, unknown>;

/** An attribute's type is read from its value (src/common/values.cpp): `3` a scalar, `[1-5]` ranges, all else text. */
export function attributeJson(name: string, text: string): Json {
  if (/^-?\d+(\.\d+)?$/.test(text)) return { name, type: 'SCALAR', scalar: { value: Number(text) } };
  const ranges = /^\[(.*)\]$/.exec(text)?.[1];
  if (ranges === undefined) return { name, type: 'TEXT', text: { value: text } };
  const range = ranges.split(',').map((one) => {
    const [begin = 0, end = begin] = one.split('-').map(Number);
    return { begin, end };
  });
  return { name, type: 'RANGES', ranges: { range } };
}

/** `extra` goes into each: the role, or whom it is allocated to. */
export function resourcesJson(resources: MesosResources, extra: Json): Json[] {
  const scalars = (['cpus', 'mem', 'disk', 'gpus'] as const).filter((name) => resources[name] > 0);
  return [
    ...scalars.map((name) => ({ ...extra, name, type: 'SCALAR', scalar: { value: resources[name] } })),
    ...(resources.ports.length === 0
      ? []
      : [
          {
            ...extra,
            name: 'ports',
            type: 'RANGES',
            ranges: { range: resources.ports.map(([begin, end]) => ({ begin, end })) },
          },
        ]),
  ];
}

/** The legacy form: an object, scalars always there. */
export function resourcesObject({ ports, ...scalars }: MesosResources): Json {
  return { ...scalars, ...(ports.length === 0 ? {} : { ports: rangesText(ports) }) };
}

export function labelsJson(labels: Record<string, string>): { key: string; value: string }[] {
  return Object.entries(labels).map(([key, value]) => ({ key, value }));
}

export function discoveryJson({ name, ports }: MesosTaskInfo): Json {
  return {
    visibility: 'FRAMEWORK',
    name,
    ports: {
      ports: ports.map(({ container, host, name: portName }) => ({
        number: host ?? container,
        ...(portName === null ? {} : { name: portName }),
        protocol: 'tcp',
      })),
    },
  };
}

/** Undefined for a task without an image. */
export function containerJson({ image, network, networkLabels, ports }: MesosTaskInfo): Json | undefined {
  if (image === null) return undefined;
  const mode = { host: 'HOST', bridge: 'BRIDGE' }[network] ?? 'USER';
  const infos = mode === 'USER' ? [{ name: network, labels: { labels: labelsJson(networkLabels) } }] : [];
  const mappings = ports.flatMap(({ container, host }) =>
    host === null ? [] : [{ container_port: container, host_port: host, protocol: 'tcp' }],
  );
  return {
    type: 'DOCKER',
    docker: { image, network: mode, privileged: false, ...(mode === 'BRIDGE' ? { port_mappings: mappings } : {}) },
    network_infos: infos,
  };
}

/**
 * Of a status that an agent sent from a container. A task that uses the addresses of its host has that of the agent: the
 * agent fills it in (src/slave/slave.cpp, "Fill in the container IP address").
 */
export function networkInfosOf(task: Task, status: MesosTaskStatus): Json[] | undefined {
  if (status.source !== 'SOURCE_EXECUTOR') return undefined;
  const { network } = task.info;
  const own = network !== 'host' && network !== 'bridge';
  const addresses = status.addresses.length > 0 || own ? status.addresses : [task.agentIp];
  if (addresses.length === 0) return undefined;
  return [
    {
      ...(own ? { name: network } : {}),
      ip_addresses: addresses.map((address) => ({ protocol: 'IPv4', ip_address: address })),
    },
  ];
}
