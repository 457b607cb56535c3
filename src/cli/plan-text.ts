import type { components } from '../http/openapi.d.ts';
import { describeBudget } from '../domain/brake.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

type ReleasePlan = components['schemas']['ReleasePlan'];
type GroupPlan = components['schemas']['GroupPlan'];
type ApplyAnswer = components['schemas']['ApplyAnswer'];

/** A release's plan as a person reads it: who is in which batch, and the arithmetic of the brake. */
export function planText(terminal: Terminal, plan: ReleasePlan): string {
  const head = terminal.paint('bold', `${plan.app} ${plan.version} in ${plan.env}`);
  const several = new Set(plan.groups.map(({ ref }) => ref.env)).size > 1;
  return [head, ...plan.groups.flatMap((group) => ['', ...groupLines(terminal, group, several)])].join('\n');
}

const MODES: Record<GroupPlan['mode'], string> = {
  create: 'first release: its sets and instances are created',
  'in-place': 'in place: images change, pods and addresses stay',
  recreate: 'recreate: instances are ended and made anew, batch by batch',
  mixed: 'mixed: in place where that can be, elsewhere instances are ended and made anew',
  restart: 'restart: instances are ended and made anew on what they run, batch by batch',
  scale: 'scale: what comes is out of traffic until it is ignited; what goes is out of traffic before it ends',
  adopt: 'adopt: its sets are taken over as they run; no instance ends',
  detach: 'detach: its sets are left as they run, to whoever has them then; no instance ends',
  convert: 'convert: its sets are made anew under their instances, which stay; no instance ends',
  none: 'is like that already: nothing to do',
};

function groupLines(
  terminal: Terminal,
  { ref, mode, running, images, missing = [], plan, warnings }: GroupPlan,
  withEnv: boolean,
): string[] {
  const { paint } = terminal;
  const lines = [`${paint('bold', withEnv ? `${ref.env}/${ref.group}` : ref.group)}  ${MODES[mode]}`];
  for (const [container, { repository, tag, digest }] of Object.entries(images)) {
    lines.push(`  ${container}: ${repository}:${tag} (${digest.slice(0, 19)}…)`);
  }
  for (const { repository, tag, idc, from } of missing) {
    lines.push(`  ${paint('yellow', 'brought first')}: ${repository}:${tag} to ${idc}, from ${from.name}`);
  }
  if (running.length > 0) lines.push(`  runs now: ${running.join(', ')}`);
  lines.push(...warnings.map((warning) => `  ${paint('yellow', 'note')}: ${warning}`));
  if (plan.batches.length === 0) return lines;

  lines.push(`  ${mode === 'scale' ? 'sizes' : 'batches'}: ${plan.rounding}`);
  const rows = plan.batches.map(({ index, members, wave }, at) => {
    const sum = plan.budget[at];
    return [
      `  ${batchName(index, mode)}${wave === undefined ? '' : `, ${wave}`}`,
      members.map(({ name, azSet }) => `${name} (${azSet.idc}/${azSet.az})`).join(', '),
      sum === undefined ? '' : paint(sum.pass ? 'green' : 'red', describeBudget(sum)),
    ];
  });
  lines.push(columns(terminal, ['  batch', 'instances', 'brake'], rows));
  return lines;
}

/** Batch 0 is the bastion, unless the group is being created. */
export function batchName(index: number, mode: GroupPlan['mode'] = 'in-place'): string {
  if (mode === 'create' || mode === 'adopt' || mode === 'detach' || mode === 'convert') return 'all';
  if (mode === 'scale') return index === 1 ? 'comes' : 'goes';
  return index === 0 ? 'bastion' : `batch ${index}`;
}

/** What applying an app file changes. */
export function applyText(terminal: Terminal, { app, revision, changes, groups }: ApplyAnswer): string {
  const { paint } = terminal;
  const rows = groups.map(({ env, group, state, azSets, instances }) => [
    `  ${env}/${group}`,
    state === 'new' ? paint('green', 'new') : 'kept',
    `${instances.length} instances`,
    azSets.map(({ idc, az, cluster, count }) => `${idc}/${az} on ${cluster}: ${count}`).join(', '),
  ]);
  const lines = [paint('bold', `app ${app}`) + (revision === 0 ? ' (new)' : ` (revision ${revision} is in force)`)];
  lines.push(...changeLines(terminal, changes));
  return [...lines, columns(terminal, ['  group', '', '', 'where'], rows)].join('\n');
}

/** What differs from the definition before, a line each; nothing of a new one. */
export function changeLines({ paint }: Terminal, changes: ApplyAnswer['changes']): string[] {
  return changes
    .filter(({ path }) => path !== '')
    .map(
      ({ path, before, after }) =>
        `  ${path}: ${paint('red', valueText(before))} → ${paint('green', valueText(after))}`,
    );
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}
