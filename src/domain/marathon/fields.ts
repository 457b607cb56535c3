import type { Path } from '../input/fault.ts';
import { type Outcome, REASONS, type Reason } from './reasons.ts';

/** A field of a Marathon app, and what becomes of it. */
export interface FieldRow {
  /** `[]` is any item of a list, `*` any key of a mapping, `**` all that is beneath. */
  field: string;
  /** All that may become of it, where it has a value of its kind. */
  reasons: readonly Reason[];
  becomes: string;
}

const row = (field: string, reasons: string, becomes: string): FieldRow => ({
  field,
  reasons: reasons.split(' ') as Reason[],
  becomes,
});

/** Every field of an app (mesosphere/marathon, types/app.raml and what it uses), those of old releases too. */
export const FIELDS: readonly FieldRow[] = [
  row('id', 'translated name', '`app` (its parts joined by dashes) and the name of the group (its last part)'),
  row('instances', 'translated instances', '`placement[].instances`, shared out over the places'),
  row('cmd', 'translated command', '`command`, by `/bin/sh -c`'),
  row('args[]', 'translated command', '`args`; without an image `command`'),
  row('env.*', 'translated name', '`env`'),
  row('env.*.secret', 'translated secret', '`env` from a Secret'),
  row('secrets.*.source', 'secret ignored', 'a Secret, which a person makes'),
  row('labels.*', 'translated traffic transship name', 'labels of the pods, else annotations; `owner`, `environment`'),
  row('user', 'translated kernel', '`securityContext.runAsUser`, where it is a number or root'),
  row('tty', 'translated default', '`tty`'),
  row('executor', 'default command', 'nothing'),
  row('cpus', 'translated', '`resources.requests.cpu`'),
  row('mem', 'translated kubernetes', '`resources`: requests and limits'),
  row('disk', 'translated default', '`resources.requests.ephemeral-storage`'),
  row('gpus', 'translated default', '`resources.limits`: `nvidia.com/gpu`'),
  row('resourceLimits.cpus', 'translated kubernetes', '`resources.limits.cpu`'),
  row('resourceLimits.mem', 'translated kubernetes', '`resources.limits.memory`'),
  row('executorResources.cpus', 'kubernetes', 'nothing: there is no executor'),
  row('executorResources.mem', 'kubernetes', 'nothing'),
  row('executorResources.disk', 'kubernetes', 'nothing'),

  row('container.type', 'kubernetes', 'nothing: the nodes choose the runtime'),
  row(
    'container.docker.image',
    'translated image',
    '`images`, without host and tag; the tag is the version to release',
  ),
  row('container.docker.forcePullImage', 'transship', 'nothing: images are pulled by digest'),
  row('container.docker.privileged', 'translated default', '`securityContext.privileged`'),
  row('container.docker.parameters[].key', 'translated docker', 'what there is for it in the template'),
  row('container.docker.parameters[].value', 'translated docker', 'what there is for it in the template'),
  row('container.docker.pullConfig.secret', 'translated', '`imagePullSecrets`'),
  row('container.docker.credential.principal', 'secret', 'a Secret for `imagePullSecrets`, which a person makes'),
  row('container.docker.credential.secret', 'secret', 'the same'),
  row('container.docker.network', 'kubernetes network', 'nothing, but for the host’s network'),
  ...portMapping('container.portMappings[]'),
  ...portMapping('container.docker.portMappings[]'),
  row('container.linuxInfo.seccomp.unconfined', 'translated default', '`securityContext.seccompProfile`'),
  row('container.linuxInfo.seccomp.profileName', 'kernel', 'a profile that a person puts on the nodes'),
  row('container.linuxInfo.ipcInfo.mode', 'kubernetes kernel', 'nothing, where it is private'),
  row('container.linuxInfo.ipcInfo.shmSize', 'translated', 'a volume in memory at `/dev/shm`'),
  row('container.volumes[].containerPath', 'translated storage', '`volumeMounts`'),
  row('container.volumes[].hostPath', 'translated storage', '`volumes`; what was written on hosts is a person’s'),
  row('container.volumes[].mode', 'translated storage kubernetes', '`volumeMounts[].readOnly`'),
  row('container.volumes[].secret', 'translated secret storage', '`volumes`, from a Secret'),
  row('container.volumes[].persistent.**', 'storage', 'a claim, which a person makes'),
  row('container.volumes[].external.**', 'storage', 'a claim, which a person makes'),

  row('networks[].mode', 'kubernetes network', 'nothing, but for the host’s network'),
  row('networks[].name', 'kubernetes network', 'nothing, where there is one'),
  row('networks[].labels.*', 'address ignored', 'a fixed-address request, told with its value'),
  row('ipAddress.networkName', 'kubernetes', 'nothing'),
  row('ipAddress.groups[]', 'ignored', 'nothing'),
  row('ipAddress.labels.*', 'address', 'a fixed-address request, told with its value'),
  row('ipAddress.discovery.ports[].number', 'translated', '`ports` and container ports'),
  row('ipAddress.discovery.ports[].name', 'translated name port', '`ports[].name`'),
  row('ipAddress.discovery.ports[].protocol', 'default port', 'nothing; UDP is a person’s'),
  row('ipAddress.discovery.ports[].labels.*', 'traffic', 'the Service of the group'),
  row('ports[]', 'translated ignored', '`ports` and container ports; `$PORT0` …'),
  row('portDefinitions[].port', 'translated ignored', '`ports` and container ports; `$PORT0` …'),
  row('portDefinitions[].name', 'translated name port ignored', '`ports[].name`'),
  row('portDefinitions[].protocol', 'default port ignored', 'nothing; UDP is a person’s'),
  row('portDefinitions[].labels.*', 'traffic ignored', 'the Service of the group'),
  row('requirePorts', 'default port ignored', 'nothing, but where ports were the host’s'),

  row('healthChecks[].protocol', 'translated health', 'the probes; HTTP is `health`, too'),
  row('healthChecks[].path', 'translated ignored health', 'the probes, and `health.path`'),
  row('healthChecks[].port', 'translated ignored health', 'the probes, and `health.port`'),
  row('healthChecks[].portIndex', 'translated ignored health', 'the probes, and `health.port`'),
  row('healthChecks[].command.value', 'translated health', '`exec` of the probes'),
  row('healthChecks[].gracePeriodSeconds', 'translated health', '`startupProbe`, and `health.timeoutSeconds`'),
  row('healthChecks[].intervalSeconds', 'translated health', '`periodSeconds`'),
  row('healthChecks[].timeoutSeconds', 'translated health', '`timeoutSeconds` of the probes'),
  row(
    'healthChecks[].maxConsecutiveFailures',
    'translated kubernetes health',
    '`livenessProbe.failureThreshold`; 0: none',
  ),
  row('healthChecks[].delaySeconds', 'translated ignored kubernetes health', '`startupProbe.initialDelaySeconds`'),
  row('healthChecks[].ipProtocol', 'default network health', 'nothing, where it is IPv4'),
  row('healthChecks[].ignoreHttp1xx', 'transship health', 'nothing'),
  row('readinessChecks[].protocol', 'default health', 'nothing; HTTPS is a person’s'),
  row('readinessChecks[].path', 'translated health', '`health.path`'),
  row('readinessChecks[].portName', 'translated health', '`health.port`'),
  row('readinessChecks[].httpStatusCodesForReady[]', 'translated health', '`health.codes.ignited`'),
  row('readinessChecks[].name', 'transship health', 'nothing'),
  row('readinessChecks[].intervalSeconds', 'transship health', 'nothing: a release asks at its own pace'),
  row('readinessChecks[].timeoutSeconds', 'transship health', 'nothing'),
  row('readinessChecks[].preserveLastResponse', 'transship health', 'nothing'),
  row('check.**', 'health', 'a probe, where a person wants one: its result was only shown'),

  row('constraints[][]', 'translated hosts', 'affinity and topology spread, by labels of nodes that an option names'),
  row('acceptedResourceRoles[]', 'default hosts', 'nothing, where it is `*`'),
  row('role', 'default hosts', 'nothing, where it is `*`'),
  row('fetch[].uri', 'download', 'a file in the image, or an init container'),
  row('fetch[].extract', 'download', 'the same'),
  row('fetch[].executable', 'download', 'the same'),
  row('fetch[].cache', 'download', 'the same'),
  row('fetch[].destPath', 'download', 'the same'),
  row('uris[]', 'download', 'a file in the image, or an init container'),
  row('dependencies[]', 'order', 'the order in which a person releases apps'),
  row('backoffSeconds', 'kubernetes', 'nothing: the kubelet has its own'),
  row('backoffFactor', 'kubernetes', 'nothing'),
  row('maxLaunchDelaySeconds', 'kubernetes', 'nothing'),
  row('upgradeStrategy.minimumHealthCapacity', 'transship', 'nothing: the brake keeps what has to serve'),
  row('upgradeStrategy.maximumOverCapacity', 'transship', 'nothing: instances are replaced in place'),
  row('taskKillGracePeriodSeconds', 'translated', '`terminationGracePeriodSeconds`'),
  row('killSelection', 'kubernetes order', 'nothing, where it is the youngest'),
  row('unreachableStrategy', 'translated', '`tolerations`, where it is disabled'),
  row('unreachableStrategy.inactiveAfterSeconds', 'translated default', '`tolerations`, where it is not 0'),
  row('unreachableStrategy.expungeAfterSeconds', 'default kubernetes', 'nothing'),
  row('residency.relaunchEscalationTimeoutSeconds', 'ignored', 'nothing'),
  row('residency.taskLostBehavior', 'ignored', 'nothing'),

  row('version', 'state', 'nothing'),
  row('versionInfo.**', 'state', 'nothing'),
  row('tasksStaged', 'state', 'nothing'),
  row('tasksRunning', 'state', 'nothing'),
  row('tasksHealthy', 'state', 'nothing'),
  row('tasksUnhealthy', 'state', 'nothing'),
  row('deployments.**', 'state', 'nothing'),
  row('tasks.**', 'state', 'nothing'),
  row('taskStats.**', 'state', 'nothing'),
  row('tasksStats.**', 'state', 'nothing'),
  row('lastTaskFailure.**', 'state', 'nothing'),
  row('readinessCheckResults.**', 'state', 'nothing'),
];

