import { InvalidArgumentError } from '@commander-js/extra-typings';
import { call } from '../api.ts';
import type { ExitCode } from '../exit.ts';
import { knobs, type KnobOptions } from '../knobs.ts';
import type { Session } from '../session.ts';
import { plannedOnce, showAccepted, type ShowOptions } from './accepted.ts';

/** A total, or single AzSets. */
export type Sizes = { instances: number } | { places: { cluster: string; az: string; instances: number }[] };

/** Parses one `--to`: `12`, or `CLUSTER/AZ=6`; the latter may be repeated. */
export function sizes(text: string, before: Sizes | undefined): Sizes {
  const parts = /^(?:([^/=\s]+)\/([^/=\s]+)=)?(\d{1,4})$/.exec(text);
  if (parts === null) throw new InvalidArgumentError('a number such as 12, or one for each place: CLUSTER/AZ=6');
  const [, cluster, az, count] = parts;
  const instances = Number(count);
  if (cluster === undefined || az === undefined) {
    if (before !== undefined) throw new InvalidArgumentError('one total, or CLUSTER/AZ=N for each place');
    return { instances };
  }
  if (before !== undefined && 'instances' in before)
    throw new InvalidArgumentError('one total, or CLUSTER/AZ=N for each place');
  return { places: [...(before?.places ?? []), { cluster, az, instances }] };
}

/** Changes how many instances a group has. */
export async function scaleGroup(
  session: Session,
  app: string,
  group: string | undefined,
  options: Pick<KnobOptions, 'drain' | 'startup' | 'ignoreIgnition'> & ShowOptions & { env: string; to: Sizes },
): Promise<ExitCode> {
  const api = session.api();
  const { env, to } = options;
  const request = api.client.POST('/v1/scales', {
    params: plannedOnce(options),
    body: { app, env, ...to, config: knobs(options), ...(group === undefined ? {} : { group }) },
  });
  const where =
    'instances' in to
      ? String(to.instances)
      : to.places.map((at) => `${at.cluster}/${at.az}=${String(at.instances)}`).join(', ');
  return showAccepted(
    session,
    await call(api, request),
    `scale ${[app, group ?? ''].join(' ').trim()} in ${env} to ${where}`,
    options,
  );
}
