import { inContainer } from './draft.ts';
import { type Job, literally, variablesOf } from './job.ts';

/**
 * `cmd` and `args`. Mesos runs `cmd` as `/bin/sh -c`, in the place of the image's entry point; `args` are handed to the entry
 * point, or are the command where there is no image. Where both are given args win (mesosphere/marathon, TaskBuilder.scala).
 */
export function translateCommand({ app, draft, ledger }: Job): void {
  const [cmd, args] = [app.get('cmd'), app.get('args')];
  const list = args.items().flatMap(({ text }) => text ?? []);
  const isList = list.length > 0 && list.length === args.items().length;
  if (isList) {
    const hasImage = app.get('container').get('docker').get('image').present;
    const to = draft.put(inContainer(hasImage ? 'args' : 'command'), list.map(literally));
    const lack = lacks(list.join(' '));
    if (lack === null) ledger.translated(args, to);
    else ledger.person(args, 'command', lack, to);
  }
  if (cmd.text === undefined || cmd.text === '') return;
  if (isList) {
    ledger.person(cmd, 'command', 'an app has cmd or args, and Marathon runs args: leave one out');
    return;
  }
  const to = draft.put(inContainer('command'), ['/bin/sh', '-c', literally(cmd.text)]);
  const lack = lacks(cmd.text);
  if (lack === null) ledger.translated(cmd, to);
  else ledger.person(cmd, 'command', lack, to);
}

/** What of the text is there for tasks of Mesos only; null where nothing is. */
function lacks(text: string): string | null {
  const variables = variablesOf(text).filter(isOfMesos);
  const [path] = /\/opt\/mesosphere\/[^\s'"]*/.exec(text) ?? [];
  const told = [...variables.map((name) => `$${name}`), ...(path === undefined ? [] : [path])];
  return told.length === 0 ? null : `no pod has ${told.join(', ')}: put it into the image or the environment`;
}

/** Variables that Mesos and Marathon set for a task, but the one that the translation sets, too. */
function isOfMesos(name: string): boolean {
  return /^(MESOS_|LIBPROCESS_|MARATHON_APP_)/.test(name) && name !== 'MARATHON_APP_ID';
}
