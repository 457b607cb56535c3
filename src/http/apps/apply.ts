import type { GroupRow } from '../../catalogue/types.ts';
import { parseApp, type AppDefinition } from '../../domain/app.ts';
import { checkChange, diffDefinition } from '../../domain/change.ts';
import { TransshipError } from '../../domain/errors.ts';
import { layoutGroup } from '../../domain/layout.ts';
import type { Actor, GroupRef } from '../../domain/types.ts';
import type { ApiContext } from '../context.ts';
import type { ApplyAnswer } from '../schemas/app.ts';

export interface ApplyRequest {
  /** Name in the path. */
  app: string;
  /** The app file, YAML or JSON. */
  text: string;
  dryRun: boolean;
  /** Revision that the sender has seen; another one in force refuses the request. */
  seen: number | undefined;
}

/**
 * Plans what an app file changes and, unless it is a dry run, puts it in force. Clusters are not touched: the next
 * release of a group does that.
 * @throws TransshipError APP_INVALID, SIZE_CHANGE_UNSUPPORTED; APP_CHANGED where somebody else applied meanwhile
 */
export async function applyApp(context: ApiContext, request: ApplyRequest, actor: Actor): Promise<ApplyAnswer> {
  const { fleet, catalogue } = context;
  const { app, text, dryRun, seen } = request;
  const definition = parseApp(text, fleet, 'app file');
  if (definition.app !== app) {
    const message = `says ${definition.app}, and the path says ${app}`;
    throw new TransshipError('APP_INVALID', `app ${message}`, { places: [{ path: 'app', message }] });
  }

  const before = await catalogue.apps.get(app);
  const revision = before?.revision ?? 0;
  if (seen !== undefined && seen !== revision) {
    throw new TransshipError('APP_CHANGED', `app ${app} is at revision ${revision}, not ${seen}`);
  }
  const rows = await standingGroups(context, [before?.definition, definition]);
  checkChange(before?.definition ?? null, definition, (ref) => find(rows, ref)?.azSets);

  const changes = diffDefinition(before?.definition ?? null, definition).map(({ path, before: old, after }) => ({
    path,
    before: old ?? null,
    after: after ?? null,
  }));
  const groups = definition.groups.map(({ name, environment }) => {
    const ref = { env: environment, app, group: name };
    const row = find(rows, ref);
    const { azSets, instances } = row ?? layoutGroup(definition, name, environment, fleet);
    return {
      env: environment,
      group: name,
      state: row === undefined ? ('new' as const) : ('kept' as const),
      azSets,
      instances,
    };
  });
  if (dryRun) return { app, revision, applied: false, changes, groups };
  const applied = await catalogue.apps.apply(definition, actor);
  return { app, revision: applied.revision, applied: applied.changed, changes, groups };
}

/** Rows of groups that have instances, in every environment that any of the definitions names. */
async function standingGroups(
  { catalogue }: ApiContext,
  definitions: (AppDefinition | undefined)[],
): Promise<GroupRow[]> {
  const all = definitions.filter((one) => one !== undefined);
  const envs = new Set(all.flatMap(({ groups }) => groups.map(({ environment }) => environment)));
  const app = all[0]?.app ?? '';
  return (await Promise.all([...envs].map(async (env) => catalogue.groups.ofApp(env, app)))).flat();
}

function find(rows: GroupRow[], { env, group }: GroupRef): GroupRow | undefined {
  return rows.find(({ ref }) => ref.env === env && ref.group === group);
}