function portMapping(field: string): FieldRow[] {
  return [
    row(`${field}.containerPort`, 'translated ignored', '`ports` and container ports'),
    row(`${field}.hostPort`, 'default port ignored', 'nothing, where it is any'),
    row(`${field}.servicePort`, 'translated default port ignored', '`ports[].port`'),
    row(`${field}.name`, 'translated name port ignored', '`ports[].name`'),
    row(`${field}.protocol`, 'default port ignored', 'nothing; UDP is a person’s'),
    row(`${field}.labels.*`, 'traffic ignored', 'the Service of the group'),
    row(`${field}.networkNames[]`, 'kubernetes network ignored', 'nothing, where there is one'),
  ];
}

const PATTERNS = FIELDS.map((known) => ({ known, segments: segmentsOf(known.field) }));

/** `a[].b.*` → `a`, `[]`, `b`, `*` */
function segmentsOf(field: string): string[] {
  return field.split('.').flatMap((part) => part.split(/(?=\[\])/));
}

/** The row of the table that speaks of a leaf. */
export function fieldOf(path: Path): FieldRow | undefined {
  return PATTERNS.find(({ segments }) => fits(path, segments, 'whole'))?.known;
}

/** A field of an app, or something that holds fields of it: `labels` of an app that has none. */
export function isKnownField(path: Path): boolean {
  return PATTERNS.some(({ segments }) => fits(path, segments, 'start'));
}

function fits(path: Path, segments: string[], how: 'whole' | 'start'): boolean {
  const open = segments.at(-1) === '**';
  const named = open ? segments.slice(0, -1) : segments;
  if (path.length > named.length && !open) return false;
  if (path.length < named.length && how === 'whole') return false;
  return named.slice(0, path.length).every((segment, at) => {
    const key = path[at];
    return typeof key === 'number' ? segment === '[]' : segment === '*' || segment === key;
  });
}

/** What may become of a field, in the order of the table. */
export function outcomesOf({ reasons }: FieldRow): Outcome[] {
  return [...new Set(reasons.map((reason) => REASONS[reason].outcome))];
}
