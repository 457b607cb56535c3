import type { MesosOffer, MesosTaskInfo } from '../../mesos/types.ts';
import { decimal } from '../app/decimal.ts';
import type { App } from '../app/types.ts';
import { hostnameOf } from '../paths.ts';
import { iso } from '../stamps.ts';

// Where neither the app nor `--executor` says otherwise, Mesos gives a task 3 s between TERM and KILL.
const DEFAULT_GRACE_SECONDS = 3;
const LONGEST = 512;

/** An app's instance as Mesos is asked to run it (mesos/TaskBuilder.scala). @param ports as matched, null: none on the host */
export function taskInfo(app: App, taskId: string, offer: MesosOffer, ports: (number | null)[]): MesosTaskInfo {
  const hostPorts = ports.filter((port) => port !== null);
  const network = app.networks.find(({ mode }) => mode !== 'host');
  return {
    taskId,
    name: hostnameOf(app.id),
    agentId: offer.agentId,
    resources: {
      cpus: app.cpus,
      mem: app.mem,
      disk: app.disk,
      gpus: app.gpus,
      ports: hostPorts.map((port) => [port, port]),
    },
    image: app.container?.docker?.image ?? null,
    command: app.cmd ?? (app.args.length > 0 ? app.args.join(' ') : null),
    environment: environmentOf(app, taskId, offer, ports),
    labels: app.labels,
    ports: requestedPorts(app).map(({ name, port }, index) => {
      const host = ports[index] ?? null;
      const onHost = network === undefined;
      return { container: onHost || port === 0 ? (host ?? port) : port, host, name };
    }),
    network: network === undefined ? 'host' : network.mode === 'container/bridge' ? 'bridge' : (network.name ?? ''),
    networkLabels: network?.labels ?? {},
    killGraceSeconds: app.taskKillGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
  };
}

function requestedPorts({ container, portDefinitions }: App): { name: string | null; port: number }[] {
  const mappings = container?.portMappings ?? [];
  if (mappings.length > 0)
    return mappings.map(({ name, containerPort }) => ({ name: name ?? null, port: containerPort }));
  return (portDefinitions ?? []).map(({ name, port }) => ({ name: name ?? null, port }));
}

/** The app's own variables win over Marathon's. */
function environmentOf(app: App, taskId: string, offer: MesosOffer, ports: (number | null)[]): Record<string, string> {
  const own = Object.entries(app.env).filter((entry): entry is [string, string] => typeof entry[1] === 'string');
  const image = app.container?.type === 'DOCKER' ? app.container.docker?.image : undefined;
  return {
    MESOS_TASK_ID: taskId,
    MARATHON_APP_ID: app.id,
    MARATHON_APP_VERSION: iso(app.versionInfo.version),
    ...(image === undefined ? {} : { MARATHON_APP_DOCKER_IMAGE: image }),
    MARATHON_APP_RESOURCE_CPUS: decimal(app.cpus),
    MARATHON_APP_RESOURCE_MEM: decimal(app.mem),
    MARATHON_APP_RESOURCE_DISK: decimal(app.disk),
    MARATHON_APP_RESOURCE_GPUS: String(app.gpus),
    ...labelVariables(app.labels),
    ...portVariables(requestedPorts(app), ports),
    HOST: offer.hostname,
    ...Object.fromEntries(own),
  };
}

function labelVariables(labels: Record<string, string>): Record<string, string> {
  const short = Object.entries(labels).filter(
    ([key, value]) => key.length < LONGEST - 'MARATHON_APP_LABEL_'.length && value.length < LONGEST,
  );
  const named = short.map(([key, value]): [string, string] => [
    key.replace(/[^a-zA-Z0-9_]+/g, '_').toUpperCase(),
    value,
  ]);
  return {
    MARATHON_APP_LABELS: named.map(([key]) => key).join(' '),
    ...Object.fromEntries(named.map(([key, value]) => [`MARATHON_APP_LABEL_${key}`, value])),
  };
}

/** PORT0, PORT_8080, PORT_HTTP, PORT, PORTS: by place, by number asked for, by name (mesos/EnvironmentHelper.scala). */
function portVariables(
  requested: { name: string | null; port: number }[],
  ports: (number | null)[],
): Record<string, string> {
  if (ports.length === 0) return {};
  const variables: Record<string, string> = {};
  ports.forEach((host, index) => {
    const { name, port } = requested[index] ?? { name: null, port: 0 };
    const effective = String(host ?? port);
    variables[`PORT${index}`] = effective;
    variables[`PORT_${port === 0 ? effective : port}`] = effective;
    if (name !== null) variables[`PORT_${name.toUpperCase()}`] = effective;
  });
  const onHost = ports.filter((port) => port !== null);
  if (onHost[0] !== undefined) variables['PORT'] = String(onHost[0]);
  variables['PORTS'] = onHost.join(',');
  return variables;
}
