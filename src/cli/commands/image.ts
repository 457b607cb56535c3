import { randomUUID } from 'node:crypto';
import { call, type Api } from '../api.ts';
import { comparisonText } from '../comparison-text.ts';
import { deletedText } from '../drift-text.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { Failure } from '../failure.ts';
import type { components } from '../../http/openapi.d.ts';
import { parseImage, type ImageReference } from '../../registry/reference.ts';
import type { Session } from '../session.ts';
import { syncPlanText, type AcceptedSync, type Sync, type SyncPlan } from '../sync-text.ts';
import { followSyncs, syncsOf } from '../watch/syncs.ts';
import { untilAnswered } from './once.ts';

type StartSync = components['schemas']['StartSyncInput'];

export interface SyncOptions {
  from?: string | undefined;
  to?: string[] | undefined;
  tag?: string | undefined;
  priority?: StartSync['priority'] | undefined;
  platform?: string[] | undefined;
  referrers: boolean;
  dryRun?: true | undefined;
  yes?: true | undefined;
  wait: boolean;
  idempotencyKey?: string | undefined;
}

/** Shows what bringing an image would do, asks, brings it, and follows it until it has ended everywhere. */
export async function syncImage(session: Session, image: string, options: SyncOptions): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const body = bodyOf(image, options);
  const planned = api.client.POST('/v1/syncs', { params: { query: { dryRun: true } }, body });
  const plan: SyncPlan = await call(api, planned);
  terminal.say(syncPlanText(terminal, plan));
  if (options.dryRun === true) {
    terminal.result(plan);
    return EXIT.ok;
  }
  if (terminal.interactive && options.yes !== true && !(await terminal.ask('Bring it?'))) {
    terminal.note('nothing was brought');
    return EXIT.ok;
  }
  const before = await syncsOf(api, plan);
  const accepted = await start(api, body, options.idempotencyKey ?? randomUUID(), terminal.interrupt);
  const { repository, digest, links } = accepted;
  if (links.temporalUi !== null) terminal.say(`Temporal UI: ${links.temporalUi}`);
  if (!options.wait) {
    terminal.result(accepted);
    terminal.say(`transship image status ${repository}@${digest}`);
    return EXIT.ok;
  }
  const registries = accepted.to.map(({ registry }) => registry);
  const rows = await followSyncs(terminal, api, { repository, digest, registries }, before);
  terminal.result({ ...accepted, syncs: rows });
  if (terminal.interrupt.aborted) {
    terminal.note(`not watching any more; it goes on: transship image status ${repository}@${digest}`);
    return EXIT.interrupted;
  }
  return exitOfSyncs(rows);
}

function bodyOf(image: string, { from, to, tag, priority, platform, referrers }: SyncOptions): StartSync {
  return {
    image,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(tag === undefined ? {} : { tag }),
    ...(priority === undefined ? {} : { priority }),
    ...(platform === undefined ? {} : { platforms: platform }),
    ...(referrers ? {} : { referrers }),
  };
}

async function start(api: Api, body: StartSync, key: string, interrupt: AbortSignal): Promise<AcceptedSync> {
  const header = { 'idempotency-key': key };
  const send = () => call(api, api.client.POST('/v1/syncs', { params: { header }, body }));
  return (await untilAnswered(send, interrupt)) as AcceptedSync;
}

/** What became of all of them: one that failed counts before one that was cancelled. */
function exitOfSyncs(rows: Sync[]): ExitCode {
  if (rows.some(({ state }) => state === 'failed')) return EXIT.failed;
  return rows.some(({ state }) => state === 'cancelled') ? EXIT.revoked : EXIT.ok;
}

/** Compares the tags of a repository, or one tag, over registries. */
export async function diffImages(
  session: Session,
  image: string,
  { registries }: { registries?: string[] | undefined },
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const { repository, tag, digest } = imageNamed(image);
  if (digest !== null) {
    throw new Failure(EXIT.usage, `${image} is a digest, which is the same everywhere`, {
      next: `Compare a tag: transship image diff ${repository}:TAG; or see where it is: transship image status ${image}`,
    });
  }
  const query = {
    repository,
    ...(tag === null ? {} : { tag }),
    ...(registries === undefined ? {} : { registries: registries.join(',') }),
  };
  const comparison = await call(api, api.client.GET('/v1/images/diff', { params: { query } }));
  terminal.result(comparison);
  terminal.say(comparisonText(terminal, comparison));
  for (const { registry, trouble, isCut } of comparison.registries) {
    if (trouble !== null) terminal.note(`${registry}: ${trouble.code}: ${trouble.message}`);
    if (isCut) terminal.note(`${registry} has more tags: only the first ones were looked at; name a tag to see others`);
  }
  for (const one of comparison.deleted) terminal.note(deletedText(one));
  const differing = comparison.tags.filter(({ agrees }) => !agrees).length;
  if (differing > 0) {
    terminal.note(
      `${differing} of ${comparison.tags.length} tags differ; transship image sync ${repository}:TAG brings one`,
    );
    return EXIT.unexpected;
  }
  return comparison.registries.some(({ trouble }) => trouble !== null) ? EXIT.unreachable : EXIT.ok;
}

/** Stops the sync of an image, whoever wanted it. */
export async function cancelImage(session: Session, image: string): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const cancelled = await call(api, api.client.POST('/v1/syncs/cancel', { body: { image } }));
  terminal.result(cancelled);
  terminal.say(`cancelled: tags that it moved go back; transship image status ${image} shows how`);
  return EXIT.ok;
}

/** @throws Failure (usage) */
export function imageNamed(text: string): ImageReference {
  const image = parseImage(text);
  if (image !== null) return image;
  throw new Failure(EXIT.usage, `${JSON.stringify(text)} names no image`, {
    next: 'Write REPOSITORY, REPOSITORY:TAG or REPOSITORY@DIGEST, without the host of a registry: shop/web:v2',
  });
}
