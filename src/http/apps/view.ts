import { TransshipError } from '../../domain/errors.ts';
import { layoutGroup } from '../../domain/layout.ts';
import type { ApiContext } from '../context.ts';
import type { AppView } from '../schemas/app.ts';

/**
 * An app with its groups as the catalogue knows them; groups without a release yet as they will be laid out.
 * @throws TransshipError APP_UNKNOWN
 */
export async function viewApp({ catalogue, fleet }: ApiContext, app: string): Promise<AppView> {
  const found = await catalogue.apps.get(app);
  if (found === null) {
    const names = (await catalogue.apps.list()).map(({ name }) => name);
    const known = names.length === 0 ? 'none has been applied yet' : `there is ${names.slice(0, 20).join(', ')}`;
    throw new TransshipError('APP_UNKNOWN', `no app ${app}; ${known}`);
  }
  const { definition, revision, appliedAt, appliedBy } = found;
  const groups = await Promise.all(
    definition.groups.map(async ({ name, environment }): Promise<AppView['groups'][number]> => {
      const ref = { env: environment, app, group: name };
      const [row, fence] = await Promise.all([catalogue.groups.get(ref), catalogue.fences.get(ref)]);
      const released = row?.released ?? null;
      const laidOut = row ?? layoutGroup(definition, name, environment, fleet);
      return {
        env: environment,
        group: name,
        released: released && { number: released.number, version: released.version, images: released.images },
        holder: fence?.holder ?? null,
        dirty: fence?.dirty ?? false,
        azSets: laidOut.azSets,
        instances: row?.instances ?? laidOut.instances.map((instance) => ({ ...instance, address: null, uid: null })),
      };
    }),
  );
  return { app, revision, appliedAt, appliedBy, definition, groups };
}
