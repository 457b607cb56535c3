import type { Part } from '../input/fault.ts';
import { inContainer } from './draft.ts';
import type { Job } from './job.ts';
import type { Port } from './ports.ts';
import { type Ask, isOfAgent, shell, startSeconds, timingOf, writeProbes } from './probes.ts';
import { translateReadiness } from './readiness.ts';

/** Marathon takes any of 200–399 for healthy (HealthCheckWorker.scala): those that are registered. */
const HEALTHY = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308];
const MOST_SECONDS = 86_400;
const FIELDS = [
  'protocol',
  'path',
  'port',
  'portIndex',
  'command',
  'gracePeriodSeconds',
  'intervalSeconds',
  'timeoutSeconds',
  'maxConsecutiveFailures',
  'delaySeconds',
  'ipProtocol',
  'ignoreHttp1xx',
];

/**
 * `healthChecks`, `readinessChecks` and `check`. What a deployment of Marathon waits for is the health page of a release: the
 * readiness check, else the first HTTP health check. The first health check is the probes', because a container has one each.
 */
export function translateHealth(job: Job, ports: Port[]): void {
  const { app, draft, ledger } = job;
  const checks = app.get('healthChecks').items();
  const chosen = checks.find((check) => isPlainHttp(check)) ?? checks[0];
  const byReadiness = translateReadiness(job, ports, checks.length === 0);
  for (const check of checks) {
    if (check !== chosen) {
      const more = 'a container has one probe of each kind: let the other one look at this, too';
      ledger.person(
        check,
        'health',
        more,
        [],
        FIELDS.filter((key) => key !== 'command'),
      );
      ledger.whole(check.get('command'), 'health', more);
    } else translateCheck(job, check, ports, byReadiness);
  }
  ledger.whole(app.get('check'), 'health', 'its result was only shown: make it a probe, or leave it');
  if (byReadiness || (chosen !== undefined && isPlainHttp(chosen))) return;
  const to = draft.put(['health', 'port'], draft.at(['health', 'port']) ?? ports[0]?.number ?? 8080);
  ledger.missing('health', 'health', 'a release asks each instance over HTTP whether it is warm: name port and path', [
    to,
  ]);
}

const protocolOf = (check: Part): string => check.get('protocol').text ?? 'HTTP';
const isPlainHttp = (check: Part): boolean => ['HTTP', 'MESOS_HTTP'].includes(protocolOf(check));

function translateCheck(job: Job, check: Part, ports: Port[], byReadiness: boolean): void {
  const { draft, ledger } = job;
  const timing = timingOf(check);
  const port = portOf(job, check, ports);
  const ask = askOf(check, port);
  if (ask === null) return;
  const probes = writeProbes(draft, ask, timing);
  const all = [probes.readiness, ...(probes.startup === undefined ? [] : [probes.startup])];
  if (probes.liveness !== undefined) all.push(probes.liveness);
  const inAll = (field: string): string[] => all.map((probe) => `${probe}.${field}`);

  const isHealth = isPlainHttp(check) && !byReadiness;
  const health: Record<string, string[]> = { path: [], port: [], codes: [], timeout: [] };
  if (isHealth) {
    health['path'] = [draft.put(['health', 'path'], 'httpGet' in ask ? ask.httpGet.path : '/')];
    health['port'] = [draft.put(['health', 'port'], port)];
    health['codes'] = [draft.put(['health', 'codes', 'ignited'], HEALTHY)];
  }
  const seconds = Math.min(startSeconds(timing), MOST_SECONDS);
  health['timeout'] = [draft.put(['health', 'timeoutSeconds'], seconds)];

  ledger.translated(check.get('protocol'), [...all, ...(health['codes'] ?? [])]);
  const handler = 'httpGet' in ask ? 'httpGet' : 'tcpSocket' in ask ? 'tcpSocket' : 'exec';
  for (const key of ['port', 'portIndex']) {
    if (handler === 'exec') ledger.notNeeded(check.get(key), 'ignored', 'the command has no port');
    else if (check.get(key).number !== undefined)
      ledger.translated(check.get(key), [...inAll(`${handler}.port`), ...(health['port'] ?? [])]);
  }
  const path = check.get('path');
  if (handler !== 'httpGet') ledger.notNeeded(path, 'ignored', 'it is for HTTP only');
  else if (path.text !== undefined) ledger.translated(path, [...inAll('httpGet.path'), ...(health['path'] ?? [])]);
  if (handler === 'exec') ledger.translated(check.get('command').get('value'), inAll('exec.command'));
  translateTiming(job, check, { all, health: health['timeout'], ...probes });
}

