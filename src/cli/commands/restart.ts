import { call } from '../api.ts';
import type { ExitCode } from '../exit.ts';
import { knobs, type KnobOptions } from '../knobs.ts';
import type { Session } from '../session.ts';
import { plannedOnce, showAccepted, type ShowOptions } from './accepted.ts';

/** Makes instances of an app anew on what they run: of these groups, or these instances, or all. */
export async function restartInstances(
  session: Session,
  app: string,
  subjects: string[],
  options: KnobOptions & ShowOptions & { env: string },
): Promise<ExitCode> {
  const api = session.api();
  const { env } = options;
  const request = api.client.POST('/v1/restarts', {
    params: plannedOnce(options),
    body: { app, env, config: knobs(options), ...(subjects.length === 0 ? {} : { subjects }) },
  });
  const what = `restart ${[app, ...subjects].join(' ')} in ${env}`;
  return showAccepted(session, await call(api, request), what, options);
}
