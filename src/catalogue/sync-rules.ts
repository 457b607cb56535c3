import { type Kysely, sql, type Transaction } from 'kysely';
import { diffDefinition } from '../domain/change.ts';
import { TransshipError } from '../domain/errors.ts';
import type { SyncRule } from '../domain/sync/rule.ts';
import type { Actor } from '../domain/types.ts';
import { json } from './json.ts';
import type { Schema } from './schema.ts';
import type { SyncRuleRepository, SyncRuleRow } from './types.ts';

const FIELDS = ['rule', 'revision', 'changed_at as changedAt', 'changed_by as changedBy'] as const;

export function syncRuleRepository(db: Kysely<Schema>): SyncRuleRepository {
  return {
    async put(rule, actor, { seen, check }) {
      return alone(db, async (trx) => {
        const rows = await trx.selectFrom('sync_rules').select(FIELDS).orderBy('name').execute();
        const row = rows.find((one) => one.rule.name === rule.name);
        refuseUnseen(rule.name, row, seen);
        check(rows.map((one) => one.rule).filter(({ name }) => name !== rule.name));
        const before = row?.rule ?? null;
        if (row !== undefined && diffDefinition(row.rule, rule).length === 0) {
          return { before, revision: row.revision, changed: false };
        }
        const revision = await note(trx, rule.name, before, rule, actor);
        const written = { rule: json(rule), revision, changed_by: json(actor) };
        await trx
          .insertInto('sync_rules')
          .values({ ...written, name: rule.name })
          .onConflict((conflict) =>
            conflict.column('name').doUpdateSet((eb) => ({ ...written, changed_at: eb.fn<string>('now') })),
          )
          .execute();
        return { before, revision, changed: true };
      });
    },

    async delete(name, actor, { seen }) {
      return alone(db, async (trx) => {
        const row = await trx.selectFrom('sync_rules').select(FIELDS).where('name', '=', name).executeTakeFirst();
        if (row === undefined) return false;
        refuseUnseen(name, row, seen);
        await note(trx, name, row.rule, null, actor);
        await trx.deleteFrom('sync_rules').where('name', '=', name).execute();
        return true;
      });
    },

    async get(name) {
      return (await db.selectFrom('sync_rules').select(FIELDS).where('name', '=', name).executeTakeFirst()) ?? null;
    },

    async list() {
      return db.selectFrom('sync_rules').select(FIELDS).orderBy('name').execute();
    },

    async history(name) {
      return db
        .selectFrom('sync_rule_changes')
        .select(['revision', 'before', 'after', 'changed_at as changedAt', 'changed_by as changedBy'])
        .where('name', '=', name)
        .orderBy('revision', 'desc')
        .execute();
    },
  };
}

/** One change at a time, of all rules: two that fit those in force, but not each other, must not both pass the check. */
async function alone<T>(db: Kysely<Schema>, change: (trx: Transaction<Schema>) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (trx) => {
    await sql`LOCK TABLE sync_rules IN SHARE ROW EXCLUSIVE MODE`.execute(trx);
    return change(trx);
  });
}

function refuseUnseen(name: string, row: Pick<SyncRuleRow, 'revision'> | undefined, seen: number | undefined): void {
  const revision = row?.revision ?? 0;
  if (seen === undefined || seen === revision) return;
  throw new TransshipError('SYNC_RULE_CHANGED', `sync rule ${name} is at revision ${revision}, not ${seen}`);
}

/** Keeps the change; its number. */
async function note(
  trx: Transaction<Schema>,
  name: string,
  before: SyncRule | null,
  after: SyncRule | null,
  actor: Actor,
): Promise<number> {
  const { last } = await trx
    .selectFrom('sync_rule_changes')
    .select(sql<number>`coalesce(max(revision), 0)`.as('last'))
    .where('name', '=', name)
    .executeTakeFirstOrThrow();
  const sides = { before: before === null ? null : json(before), after: after === null ? null : json(after) };
  await trx
    .insertInto('sync_rule_changes')
    .values({ name, revision: last + 1, ...sides, changed_by: json(actor) })
    .execute();
  return last + 1;
}
