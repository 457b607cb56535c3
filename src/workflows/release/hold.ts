import type { ReleaseState } from '../../domain/states.ts';
import type { Trouble } from '../../domain/types.ts';
import type { GroupRun } from './context.ts';

/** Nobody decided before the gate's deadline: the operation ends as it stands. */
export class GateExpired extends Error {
  readonly trouble: Trouble;

  constructor(trouble: Trouble) {
    super(trouble.message);
    this.name = 'GateExpired';
    this.trouble = trouble;
  }
}

/**
 * Waits for a person: until somebody sends resume. An abort cancels the wait.
 * @throws GateExpired when nobody came in time
 */
export async function hold(
  { input, progress, commands }: GroupRun,
  state: ReleaseState,
  trouble: Trouble,
): Promise<void> {
  const hours = input.config.gateHours;
  const until = new Date(Date.now() + hours * 3_600_000).toISOString();
  commands.expectResume();
  await progress.enter(state, trouble.message, {
    trouble,
    wait: { reason: `waits for a decision: ${trouble.message}`, until, who: 'whoever may release this app' },
  });
  if (!(await commands.resumed(hours * 3_600_000))) throw new GateExpired(trouble);
}
