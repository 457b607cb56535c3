import { call } from '../api.ts';
import type { ExitCode } from '../exit.ts';
import { knobs, type KnobOptions } from '../knobs.ts';
import type { Session } from '../session.ts';
import { plannedOnce, showAccepted, type ShowOptions } from './accepted.ts';

interface PromoteOptions extends ShowOptions, KnobOptions {
  env?: string[] | undefined;
  group?: string[] | undefined;
  joined?: true | undefined;
  promote?: string | undefined;
}

/** Releases a version in one environment after the other. */
export async function promoteApp(
  session: Session,
  app: string,
  version: string,
  options: PromoteOptions,
): Promise<ExitCode> {
  const api = session.api();
  const { env: envs, group: groups, joined, promote } = options;
  const body = {
    ...{ app, version, config: knobs(options) },
    ...(envs === undefined ? {} : { envs }),
    ...(groups === undefined ? {} : { groups }),
    ...(joined === undefined ? {} : { joined }),
    ...(promote === undefined ? {} : { promote }),
  };
  const params = plannedOnce(options);
  const answer = await call(api, api.client.POST('/v1/promotions', { params, body }));
  return showAccepted(
    session,
    answer,
    `promote ${app} ${version} to ${envs?.join(', ') ?? 'every environment'}`,
    options,
  );
}
