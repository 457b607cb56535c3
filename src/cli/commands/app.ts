import type { components } from '../../http/openapi.d.ts';
import { call, type Api } from '../api.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { nameInFile } from '../name-in-file.ts';
import { applyText } from '../plan-text.ts';
import type { Session } from '../session.ts';
import { columns } from '../table.ts';
import { AS_FILE, planThenApply, seen, type ApplyOptions } from './apply.ts';
import { readText } from './fleet.ts';

type ApplyAnswer = components['schemas']['ApplyAnswer'];

/** Shows what an app file changes, then puts it in force; asks first where a person is there. */
export async function applyAppFile(session: Session, options: ApplyOptions & { file: string }): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const text = await readText(options.file);
  return planThenApply(session, options, {
    put: async (how) => put(api, text, how),
    plan: (answer) => applyText(terminal, answer),
    done: ({ revision, app }) =>
      `applied: revision ${revision}. Clusters change with the next release: transship release start ${app} …`,
  });
}

async function put(api: Api, text: string, options: { dryRun: boolean; revision?: number }): Promise<ApplyAnswer> {
  const { dryRun, revision } = options;
  return call(
    api,
    api.client.PUT('/v1/apps/{app}', {
      params: {
        path: { app: nameInFile(text, 'app') },
        query: { dryRun },
        ...(revision === undefined ? {} : { header: seen(revision) }),
      },
      body: text,
      ...AS_FILE,
    }),
  );
}

/** Lists apps, or shows one with its groups and instances. */
export async function getApps(session: Session, app: string | undefined): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  if (app === undefined) {
    const list = await call(api, api.client.GET('/v1/apps'));
    terminal.result(list);
    const rows = list.apps.map(({ name, revision, appliedAt }) => [name, String(revision), appliedAt]);
    terminal.say(
      rows.length === 0 ? 'no app has been applied' : columns(terminal, ['app', 'revision', 'applied'], rows),
    );
    return EXIT.ok;
  }
  const view = await call(api, api.client.GET('/v1/apps/{app}', { params: { path: { app } } }));
  terminal.result(view);
  const { paint } = terminal;
  terminal.say(
    `${paint('bold', `app ${view.app}`)}  revision ${view.revision}, applied ${view.appliedAt} by ${view.appliedBy}`,
  );
  for (const { env, group, released, holder, dirty, instances } of view.groups) {
    const held =
      holder === null
        ? ''
        : `  ${paint(dirty ? 'red' : 'yellow', `${dirty ? 'left half done' : 'held'} by ${holder}`)}`;
    terminal.say(`\n${paint('bold', `${env}/${group}`)}  ${released?.version ?? 'never released'}${held}`);
    const rows = instances.map(({ name, azSet, member, address }) => [
      `  ${name}`,
      `${azSet.idc}/${azSet.az}`,
      azSet.cluster,
      member,
      address ?? '',
    ]);
    terminal.say(columns(terminal, ['  instance', 'place', 'cluster', 'member', 'address (last seen)'], rows));
  }
  return EXIT.ok;
}
