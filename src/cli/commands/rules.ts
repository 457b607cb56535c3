import { stringify } from 'yaml';
import { call, type Api } from '../api.ts';
import { agoText, driftText, leftText } from '../drift-text.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { nameInFile } from '../name-in-file.ts';
import { historyText, rulePlanText, ruleTable, type RuleAnswer, type RuleView } from '../rule-text.ts';
import type { Session } from '../session.ts';
import { secondsText } from '../size.ts';
import { AS_FILE, planThenApply, seen, type ApplyOptions } from './apply.ts';
import { readText } from './fleet.ts';

/** Shows what the file of a sync rule changes and what it overlaps, then puts it in force; asks first where a person is there. */
export async function applyRuleFile(session: Session, options: ApplyOptions & { file: string }): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const text = await readText(options.file);
  return planThenApply(session, options, {
    put: async (how) => put(api, text, how),
    plan: (answer) => rulePlanText(terminal, answer),
    done: ({ revision }) => `applied: revision ${revision}`,
  });
}

async function put(api: Api, text: string, options: { dryRun: boolean; revision?: number }): Promise<RuleAnswer> {
  const { dryRun, revision } = options;
  return call(
    api,
    api.client.PUT('/v1/sync-rules/{name}', {
      params: {
        path: { name: nameInFile(text, 'name') },
        query: { dryRun },
        ...(revision === undefined ? {} : { header: seen(revision) }),
      },
      body: text,
      ...AS_FILE,
    }),
  );
}

export async function listRules(session: Session): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const list = await call(api, api.client.GET('/v1/sync-rules'));
  terminal.result(list);
  terminal.say(ruleTable(terminal, list.rules));
  return EXIT.ok;
}

/** Shows a rule as its file, with who changed it last in a comment. */
export async function showRule(session: Session, name: string): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const view = await call(api, api.client.GET('/v1/sync-rules/{name}', { params: { path: { name } } }));
  terminal.result(view);
  terminal.say(`# revision ${view.revision}, changed ${view.changedAt} by ${view.changedBy}`);
  if (view.missing.length > 0) terminal.note(`not in the fleet file any more: ${view.missing.join(', ')}`);
  for (const line of comparisonLines(session, view)) terminal.say(`# ${line}`.trimEnd());
  terminal.say(stringify(view.rule).trimEnd());
  return EXIT.ok;
}

/** How the last comparison ended. */
function comparisonLines({ terminal }: Session, { rule, comparison }: RuleView): string[] {
  if (comparison === null) return ['not compared yet'];
  const now = new Date();
  const { seconds, by } = comparison;
  return [
    `compared ${agoText(comparison, now)} in ${secondsText(seconds)} (${by}); drift: ${leftText(terminal, comparison, now)}`,
    ...driftText(terminal, rule.name, comparison).split('\n'),
  ];
}

export async function deleteRule(
  session: Session,
  name: string,
  options: { yes?: boolean | undefined },
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const path = { name };
  const view = await call(api, api.client.GET('/v1/sync-rules/{name}', { params: { path } }));
  terminal.say(ruleTable(terminal, [view]));
  if (terminal.interactive && options.yes !== true && !(await terminal.ask(`Delete ${name}?`))) {
    terminal.note('not deleted');
    return EXIT.ok;
  }
  // The revision that was shown, not what somebody made of it meanwhile.
  await call(api, api.client.DELETE('/v1/sync-rules/{name}', { params: { path, header: seen(view.revision) } }));
  terminal.result({ name, deleted: true });
  terminal.say(`deleted: ${name} brings nothing any more; what it has brought stays`);
  return EXIT.ok;
}

export async function showHistory(session: Session, name: string): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const history = await call(api, api.client.GET('/v1/sync-rules/{name}/history', { params: { path: { name } } }));
  terminal.result(history);
  terminal.say(historyText(terminal, history.changes));
  return EXIT.ok;
}
