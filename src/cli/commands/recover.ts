import { randomUUID } from 'node:crypto';
import { isTerminal } from '../../domain/states.ts';
import { call } from '../api.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { Failure } from '../failure.ts';
import type { Session } from '../session.ts';
import { columns } from '../table.ts';
import { watchRelease } from '../watch/watch.ts';
import { plannedOnce, showAccepted, type ShowOptions } from './accepted.ts';
import { commandRelease } from './release.ts';

interface RecoverOptions extends ShowOptions {
  reason?: string | undefined;
}

/** Undoes a release that runs and disables its version; one that has ended is rolled back by a release of its own. */
export async function rollbackRelease(
  session: Session,
  id: string,
  options: RecoverOptions & { group?: string[] | undefined },
): Promise<ExitCode> {
  const api = session.api();
  const { group, reason, dryRun } = options;
  const release = await call(api, api.client.GET('/v1/releases/{id}', { params: { path: { id } } }));
  if (!isTerminal(release.state) && dryRun !== true) {
    const [only, another] = group ?? [];
    if (another !== undefined) {
      const next = `transship release rollback ${id} --group ${only ?? ''}`;
      throw new Failure(EXIT.usage, `${id} still runs: roll back one group, or all`, { next });
    }
    const exit = await commandRelease(session, id, 'rollback', { group: only, reason });
    return options.watch === true ? watchRelease(session, id) : exit;
  }
  const request = api.client.POST('/v1/releases/{id}/rollback', {
    params: { path: { id }, ...plannedOnce(options) },
    body: { ...(group === undefined ? {} : { groups: group }), ...(reason === undefined ? {} : { reason }) },
  });
  return showAccepted(session, await call(api, request), `roll back ${id}`, options);
}

export async function repairGroup(
  session: Session,
  app: string,
  group: string,
  options: RecoverOptions & { env: string; forward?: true | undefined; back?: true | undefined },
): Promise<ExitCode> {
  const api = session.api();
  const { env, reason, forward, back } = options;
  const to = forward === true ? 'wanted' : back === true ? 'before' : undefined;
  const request = api.client.POST('/v1/repairs', {
    params: plannedOnce(options),
    body: { app, env, group, ...(to === undefined ? {} : { to }), ...(reason === undefined ? {} : { reason }) },
  });
  return showAccepted(session, await call(api, request), `repair ${env}/${app}/${group}`, options);
}

export async function retryRelease(
  session: Session,
  id: string,
  options: { watch?: true | undefined },
): Promise<ExitCode> {
  const api = session.api();
  const request = api.client.POST('/v1/releases/{id}/retry', {
    params: { path: { id }, header: { 'idempotency-key': randomUUID() } },
  });
  return showAccepted(session, await call(api, request), `retry ${id}`, options);
}

export async function yieldRelease(
  session: Session,
  id: string,
  options: { watch?: true | undefined },
): Promise<ExitCode> {
  const api = session.api();
  const request = api.client.POST('/v1/releases/{id}/yield', {
    params: { path: { id }, header: { 'idempotency-key': randomUUID() } },
  });
  return showAccepted(session, await call(api, request), `${id} again, behind those that wait`, options);
}

export async function listDisabledVersions(session: Session, app: string): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const list = await call(api, api.client.GET('/v1/apps/{app}/disabled-versions', { params: { path: { app } } }));
  terminal.result(list);
  terminal.say(
    list.versions.length === 0
      ? 'no version is disabled'
      : columns(
          terminal,
          ['version', 'disabled at', 'by', 'in', 'why'],
          list.versions.map(({ version, disabledAt, actor, operation, reason }) => [
            version,
            disabledAt,
            actor.name,
            operation,
            reason,
          ]),
        ),
  );
  return EXIT.ok;
}

export async function enableVersion(session: Session, app: string, version: string): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const path = { app, version };
  await call(api, api.client.DELETE('/v1/apps/{app}/disabled-versions/{version}', { params: { path } }));
  terminal.result({ app, version, enabled: true });
  terminal.say(`${app} ${version} may be released again`);
  return EXIT.ok;
}
