import { diffDefinition } from '../domain/change.ts';
import type { components } from '../http/openapi.d.ts';
import { changeLines } from './plan-text.ts';
import { agoText, leftText } from './drift-text.ts';
import { columns } from './table.ts';
import type { Terminal } from './terminal.ts';

export type RuleAnswer = components['schemas']['SyncRuleAnswer'];
export type RuleView = components['schemas']['SyncRuleView'];
type Rule = components['schemas']['SyncRule'];
type RuleChange = components['schemas']['SyncRuleHistory']['changes'][number];

/** What applying the file of a rule does. */
export function rulePlanText(terminal: Terminal, { name, revision, rule, changes, overlaps }: RuleAnswer): string {
  const { paint } = terminal;
  const state = revision === 0 ? ' (new)' : ` (revision ${revision} is in force)`;
  const notes = overlaps.map(
    (overlap) => `  ${paint('yellow', 'note')}: ${overlapText(overlap)}, e.g. ${overlap.example}`,
  );
  return [
    `${paint('bold', `sync rule ${name}`)}${state}  ${wayText(rule)}`,
    ...imageLines(rule),
    ...changeLines(terminal, changes),
    ...notes,
  ].join('\n');
}

function overlapText({ rule, how, registries }: RuleAnswer['overlaps'][number]): string {
  const there = registries.join(', ');
  if (how === 'same') return `rule ${rule} brings images of it to ${there}, too`;
  return how === 'before'
    ? `rule ${rule} brings images of it to ${there}`
    : `rule ${rule} takes images of it on from ${there}`;
}

const wayText = ({ from, to }: Rule): string => `${from} → ${to.join(', ')}`;

function imageLines({ images }: Rule): string[] {
  return images.map(({ repository, tags = [] }) => `  ${repository}${tags.length === 0 ? '' : `  ${tags.join(', ')}`}`);
}

/** Rules, one in a line. */
export function ruleTable(terminal: Terminal, rules: RuleView[], now = new Date()): string {
  if (rules.length === 0) return 'no sync rule';
  return columns(
    terminal,
    ['rule', 'way', 'images', 'priority', 'compared', 'last', 'drift', 'revision', 'changed by'],
    rules.map(({ rule, revision, changedBy, missing, comparison }) => [
      rule.name,
      missing.length === 0
        ? wayText(rule)
        : `${wayText(rule)} ${terminal.paint('red', `(not in the fleet file: ${missing.join(', ')})`)}`,
      imageLines(rule)
        .map((line) => line.trim())
        .join('; '),
      rule.priority,
      `every ${rule.every}`,
      agoText(comparison, now),
      leftText(terminal, comparison, now),
      String(revision),
      changedBy,
    ]),
  );
}

/** Changes of a rule, the latest first, each with what it changed. */
export function historyText(terminal: Terminal, changes: RuleChange[]): string {
  return changes.flatMap((change) => changeText(terminal, change)).join('\n');
}

function changeText(terminal: Terminal, { revision, changedAt, changedBy, before, after }: RuleChange): string[] {
  const { paint } = terminal;
  const head = `${paint('bold', `revision ${revision}`)}  ${changedAt} by ${changedBy}`;
  if (after === null) return [`${head}  ${paint('red', 'deleted')}`];
  if (before === null) return [`${head}  ${paint('green', 'made')}  ${wayText(after)}`, ...imageLines(after)];
  return [head, ...changeLines(terminal, diffDefinition(before, after))];
}
