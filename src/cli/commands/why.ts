import type { components } from '../../http/openapi.d.ts';
import { call } from '../api.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { duration } from '../release-text.ts';
import type { Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';

type Why = components['schemas']['Why'];

/** One screen for each group: state, what is waited for, who can unblock it, what to type. */
export async function explain(
  session: Session,
  app: string,
  subject: string | undefined,
  { env }: { env?: string | undefined },
): Promise<ExitCode> {
  const { terminal } = session;
  const api = session.api();
  const query = { ...(env === undefined ? {} : { env }), ...(subject === undefined ? {} : { subject }) };
  const { answers } = await call(api, api.client.GET('/v1/apps/{app}/why', { params: { path: { app }, query } }));
  terminal.result({ answers });
  terminal.say(answers.map((answer) => whyText(terminal, answer, new Date())).join('\n\n'));
  return EXIT.ok;
}

function whyText(terminal: Terminal, why: Why, now: Date): string {
  const { paint } = terminal;
  const { subject, state, release, reason, waitsFor, since, until, who, trouble, runbook, next, details } = why;
  const ago = since === null ? '' : `${since} (${duration(now.getTime() - Date.parse(since))})`;
  const left = until === null ? '' : `${until} (${duration(Date.parse(until) - now.getTime())} left)`;
  const rows: [string, string][] = [
    ['why', trouble === null ? reason : `${trouble.code} (${trouble.verdict}): ${reason}`],
    ['waits', waitsFor === null || waitsFor.includes(reason) ? '' : waitsFor],
    ['since', ago],
    ['until', left],
    ['who', who ?? ''],
    ['runbook', runbook ?? ''],
    ...details.map((detail, i): [string, string] => [i === 0 ? 'details' : '', detail]),
    ...next.map(({ command, meaning }, i): [string, string] => [
      i === 0 ? 'type' : '',
      `${command}  ${paint('dim', `# ${meaning}`)}`,
    ]),
  ];
  const head = `${paint('bold', subject)}  ${paint(state === 'at rest' ? 'green' : 'yellow', state)}`;
  const of = release === null ? '' : `  ${paint('dim', release)}`;
  return [
    `${head}${of}`,
    ...rows.filter(([, text]) => text !== '').map(([name, text]) => `  ${paint('dim', name.padEnd(8))}${text}`),
  ].join('\n');
}
