import type { Part } from '../input/fault.ts';
import { inContainer } from './draft.ts';
import type { Job } from './job.ts';
import { isPort, type Ports } from './ports.ts';
import { type Ask, isOfAgent, type Probes, shell, startSeconds, timingOf, writeProbes } from './probes.ts';

/** Marathon takes any of 200–399 for healthy (HealthCheckWorker.scala): those that are registered. */
const HEALTHY = [200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 300, 301, 302, 303, 304, 305, 307, 308];
const MOST_SECONDS = 86_400;

/** Fields of a health check that hold no others. */
export const CHECK_FIELDS = [
  'protocol',
  'path',
  'port',
  'portIndex',
  'gracePeriodSeconds',
  'intervalSeconds',
  'timeoutSeconds',
  'maxConsecutiveFailures',
  'delaySeconds',
  'ipProtocol',
  'ignoreHttp1xx',
] as const;

const protocolOf = (check: Part): string => check.get('protocol').text ?? 'HTTP';

/** What a release can ask itself. */
export const isPlainHttp = (check: Part): boolean => ['HTTP', 'MESOS_HTTP'].includes(protocolOf(check));

/**
 * One health check: the probes, and the health page where it is one.
 * @param isElsewhere the health page is another one: that of the readiness check
 */
export function translateCheck(job: Job, check: Part, ports: Ports, isElsewhere: boolean): void {
  const { draft, ledger } = job;
  const ask = askOf(check, portOf(check, ports));
  if (ask === null) return;
  const timing = timingOf(check);
  const probes = writeProbes(draft, ask, timing);
  const timeout = draft.put(['health', 'timeoutSeconds'], Math.min(startSeconds(timing), MOST_SECONDS));
  translateTiming(job, check, probes, timeout);

  const inAll = (field: string): string[] => all(probes).map((probe) => `${probe}.${field}`);
  const family = check.get('ipProtocol');
  if (family.text === 'IPv4') ledger.notNeeded(family, 'default');
  else if (family.text === 'IPv6')
    ledger.person(family, 'network', 'it is asked at the first address of its pod: does the cluster give IPv6?');
  ledger.notNeeded(check.get('ignoreHttp1xx'), 'transship', 'a status that is not listed means: ask again');
  const path = check.get('path');
  if ('exec' in ask) {
    ledger.translated(check.get('protocol'), all(probes));
    ledger.translated(check.get('command').get('value'), inAll('exec.command'));
    for (const key of ['port', 'portIndex']) ledger.notNeeded(check.get(key), 'ignored', 'the command has no port');
    ledger.notNeeded(path, 'ignored', 'it is for HTTP only');
    return;
  }
  const { port } = 'httpGet' in ask ? ask.httpGet : ask.tcpSocket;
  declare(job, port);
  const page = isPlainHttp(check) && !isElsewhere && 'httpGet' in ask ? ask.httpGet : null;
  const inHealth = (key: string, value: unknown): string[] =>
    page === null ? [] : [draft.put(['health', key], value)];
  ledger.translated(check.get('protocol'), [...all(probes), ...inHealth('codes', { ignited: HEALTHY })]);
  const asked = [...inAll(`${'httpGet' in ask ? 'httpGet' : 'tcpSocket'}.port`), ...inHealth('port', port)];
  if (isPort(check.get('port'))) ledger.translated(check.get('port'), asked);
  if (ports[check.get('portIndex').number ?? -1] !== undefined) ledger.translated(check.get('portIndex'), asked);
  const pages = inHealth('path', page?.path);
  if (!('httpGet' in ask)) ledger.notNeeded(path, 'ignored', 'it is for HTTP only');
  else if (path.text !== undefined) ledger.translated(path, [...inAll('httpGet.path'), ...pages]);
}

/** Paths of the probes that there are. */
const all = ({ readiness, liveness, startup }: Probes): string[] =>
  [readiness, liveness, startup].filter((probe) => probe !== undefined);

function translateTiming({ ledger }: Job, check: Part, probes: Probes, timeout: string): void {
  const { liveness, startup } = probes;
  const inAll = (field: string): string[] => all(probes).map((probe) => `${probe}.${field}`);
  const translated = (key: string, to: string[]): void => {
    if ((check.get(key).number ?? -1) >= 0) ledger.translated(check.get(key), to);
  };
  translated('intervalSeconds', inAll('periodSeconds'));
  translated('timeoutSeconds', inAll('timeoutSeconds'));
  translated('gracePeriodSeconds', [...(startup === undefined ? [] : [`${startup}.failureThreshold`]), timeout]);
  const failures = check.get('maxConsecutiveFailures');
  if (liveness !== undefined) translated('maxConsecutiveFailures', [`${liveness}.failureThreshold`]);
  else ledger.notNeeded(failures, 'kubernetes', '0 never kills: there is no livenessProbe');
  const delay = check.get('delaySeconds');
  if (!isOfAgent(check)) ledger.notNeeded(delay, 'ignored', 'the checks of Marathon do not wait');
  else if (delay.number === 0 || startup === undefined)
    ledger.notNeeded(delay, 'kubernetes', 'nothing is killed before the first success');
  else translated('delaySeconds', [`${startup}.initialDelaySeconds`]);
}

/** The port that is asked: its number, or the one at its place; the first where neither says one. */
function portOf(check: Part, ports: Ports): number {
  const given = check.get('port');
  if (isPort(given)) return Number(given.number);
  return (ports[check.get('portIndex').number ?? 0] ?? ports[0]).number;
}

/** A port that is asked is one of the container's. */
function declare({ draft }: Job, port: number): void {
  const declared = (draft.at(inContainer('ports')) ?? []) as { containerPort: number }[];
  if (declared.every(({ containerPort }) => containerPort !== port))
    draft.push(inContainer('ports'), { containerPort: port });
}

/** What the probes ask; null where the protocol is none of Marathon's, or its command is missing. */
function askOf(check: Part, port: number): Ask | null {
  const asked = check.get('path').text ?? '/';
  const path = asked.startsWith('/') ? asked : `/${asked}`;
  switch (protocolOf(check).replace(/^MESOS_/, '')) {
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
