import { randomUUID } from 'node:crypto';
import type { CommandName } from '../../domain/states.ts';
import type { components } from '../../http/openapi.d.ts';
import { call, type Api } from '../api.ts';
import { EXIT, exitOf, type ExitCode } from '../exit.ts';
import { Failure } from '../failure.ts';
import { knobs, type KnobOptions, type Knobs } from '../knobs.ts';
import { planText } from '../plan-text.ts';
import { advice, releaseTable, releaseText } from '../release-text.ts';
import type { Session } from '../session.ts';
import { watchRelease } from '../watch/watch.ts';
import { untilAnswered } from './once.ts';

type ReleaseBody = components['schemas']['StartReleaseInput'];
type ReleasePlan = components['schemas']['ReleasePlan'];
type Accepted = components['schemas']['AcceptedRelease'];

export interface ReleaseOptions extends KnobOptions {
  env: string;
  version?: string | undefined;
  group?: string[] | undefined;
  joined?: true | undefined;
  queue?: true | undefined;
  supersede?: true | undefined;
}

/** @throws Failure (usage) without a version, or with two */
function body(app: string, argument: string | undefined, options: ReleaseOptions): ReleaseBody {
  const version = argument ?? options.version;
  if (version === undefined || (options.version ?? version) !== version) {
    const message = version === undefined ? 'which version?' : `version ${version}, or ${options.version ?? ''}?`;
    throw new Failure(EXIT.usage, message, { next: `transship release start ${app} VERSION --env ${options.env}` });
  }
  const { env, group, joined, queue, supersede } = options;
  const onBusy = supersede === true ? 'supersede' : queue === true ? 'queue' : undefined;
  return {
    ...{ app, env, version, config: knobs(options) },
    ...(group === undefined ? {} : { groups: group }),
    ...(joined === undefined ? {} : { joined }),
    ...(onBusy === undefined ? {} : { onBusy }),
  };
}

export async function planRelease(
  session: Session,
  app: string,
  version: string | undefined,
  options: ReleaseOptions,
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const request = api.client.POST('/v1/releases', {
    params: { query: { dryRun: true } },
    body: body(app, version, options),
  });
  const plan = (await call(api, request)) as ReleasePlan;
  terminal.result(plan);
  terminal.say(planText(terminal, plan));
  return EXIT.ok;
}

export async function startRelease(
  session: Session,
  app: string,
  version: string | undefined,
  options: ReleaseOptions & { watch?: boolean | undefined; idempotencyKey?: string | undefined },
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const release = body(app, version, options);
  const accepted = await post(api, release, options.idempotencyKey ?? randomUUID(), terminal.interrupt);
  terminal.say(`${accepted.id}  accepted: ${app} ${release.version} to ${options.env}`);
  if (accepted.links.temporalUi !== null) terminal.say(`Temporal UI: ${accepted.links.temporalUi}`);
  if (options.watch !== true) {
    terminal.result(accepted);
    terminal.say(`transship release watch ${accepted.id}`);
    return EXIT.ok;
  }
  return watchRelease(session, accepted.id);
}

async function post(api: Api, release: ReleaseBody, key: string, interrupt: AbortSignal): Promise<Accepted> {
  const header = { 'idempotency-key': key };
  const send = () => call(api, api.client.POST('/v1/releases', { params: { header }, body: release }));
  return (await untilAnswered(send, interrupt)) as Accepted;
}

export async function getReleases(
  session: Session,
  id: string | undefined,
  filter: {
    app?: string | undefined;
    env?: string | undefined;
    live?: boolean | undefined;
    limit?: number | undefined;
  },
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  if (id === undefined) {
    const query = Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
    const list = await call(api, api.client.GET('/v1/releases', { params: { query } }));
    terminal.result(list);
    terminal.say(releaseTable(terminal, list.releases, new Date()));
    return EXIT.ok;
  }
  const release = await call(api, api.client.GET('/v1/releases/{id}', { params: { path: { id } } }));
  terminal.result(release);
  terminal.say(releaseText(terminal, release, new Date()));
  for (const line of advice(release)) terminal.note(line);
  return exitOf(release) ?? EXIT.ok;
}

export async function commandRelease(
  session: Session,
  id: string,
  command: CommandName,
  options: { group?: string | undefined; reason?: string | undefined },
  config?: Knobs,
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const { group, reason } = options;
  const answer = await call(
    api,
    api.client.POST('/v1/releases/{id}/commands', {
      params: { path: { id } },
      body: {
        command,
        ...(group === undefined ? {} : { group }),
        ...(reason === undefined ? {} : { reason }),
        ...(config === undefined ? {} : { config }),
      },
    }),
  );
  terminal.result(answer);
  for (const { operation, state, answer: words } of answer.commands) {
    terminal.say(`${operation}  ${command} ${state}${words === '' ? '' : `: ${words}`}`);
  }
  if (answer.state === 'pending') {
    terminal.note(`no worker has answered yet; it runs when one does, until ${answer.notAfter}`);
  }
  terminal.note(`transship release watch ${id}`);
  return EXIT.ok;
}

/** Changes knobs of a running release. @throws Failure (usage) without any */
export async function configureRelease(
  session: Session,
  id: string,
  options: KnobOptions & { group?: string | undefined; reason?: string | undefined },
): Promise<ExitCode> {
  const changes = knobs(options);
  if (Object.keys(changes).length === 0) {
    const next = `transship release configure ${id} --batch-percent 50`;
    throw new Failure(EXIT.usage, 'nothing to change', { next });
  }
  return commandRelease(session, id, 'configure', options, changes);
}
