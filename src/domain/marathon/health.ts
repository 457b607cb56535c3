import type { Part } from '../input/fault.ts';
import { CHECK_FIELDS, isPlainHttp, translateCheck } from './health-check.ts';
import type { Job } from './job.ts';
import type { Ports } from './ports.ts';
import { translateReadiness } from './readiness.ts';

/**
 * `healthChecks`, `readinessChecks` and `check`. What a deployment of Marathon waits for is the health page of a release: the
 * readiness check, else the first HTTP health check. The first health check is the probes', because a container has one each.
 */
export function translateHealth(job: Job, ports: Ports): void {
  const { app, draft, ledger } = job;
  const checks = app.get('healthChecks').items();
  const chosen = checks.find((check) => isPlainHttp(check)) ?? checks[0];
  const byReadiness = translateReadiness(job, ports, chosen === undefined);
  for (const check of checks) {
    if (check === chosen) translateCheck(job, check, ports, byReadiness);
    else leaveOut(job, check);
  }
  ledger.whole(app.get('check'), 'health', 'its result was only shown: make it a probe, or leave it');
  if (byReadiness || (chosen !== undefined && isPlainHttp(chosen))) return;
  const to = draft.put(['health', 'port'], ports[0].number);
  const ask = 'a release asks each instance over HTTP whether it is warm: name port and path';
  ledger.missing('health', 'health', ask, [to]);
}

function leaveOut({ ledger }: Job, check: Part): void {
  const more = 'a container has one probe of each kind: let the other one look at this, too';
  ledger.person(check, 'health', more, [], CHECK_FIELDS);
  ledger.whole(check.get('command'), 'health', more);
}
