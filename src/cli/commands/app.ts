import type { components } from '../../http/openapi.d.ts';
import { call, type Api } from '../api.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { nameInFile } from '../name-in-file.ts';
import { applyText } from '../plan-text.ts';
import type { Session } from '../session.ts';
import { columns } from '../table.ts';
import { readText } from './fleet.ts';

type ApplyAnswer = components['schemas']['ApplyAnswer'];

/** Shows what an app file changes, then puts it in force; asks first where a person is there. */
export async function applyAppFile(
  session: Session,
  options: { file: string; dryRun?: boolean | undefined; yes?: boolean | undefined },
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const text = await readText(options.file);
  const plan = await put(api, text, { dryRun: true });
  terminal.say(applyText(terminal, plan));
  if (options.dryRun === true || plan.changes.length === 0) {
    if (plan.changes.length === 0) terminal.say('nothing to change');
    terminal.result(plan);
    return EXIT.ok;
  }
  if (terminal.interactive && options.yes !== true && !(await terminal.ask('Apply it?'))) {
    terminal.note('not applied');
    return EXIT.ok;
  }
  // On the revision that the plan was made on: what somebody else applied meanwhile is not overwritten unseen.
  const answer = await put(api, text, { dryRun: false, revision: plan.revision });
  terminal.say(
    `applied: revision ${answer.revision}. Clusters change with the next release: transship release start ${answer.app} …`,
  );
  terminal.result(answer);
  return EXIT.ok;
}

async function put(api: Api, text: string, options: { dryRun: boolean; revision?: number }): Promise<ApplyAnswer> {
  const { dryRun, revision } = options;
  return call(
    api,
    api.client.PUT('/v1/apps/{app}', {
      params: {
        path: { app: nameInFile(text, 'app') },
        query: { dryRun },
        ...(revision === undefined ? {} : { header: { 'if-match': `"${revision}"` } }),
      },
      body: text,
      bodySerializer: (body: unknown) => body as string,
      headers: { 'content-type': 'application/yaml' },
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
