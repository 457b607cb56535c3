import type { FenceRow, GroupRow, OperationRow, OperationSummary } from '../../catalogue/types.ts';
import { COMMAND_MEANINGS } from '../../domain/command-meanings.ts';
import { ERRORS, TransshipError } from '../../domain/errors.ts';
import type { GroupRef, Trouble } from '../../domain/types.ts';
import { parseWait } from '../../domain/wait.ts';
import { groupWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import { commandsOf } from '../releases/commands.ts';
import { appDefinition } from '../releases/targets.ts';
import type { Why } from '../schemas/why.ts';
import { isErrorCode } from '../temporal/failures.ts';
import { pendingSteps } from '../temporal/operations.ts';
import { absentWorkers } from '../temporal/workers.ts';

/** Live operations of one app looked at; a group has few. */
const LIVE_OPERATIONS = 200;

export interface Question {
  app: string;
  env?: string | undefined;
  /** A group, or an instance of one. */
  subject?: string | undefined;
}

/**
 * Says why a group (or each group of an app, or an instance) stands as it does: what is waited for, since, until, who can
 * unblock it, what to type. From the catalogue and Temporal; clusters are not asked.
 * @throws TransshipError APP_UNKNOWN, GROUP_UNKNOWN
 */
export async function explain(context: ApiContext, { app, env, subject }: Question): Promise<Why[]> {
  const { catalogue } = context;
  const { groups } = await appDefinition(context, app);
  const refs = groups
    .filter(({ environment }) => env === undefined || environment === env)
    .map(({ environment, name }): GroupRef => ({ env: environment, app, group: name }));
  const live = await catalogue.operations.list({
    ...{ kind: 'releaseGroup', app, live: true, limit: LIVE_OPERATIONS },
    ...(env === undefined ? {} : { env }),
  });
  const answers: Why[] = [];
  for (const ref of refs) {
    const group = await catalogue.groups.get(ref);
    const isInstance = group?.instances.some(({ name }) => name === subject) === true;
    if (subject !== undefined && subject !== ref.group && !isInstance) continue;
    const here = live.filter((row) => row.env === ref.env && row.group === ref.group).reverse();
    answers.push(await explainGroup(context, { ref, group, here }, isInstance ? subject : undefined));
  }
  if (answers.length > 0) return answers;
  const names = refs.map((ref) => `${ref.env}/${ref.group}`).join(', ');
  throw new TransshipError(
    'GROUP_UNKNOWN',
    `app ${app} has no ${subject ?? 'group'}${env === undefined ? '' : ` in ${env}`}; it has ${names}`,
  );
}

interface Standing {
  ref: GroupRef;
  group: GroupRow | null;
  /** Its live operations, in the order of acceptance. */
  here: OperationSummary[];
}

async function explainGroup(
  context: ApiContext,
  { ref, group, here }: Standing,
  instance: string | undefined,
): Promise<Why> {
  const { catalogue } = context;
  const fence = await catalogue.fences.get(ref);
  const id = fence?.holder ?? here[0]?.id;
  const operation = id === undefined ? null : await catalogue.operations.get(id);
  const queue = here
    .filter((row) => row.id !== operation?.id)
    .map((row) => `in the queue: ${row.root} (${row.version})`);
  const subject = `${ref.env}/${ref.app}/${instance ?? ref.group}`;
  if (operation === null) return { ...atRest(subject, group), details: queue };
  if (operation.endedAt !== null)
    return { ...left(subject, ref, operation, fence), details: [...troubles(operation, instance), ...queue] };

  const trouble = instanceTrouble(operation, instance) ?? operation.trouble;
  const idcs = [...new Set(group?.azSets.map(({ idc }) => idc))];
  const [steps, absent] = await Promise.all([
    pendingSteps(context.temporal, groupWorkflowId(ref)),
    absentWorkers(context.temporal, idcs),
  ]);
  const whole = await catalogue.operations.get(operation.root);
  const wait = parseWait(operation.waiting === '' ? (whole?.waiting ?? '') : operation.waiting);
  return {
    subject,
    state: operation.state,
    release: operation.root,
    reason: trouble?.message ?? wait?.reason ?? `${operation.version} is at work (${operation.state})`,
    waitsFor: wait?.reason ?? null,
    since: wait?.since ?? null,
    until: wait?.until ?? null,
    who: wait?.who ?? null,
    trouble,
    runbook: runbookOf(trouble),
    next: commandsOf(operation)
      .filter((command) => command !== 'configure')
      .map((command) => ({
        command: `transship release ${command} ${operation.root}`,
        meaning: COMMAND_MEANINGS[command],
      })),
    details: [
      ...absent.map((worker) => `nobody has seen the worker of ${worker} for more than a minute`),
      ...steps,
      ...troubles(operation, instance),
      ...queue,
    ],
  };
}

const NOTHING = { waitsFor: null, since: null, until: null, who: null, trouble: null, runbook: null, next: [] };

function atRest(subject: string, group: GroupRow | null): Omit<Why, 'details'> {
  const version = group?.released?.version;
  const state = version === undefined ? 'never released' : 'at rest';
  const reason =
    version === undefined ? 'it has never been released' : `it runs ${version}, and no operation is at work`;
  return { subject, state, release: null, reason, ...NOTHING };
}

/** Its last operation has ended and not given the group back. */
function left(
  subject: string,
  { env, app, group }: GroupRef,
  operation: OperationRow,
  fence: FenceRow | null,
): Omit<Why, 'details'> {
  const { root, version, state, flavor, trouble, endedAt } = operation;
  const repair = `transship repair ${app} ${group} --env ${env}`;
  return {
    ...NOTHING,
    subject,
    state: 'dirty',
    release: root,
    reason: `${flavor} ${root} (${version}) ended as ${state} and ${fence?.dirty === true ? 'neither finished nor undid' : 'left its fence'}`,
    since: endedAt,
    who: 'whoever may release this app',
    trouble,
    runbook: runbookOf(trouble),
    next: [
      { command: `${repair} --dry-run`, meaning: 'show what a repair would do' },
      { command: repair, meaning: 'bring every instance to one version' },
    ],
  };
}

function troubles({ instances }: OperationRow, only: string | undefined): string[] {
  return instances
    .filter(({ name }) => only === undefined || name === only)
    .filter(({ trouble, name }) => trouble !== null || name === only)
    .map(({ name, idc, az, phase, trouble }) => {
      const why = trouble === null ? '' : `: ${trouble.code}: ${trouble.message}`;
      return `${name} (${idc}/${az}) is ${phase}${why}`;
    });
}

function instanceTrouble({ instances }: OperationRow, name: string | undefined): Trouble | null {
  return instances.find((instance) => instance.name === name)?.trouble ?? null;
}

function runbookOf(trouble: Trouble | null): string | null {
  return trouble !== null && isErrorCode(trouble.code) ? ERRORS[trouble.code].next : null;
}
