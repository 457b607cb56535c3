import type { OperationInstance, OperationRow, OperationSummary } from '../../catalogue/types.ts';
import { COMMANDS, isTerminal, needsPerson } from '../../domain/states.ts';
import { releaseWorkflowId } from '../../temporal/names.ts';
import type { ApiContext } from '../context.ts';
import type { Release, ReleaseGroup, ReleaseSummary } from '../schemas/release.ts';
import { commandsOf, commandsOfWhole } from './commands.ts';
import { uiLink } from '../temporal/link.ts';

export function links({ fleet, temporal }: ApiContext, id: string): ReleaseSummary['links'] {
  const self = `/v1/releases/${id}`;
  return {
    self,
    status: self,
    events: `${self}/events`,
    commands: `${self}/commands`,
    temporalUi: uiLink(fleet.temporalUi, temporal.namespace, releaseWorkflowId(id)),
  };
}

/**
 * A release in one entry of a list. Its state, while it runs, is that of the group that most needs a look.
 * @param groups its group operations; those that have ended may be left out
 */
export function toSummary(context: ApiContext, row: OperationSummary, groups: OperationSummary[]): ReleaseSummary {
  const { id, app, env, version, flavor, corrects, actor, createdAt, startedAt, endedAt } = row;
  const telling = isTerminal(row.state) ? row : (mostTelling(groups) ?? row);
  return {
    id,
    app,
    env,
    version,
    flavor,
    corrects,
    state: telling.state,
    waiting: row.waiting === '' ? telling.waiting : row.waiting,
    trouble: row.trouble ?? telling.trouble,
    actor,
    createdAt,
    startedAt,
    endedAt,
    links: links(context, id),
  };
}

/** The group that waits for a person, else the one at work; undefined where none has begun or all have ended. */
function mostTelling(groups: OperationSummary[]): OperationSummary | undefined {
  const atWork = groups.filter(({ state, waiting }) => !isTerminal(state) && (state !== 'PENDING' || waiting !== ''));
  return atWork.find(({ state }) => needsPerson(state)) ?? atWork[0];
}

/** A release with its groups, their batches and instances; a promotion with its environments. */
export function toRelease(
  context: ApiContext,
  row: OperationRow,
  children: OperationRow[],
  stages: Release['stages'],
): Release {
  const groups = children.map((child) => toGroup(context, child));
  const legal = [...commandsOfWhole(row), ...(isTerminal(row.state) ? [] : groups.flatMap(({ commands }) => commands))];
  const summary = toSummary(context, row, children);
  return {
    ...summary,
    waiting: summary.waiting === '' ? underWay(stages) : summary.waiting,
    stages,
    commands: COMMANDS.filter((command) => legal.includes(command)),
    groups,
  };
}

/** Where a promotion is: what its release waits for, if it waits. */
function underWay(stages: Release['stages']): string {
  const current = stages.find(({ release, state }) => release !== null && !isTerminal(state));
  if (current === undefined) return '';
  const { env, release, state, waiting } = current;
  return `${release ?? ''} in ${env} is ${state}${waiting === '' ? '' : `: ${waiting}`}`;
}

function toGroup({ fleet, temporal }: ApiContext, row: OperationRow): ReleaseGroup {
  return {
    group: row.group ?? '',
    operation: row.id,
    state: row.state,
    waiting: row.waiting,
    trouble: row.trouble,
    commands: commandsOf(row),
    batches: inBatches(row.instances),
    temporalUi: uiLink(fleet.temporalUi, temporal.namespace, row.workflowId),
  };
}

function inBatches(instances: OperationInstance[]): ReleaseGroup['batches'] {
  const batches = Map.groupBy(instances, ({ batch }) => batch);
  return [...batches]
    .sort(([a], [b]) => a - b)
    .map(([index, members]) => ({
      index,
      instances: members
        .sort((a, b) => a.index - b.index)
        .map(({ name, index: number, idc, az, phase, trouble }) => ({ name, index: number, idc, az, phase, trouble })),
    }));
}
