import { type Kysely, sql, type Transaction } from 'kysely';
import { TransshipError } from '../domain/errors.ts';
import type { AzSetRef, GroupRef, InstanceRef, Spec } from '../domain/types.ts';
import { json } from './json.ts';
import type { Schema } from './schema.ts';
import type { GroupRepository, GroupRow } from './types.ts';

type SizedSet = AzSetRef & { count: number };

export function groupRepository(db: Kysely<Schema>): GroupRepository {
  return {
    async get(ref) {
      const [group] = await readGroups(db, ref);
      return group ?? null;
    },

    async ofApp(env, app) {
      return readGroups(db, { env, app });
    },

    async ensure(ref, azSets, instances) {
      return db.transaction().execute(async (trx) => {
        // A second caller waits here until the first has committed, and then finds the group.
        const created = await trx
          .insertInto('groups')
          .values({ env: ref.env, app: ref.app, name: ref.group, released: null })
          .onConflict((conflict) => conflict.columns(['env', 'app', 'name']).doNothing())
          .returning('id')
          .executeTakeFirst();
        if (created !== undefined) await layOut(trx, created.id, azSets, instances);
        const [group] = await readGroups(trx, ref);
        return group ?? unknownGroup(ref);
      });
    },

    async resize(ref, azSets, instances) {
      await db.transaction().execute(async (trx) => {
        const groupId = await lockGroup(trx, ref);
        await sql`
          UPDATE az_sets AS a SET count = s.count
          FROM jsonb_to_recordset(${json(azSets)}::jsonb) AS s (idc text, cluster text, namespace text, name text, count integer)
          WHERE a.group_id = ${groupId} AND (a.idc, a.cluster, a.namespace, a.name) = (s.idc, s.cluster, s.namespace, s.name)`.execute(
          trx,
        );
        const members = instances.map(({ member }) => member);
        await sql`DELETE FROM instances WHERE group_id = ${groupId} AND member <> ALL(${members})`.execute(trx);
        await addInstances(trx, groupId, instances);
      });
    },

    async addSpec(ref, spec) {
      return db.transaction().execute(async (trx) => {
        const groupId = await lockGroup(trx, ref);
        const content = json(spec);
        const same = await trx
          .selectFrom('specs')
          .select(['number', 'content'])
          .where('group_id', '=', groupId)
          .where(sql<boolean>`content_hash = md5(${content}::jsonb::text)`)
          .executeTakeFirst();
        if (same !== undefined) return { number: same.number, ...same.content };
        const written = await trx
          .insertInto('specs')
          .values((eb) => ({
            group_id: groupId,
            content,
            number: eb
              .selectFrom('specs')
              .select((max) => sql<number>`coalesce(${max.fn.max('number')}, 0) + 1`.as('next'))
              .where('group_id', '=', groupId),
          }))
          .returning(['number', 'content'])
          .executeTakeFirstOrThrow();
        return { number: written.number, ...written.content };
      });
    },

    async spec(ref, number) {
      const row = await db
        .selectFrom('specs')
        .innerJoin('groups', 'groups.id', 'specs.group_id')
        .select(['specs.number', 'specs.content'])
        .where((eb) => eb.and({ env: ref.env, app: ref.app, name: ref.group }))
        .where('specs.number', '=', number)
        .executeTakeFirst();
      return row === undefined ? null : { number: row.number, ...row.content };
    },

    async setReleased(ref, specNumber) {
      const written = await db
        .updateTable('groups')
        .set({ released: specNumber })
        .where((eb) => eb.and({ env: ref.env, app: ref.app, name: ref.group }))
        .where((eb) =>
          specNumber === null
            ? eb.lit(true)
            : eb.exists(eb.selectFrom('specs').whereRef('group_id', '=', 'groups.id').where('number', '=', specNumber)),
        )
        .returning('id')
        .executeTakeFirst();
      if (written === undefined) unknownGroup(ref, specNumber === null ? '' : ` with a spec ${specNumber}`);
    },

    async noteInstances(ref, seen) {
      await sql`
        UPDATE instances AS i SET uid = s.uid, address = s.address, seen_at = now()
        FROM jsonb_to_recordset(${json(seen)}::jsonb) AS s (member text, uid text, address text), groups AS g
        WHERE g.env = ${ref.env} AND g.app = ${ref.app} AND g.name = ${ref.group}
          AND i.group_id = g.id AND i.member = s.member`.execute(db);
    },
  };
}

