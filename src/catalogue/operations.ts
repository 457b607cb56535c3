import { type Kysely, type Selectable, sql } from 'kysely';
import { TransshipError } from '../domain/errors.ts';
import { isTerminal } from '../domain/states.ts';
import { json, storable } from './json.ts';
import type { Schema } from './schema.ts';
import type { OperationInstance, OperationRepository, OperationRow, OperationSummary } from './types.ts';

const SUMMARY = [
  'id',
  'kind',
  'root',
  'env',
  'app',
  'group_name as group',
  'version',
  'flavor',
  'corrects',
  'namespace',
  'final',
  'workflow_id as workflowId',
  'state',
  'waiting',
  'trouble',
  'actor',
  'created_at as createdAt',
  'started_at as startedAt',
  'ended_at as endedAt',
] as const;

const INSTANCES = sql<OperationInstance[]>`(
  SELECT coalesce(jsonb_agg(to_jsonb(i) - 'operation' ORDER BY i.batch, i.index), '[]')
  FROM operation_instances i WHERE i.operation = operations.id)`.as('instances');

export function operationRepository(db: Kysely<Schema>): OperationRepository {
  const rows = () => db.selectFrom('operations').select([...SUMMARY, 'input', INSTANCES]);

  return {
    async create(created, options) {
      const values = created.map(({ group, workflowId, input, actor, ...row }) => ({
        ...row,
        group_name: group,
        workflow_id: workflowId,
        input: json(input),
        actor: json(actor),
      }));
      await db.transaction().execute(async (trx) => {
        // Accepted one by one: the number of a row is its place in the queue.
        if (options !== undefined) await sql`SELECT pg_advisory_xact_lock(${ADMISSION_LOCK})`.execute(trx);
        if (options !== undefined && 'passed' in options) await refuseOthers(trx, created, options.passed);
        await trx
          .insertInto('operations')
          .values(values)
          .onConflict((conflict) => conflict.column('id').doNothing())
          .execute();
      });
    },

    async get(id) {
      return (await rows().where('id', '=', id).executeTakeFirst()) ?? null;
    },

    async children(root) {
      return rows().where('root', '=', root).where('id', '!=', root).orderBy('number').execute();
    },

    async list({ kind, app, env, live, namespace, limit }): Promise<OperationSummary[]> {
      let query = db.selectFrom('operations').select(SUMMARY).orderBy('number', 'desc').limit(limit);
      if (kind !== undefined) query = query.where('kind', '=', kind);
      if (app !== undefined) query = query.where('app', '=', app);
      if (env !== undefined) query = query.where('env', '=', env);
      if (namespace !== undefined) query = query.where('namespace', '=', namespace);
      if (live !== undefined) query = query.where('ended_at', live ? 'is' : 'is not', null);
      return query.execute();
    },

    async ahead(id): Promise<OperationSummary[]> {
      return db
        .selectFrom('operations')
        .select(SUMMARY)
        .where('kind', '=', 'releaseGroup')
        .where('ended_at', 'is', null)
        .where(
          sql<boolean>`(workflow_id, namespace) = (SELECT workflow_id, namespace FROM operations WHERE id = ${id})
            AND number < (SELECT number FROM operations WHERE id = ${id})`,
        )
        .where(wholeIsLive)
        .orderBy('number')
        .execute();
    },

    async unstarted(namespace, olderThanSeconds): Promise<OperationRow[]> {
      return rows()
        .whereRef('id', '=', 'root')
        .where('namespace', '=', namespace)
        .where('started_at', 'is', null)
        .where('ended_at', 'is', null)
        .where(sql<boolean>`created_at < now() - make_interval(secs => ${olderThanSeconds})`)
        .orderBy('number')
        .execute();
    },

    async markStarted(id) {
      await changeOne(db, id, sql`started_at = coalesce(started_at, now())`, sql`started_at IS NULL`);
    },

    async setFrom(id, from) {
      await changeOne(db, id, sql`input = jsonb_set(input, '{from}', ${json(from)}::jsonb)`, sql`ended_at IS NULL`);
    },

    async setState(id, { state, waiting, trouble }) {
      await changeOne(
        db,
        id,
        sql`state = ${state}, waiting = ${storable(waiting)}, trouble = ${trouble === null ? null : json(trouble)}::jsonb,
            ended_at = ${isTerminal(state) ? sql`now()` : sql`NULL`}`,
        sql`ended_at IS NULL`,
      );
    },

    async setFinal(ids) {
      await db.updateTable('operations').set({ final: true }).where('id', 'in', ids).execute();
    },

    async setInstances(id, instances) {
      // Sorted, so that two writers never wait for each other; the last of equal names counts.
      const byName = new Map(instances.map((instance) => [instance.name, instance]));
      const { rows: written } = await sql<{ known: boolean }>`
        WITH written AS (
          INSERT INTO operation_instances AS old (operation, name, index, idc, az, batch, phase, trouble)
          SELECT o.id, n.name, n.index, n.idc, n.az, n.batch, n.phase, n.trouble
          FROM operations o, jsonb_to_recordset(${json([...byName.values()])}::jsonb) AS n
            (name text, index integer, idc text, az text, batch integer, phase text, trouble jsonb)
          WHERE o.id = ${id} ORDER BY n.name
          ON CONFLICT (operation, name) DO UPDATE SET index = excluded.index, idc = excluded.idc, az = excluded.az,
            batch = excluded.batch, phase = excluded.phase, trouble = excluded.trouble
          WHERE (old.index, old.idc, old.az, old.batch, old.phase, old.trouble)
            IS DISTINCT FROM (excluded.index, excluded.idc, excluded.az, excluded.batch, excluded.phase, excluded.trouble)
        )
        SELECT EXISTS (SELECT FROM operations WHERE id = ${id}) AS known`.execute(db);
      if (written[0]?.known !== true) unknownOperation(id);
    },
  };
}

