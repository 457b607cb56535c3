import { remaining } from '../domain/sync/drift.ts';
import type { components } from '../http/openapi.d.ts';
import { secondsText } from './size.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

export type Comparison = components['schemas']['Comparison'];
type LastComparison = components['schemas']['LastComparison'];
export type DeletedTag = components['schemas']['DeletedTag'];
type Example = Comparison['examples'][number];

/** How a comparison ended: a line for each IDC, and for each of the first that differed. */
export function driftText(terminal: Terminal, rule: string, comparison: Comparison, isDry = false): string {
  const { idcs, examples } = comparison;
  const table = columns(
    terminal,
    ['idc', 'compared', 'missing', 'not at the source', isDry ? 'would go' : 'deleted', 'held back', ''],
    Object.entries(idcs).map(([idc, { checked, missing, extra, deleted, held, isCut, trouble }]) => [
      idc,
      String(checked),
      ...[missing, extra, deleted].map(String),
      held === 0 ? '0' : terminal.paint('yellow', String(held)),
      trouble === null ? (isCut ? 'there is more' : '') : terminal.paint('red', `${trouble.code}: ${trouble.message}`),
    ]),
  );
  return [table, ...examples.map((one) => `  ${exampleText(terminal, one, isDry)}`), ...advice(rule, examples)].join(
    '\n',
  );
}

function exampleText({ paint }: Terminal, { what, image, registries, why, detail }: Example, isDry: boolean): string {
  const there = registries.join(', ');
  if (what === 'missing') return `${image} is missing in ${there}`;
  if (what === 'deleted')
    return `${image} ${isDry ? 'would be' : 'was'} deleted in ${there}: the source has it no more`;
  return `${paint('yellow', 'held back')}: ${image} stays in ${there}: ${why === null ? detail : whyText(why, detail)}`;
}

function whyText(why: NonNullable<Example['why']>, detail: string): string {
  return {
    many: `the source has too many no more: ${detail}`,
    repository: 'the source has no tag of the repository any more',
    rule: `rule ${detail} brings it there`,
    unsupported: 'the registry deletes no tags',
    failed: detail,
  }[why];
}

/** How to let go what is held back. */
function advice(rule: string, examples: readonly Example[]): string[] {
  const reasons = new Set(examples.map(({ why }) => why));
  const options = [
    ...(reasons.has('many') ? ['--most-deletions N'] : []),
    ...(reasons.has('repository') ? ['--delete-repositories'] : []),
  ];
  if (options.length === 0) return [];
  return [`If they are to go: transship image rules compare ${rule} ${options.join(' ')}`];
}

/** `3 min 2 s ago`, of how the last comparison ended. */
export function agoText(last: LastComparison | null, now: Date): string {
  if (last === null) return 'never';
  return `${secondsText(Math.max(0, now.getTime() - Date.parse(last.endedAt)) / 1_000)} ago`;
}

/** What the last comparison left as it should not be, in a few words. */
export function leftText({ paint }: Terminal, last: LastComparison | null, now: Date): string {
  if (last === null) return '';
  const left = remaining(last);
  if (left === null) return `brings ${last.asked}`;
  const parts = [
    ...(left.late === 0 ? [] : [`${left.late} late`]),
    ...(left.held === 0 ? [] : [`${left.held} held back`]),
    ...(left.unseen === 0 ? [] : [`${left.unseen} IDCs not seen`]),
  ];
  if (parts.length === 0) return paint('green', 'none');
  const since = last.driftSince === null ? 0 : (now.getTime() - Date.parse(last.driftSince)) / 1_000;
  return paint('yellow', `${parts.join(', ')}, for ${secondsText(Math.max(0, since))}`);
}

/** Where a tag went. */
export function deletedText({ repository, tag, registry, digest, from, rule, at }: DeletedTag): string {
  return `${repository}:${tag} was deleted in ${registry} at ${at} by rule ${rule}, as ${from} had it no more; it named ${digest}`;
}