/** Where the seconds and counts of a check went. */
interface Written {
  all: string[];
  health: string[];
  readiness: string;
  liveness?: string;
  startup?: string;
}

function translateTiming({ ledger }: Job, check: Part, { all, health, liveness, startup }: Written): void {
  const given = (key: string): boolean => (check.get(key).number ?? -1) >= 0;
  if (given('intervalSeconds'))
    ledger.translated(
      check.get('intervalSeconds'),
      all.map((probe) => `${probe}.periodSeconds`),
    );
  if (given('timeoutSeconds'))
    ledger.translated(
      check.get('timeoutSeconds'),
      all.map((probe) => `${probe}.timeoutSeconds`),
    );
  if (given('gracePeriodSeconds'))
    ledger.translated(check.get('gracePeriodSeconds'), [
      ...(startup === undefined ? [] : [`${startup}.failureThreshold`]),
      ...health,
    ]);
  if (given('maxConsecutiveFailures')) {
    if (liveness === undefined)
      ledger.notNeeded(check.get('maxConsecutiveFailures'), 'kubernetes', '0 never kills: there is no livenessProbe');
    else ledger.translated(check.get('maxConsecutiveFailures'), `${liveness}.failureThreshold`);
  }
  const delay = check.get('delaySeconds');
  if (given('delaySeconds')) {
    if (isOfAgent(check) && startup !== undefined && delay.number !== 0)
      ledger.translated(delay, `${startup}.initialDelaySeconds`);
    else ledger.notNeeded(delay, 'ignored', 'the checks of Marathon do not wait');
  }
  const family = check.get('ipProtocol');
  if (family.text === 'IPv4') ledger.notNeeded(family, 'default');
  else if (family.text === 'IPv6')
    ledger.person(family, 'network', 'it is asked at the first address of its pod: does the cluster give IPv6?');
  const informational = check.get('ignoreHttp1xx');
  if (typeof informational.value === 'boolean')
    ledger.notNeeded(informational, 'transship', 'a status that is not listed means: ask again');
}

/** The port that is asked: its number, or the one at its place; the first where nothing is said. It is one of the container's. */
function portOf({ draft }: Job, check: Part, ports: Port[]): number {
  const number = check.get('port').number ?? ports[check.get('portIndex').number ?? 0]?.number ?? 8080;
  const declared = (draft.at(inContainer('ports')) ?? []) as { containerPort: number }[];
  if (protocolOf(check) !== 'COMMAND' && declared.every(({ containerPort }) => containerPort !== number))
    draft.push(inContainer('ports'), { containerPort: number });
  return number;
}

/** What the probes ask; null where the protocol is none of Marathon's, or its command is missing. */
function askOf(check: Part, port: number): Ask | null {
  const protocol = protocolOf(check);
  const asked = check.get('path').text ?? '/';
  const path = asked.startsWith('/') ? asked : `/${asked}`;
  switch (protocol.replace(/^MESOS_/, '')) {
    case 'HTTP':
      return { httpGet: { path, port } };
    case 'HTTPS':
      return { httpGet: { path, port, scheme: 'HTTPS' } };
    case 'TCP':
      return { tcpSocket: { port } };
    case 'COMMAND': {
      const line = check.get('command').get('value').text;
      return line === undefined ? null : shell(line);
    }
    default:
      return null;
  }
}
