import { inContainer } from './draft.ts';
import type { Job } from './job.ts';
import type { Ports } from './ports.ts';

/** Codes of the health page that mean something else unless an app file says otherwise. */
const WAITING = [526, 528];
const FIELDS = [
  'name',
  'protocol',
  'path',
  'portName',
  'intervalSeconds',
  'timeoutSeconds',
  'httpStatusCodesForReady',
  'preserveLastResponse',
];

/**
 * `readinessChecks`: whether a new task is ready for a deployment to go on, which is what the health page of a group says.
 * @param alone there is no health check: it is the readiness probe, too
 * @returns whether it is the health page now
 */
export function translateReadiness({ app, draft, ledger }: Job, ports: Ports, alone: boolean): boolean {
  const [check, ...others] = app.get('readinessChecks').items();
  for (const other of others) ledger.person(other, 'health', 'Marathon has one: which?', [], FIELDS);
  if (check === undefined) return false;
  const portName = check.get('portName');
  const named = ports.find(({ name }) => name === (portName.text ?? 'http-api'));
  const port = named ?? (portName.present || ports.length > 1 ? undefined : ports[0]);
  if ((check.get('protocol').text ?? 'HTTP') !== 'HTTP' || port === undefined) {
    const why = port === undefined ? 'it names no port that there is' : 'a release asks over plain HTTP';
    ledger.person(check, 'health', `${why}: name port and path of a health page`, [], FIELDS);
    return false;
  }
  const asked = check.get('path').text ?? '/';
  const path = asked.startsWith('/') ? asked : `/${asked}`;
  const codes = check.get('httpStatusCodesForReady');
  const listed = codes.items().flatMap(({ number }) => (isStatus(number) ? [number] : []));
  const ready = listed.length === 0 ? [200] : [...new Set(listed)];
  const written = {
    path: [draft.put(['health', 'path'], path)],
    port: [draft.put(['health', 'port'], port.number)],
    codes: [draft.put(['health', 'codes'], codesOf(ready))],
  };
  if (alone) {
    const probe = draft.put(inContainer('readinessProbe'), { httpGet: { path, port: port.number }, periodSeconds: 10 });
    written.path.push(`${probe}.httpGet.path`);
    written.port.push(`${probe}.httpGet.port`);
  }
  if (check.get('path').text !== undefined) ledger.translated(check.get('path'), written.path);
  if (portName.text !== undefined) ledger.translated(portName, written.port);
  if (listed.length > 0 && listed.length === codes.items().length) ledger.translated(codes, written.codes);
  ledger.notNeeded(check.get('protocol'), 'default');
  ledger.notNeeded(check.get('name'), 'transship', 'there is one');
  const pace = 'the health page is asked at the pace of a release';
  ledger.notNeeded(check.get('intervalSeconds'), 'transship', pace);
  ledger.notNeeded(check.get('timeoutSeconds'), 'transship', pace);
  ledger.notNeeded(check.get('preserveLastResponse'), 'transship', 'transship why shows what was answered');
  return true;
}

const isStatus = (code: number | undefined): code is number =>
  code !== undefined && Number.isInteger(code) && code >= 100 && code <= 999;

/** A code has one meaning: those that are ready wait no more. */
function codesOf(ignited: number[]): Record<string, number[]> {
  const waiting = WAITING.filter((code) => !ignited.includes(code));
  return {
    ignited,
    ...(waiting.length === WAITING.length ? {} : { waiting }),
    ...(ignited.includes(527) ? { failed: [] } : {}),
    ...(ignited.includes(530) ? { markedDown: [] } : {}),
  };
}