/** One query for all groups, with their AzSets and instances: a consistent picture. */
async function readGroups(
  db: Kysely<Schema>,
  { env, app, group }: { env: string; app: string; group?: string },
): Promise<GroupRow[]> {
  const place = sql`jsonb_build_object('idc', a.idc, 'az', a.az, 'cluster', a.cluster, 'namespace', a.namespace, 'name', a.name)`;
  const found = await sql<{
    name: string;
    released: Spec | null;
    azSets: SizedSet[];
    instances: GroupRow['instances'];
  }>`
    SELECT g.name,
      (SELECT s.content || jsonb_build_object('number', s.number) FROM specs s
        WHERE s.group_id = g.id AND s.number = g.released) AS released,
      (SELECT coalesce(jsonb_agg(${place} || jsonb_build_object('count', a.count) ORDER BY a.position), '[]')
        FROM az_sets a WHERE a.group_id = g.id) AS "azSets",
      (SELECT coalesce(jsonb_agg(jsonb_build_object('index', i.index, 'name', i.name, 'azSet', ${place},
          'member', i.member, 'address', i.address, 'uid', i.uid) ORDER BY i.index), '[]')
        FROM instances i JOIN az_sets a ON a.id = i.az_set_id WHERE i.group_id = g.id) AS instances
    FROM groups g WHERE g.env = ${env} AND g.app = ${app} AND ${group === undefined ? sql`true` : sql`g.name = ${group}`}
    ORDER BY g.id`.execute(db);
  return found.rows.map(({ name, ...row }) => ({ ref: { env, app, group: name }, ...row }));
}

async function layOut(
  trx: Transaction<Schema>,
  groupId: number,
  azSets: SizedSet[],
  instances: InstanceRef[],
): Promise<void> {
  await sql`
    INSERT INTO az_sets (group_id, position, idc, az, cluster, namespace, name, count)
    SELECT ${groupId}::integer, s.ordinality, s.idc, s.az, s.cluster, s.namespace, s.name, s.count
    FROM ROWS FROM (jsonb_to_recordset(${json(azSets)}::jsonb) AS
      (idc text, az text, cluster text, namespace text, name text, count integer)) WITH ORDINALITY AS s
    ON CONFLICT ON CONSTRAINT az_sets_place DO NOTHING`.execute(trx);
  await refuseTaken(trx, groupId, azSets);
  await addInstances(trx, groupId, instances);
}

/** Those that are there already stay as they are. */
async function addInstances(trx: Transaction<Schema>, groupId: number, instances: InstanceRef[]): Promise<void> {
  await sql`
    INSERT INTO instances (group_id, index, name, az_set_id, member)
    SELECT ${groupId}::integer, i.index, i.name, a.id, i.member
    FROM jsonb_to_recordset(${json(instances)}::jsonb) AS i (index integer, name text, member text, "azSet" jsonb)
    JOIN az_sets a ON a.idc = i."azSet"->>'idc' AND a.cluster = i."azSet"->>'cluster'
      AND a.namespace = i."azSet"->>'namespace' AND a.name = i."azSet"->>'name'
    WHERE a.group_id = ${groupId}
    ON CONFLICT DO NOTHING`.execute(trx);
}

/** `a-b` + `c` and `a` + `b-c` give sets of one name: the second group must not take over the first one's. */
async function refuseTaken(trx: Transaction<Schema>, groupId: number, azSets: SizedSet[]): Promise<void> {
  const own = await trx.selectFrom('az_sets').select('name').where('group_id', '=', groupId).execute();
  const taken = azSets.filter((set) => !own.some(({ name }) => name === set.name)).map((set) => set.name);
  if (own.length === azSets.length) return;
  throw new TransshipError(
    'APP_INVALID',
    `another group has sets of the same name in the same namespace: ${taken.join(', ')}; rename the app or the group`,
  );
}

async function lockGroup(trx: Transaction<Schema>, ref: GroupRef): Promise<number> {
  const row = await trx
    .selectFrom('groups')
    .select('id')
    .where((eb) => eb.and({ env: ref.env, app: ref.app, name: ref.group }))
    .forUpdate()
    .executeTakeFirst();
  return row?.id ?? unknownGroup(ref);
}

function unknownGroup(ref: GroupRef, detail = ''): never {
  throw new TransshipError('GROUP_UNKNOWN', `there is no group ${ref.env}/${ref.app}/${ref.group}${detail}`);
}
