import { EXIT, type ExitCode } from '../exit.ts';
import type { Session } from '../session.ts';

export interface ApplyOptions {
  dryRun?: boolean | undefined;
  yes?: boolean | undefined;
}

/** What the API says of a file that it plans, or has put in force. */
interface Applied {
  revision: number;
  changes: unknown[];
}

/** Of a file: how it is sent, and what is said of it. */
export interface Applying<T extends Applied> {
  put: (options: { dryRun: boolean; revision?: number }) => Promise<T>;
  plan: (answer: T) => string;
  done: (answer: T) => string;
}

/** Shows what a file changes, then puts it in force; asks first where a person is there. */
export async function planThenApply<T extends Applied>(
  { terminal }: Pick<Session, 'terminal'>,
  options: ApplyOptions,
  { put, plan, done }: Applying<T>,
): Promise<ExitCode> {
  const planned = await put({ dryRun: true });
  terminal.say(plan(planned));
  if (options.dryRun === true || planned.changes.length === 0) {
    if (planned.changes.length === 0) terminal.say('nothing to change');
    terminal.result(planned);
    return EXIT.ok;
  }
  if (terminal.interactive && options.yes !== true && !(await terminal.ask('Apply it?'))) {
    terminal.note('not applied');
    return EXIT.ok;
  }
  // On the revision that the plan was made on: what somebody else applied meanwhile is not overwritten unseen.
  const answer = await put({ dryRun: false, revision: planned.revision });
  terminal.say(done(answer));
  terminal.result(answer);
  return EXIT.ok;
}

/** How a file is sent: as it is. */
export const AS_FILE = {
  bodySerializer: (body: unknown) => body as string,
  headers: { 'content-type': 'application/yaml' },
};

/** Refuses what is to be done on another revision than this one. */
export const seen = (revision: number): { 'if-match': string } => ({ 'if-match': `"${revision}"` });