/** A group whose turn never came stays as it was written when its release ends. */
const wholeIsLive = sql<boolean>`EXISTS (
  SELECT FROM operations AS whole WHERE whole.id = operations.root AND whole.ended_at IS NULL)`;

/** Held while a release is admitted and written: two that do not see each other would both be accepted. */
const ADMISSION_LOCK = 7_226_837_001;

/** @throws GROUP_BUSY */
async function refuseOthers(
  trx: Kysely<Schema>,
  created: Parameters<OperationRepository['create']>[0],
  passed: string[],
): Promise<void> {
  const roots = [...passed, ...created.map(({ root }) => root)];
  const groups = created.filter(({ kind }) => kind === 'releaseGroup').map(({ workflowId }) => workflowId);
  const other = await trx
    .selectFrom('operations')
    .select(['root', 'version', 'env', 'app', 'group_name'])
    .where('kind', '=', 'releaseGroup')
    .where('ended_at', 'is', null)
    .where(sql<boolean>`workflow_id = ANY(${groups}) AND root <> ALL(${roots})`)
    .where(wholeIsLive)
    .executeTakeFirst();
  if (other === undefined) return;
  const { root, version, env, app, group_name: group } = other;
  throw new TransshipError('GROUP_BUSY', `${env}/${app}/${group ?? ''} is to be released by ${root} (${version})`);
}

/** One round trip in the usual case: only a change that hit no row asks why. */
async function changeOne(
  db: Kysely<Schema>,
  id: Selectable<Schema['operations']>['id'],
  set: ReturnType<typeof sql>,
  where: ReturnType<typeof sql>,
): Promise<void> {
  const { numAffectedRows } = await sql`UPDATE operations SET ${set} WHERE id = ${id} AND ${where}`.execute(db);
  if (numAffectedRows === 1n) return;
  const row = await db.selectFrom('operations').select('id').where('id', '=', id).executeTakeFirst();
  if (row === undefined) unknownOperation(id);
}

function unknownOperation(id: string): never {
  throw new TransshipError('OPERATION_UNKNOWN', `there is no operation ${id}`);
}
