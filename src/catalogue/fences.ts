import { type Kysely, sql } from 'kysely';
import { TransshipError } from '../domain/errors.ts';
import type { GroupRef } from '../domain/types.ts';
import type { Schema } from './schema.ts';
import type { FenceRepository, FenceRow } from './types.ts';

export function fenceRepository(db: Kysely<Schema>): FenceRepository {
  const get = async (ref: GroupRef): Promise<FenceRow | null> => {
    const row = await db
      .selectFrom('fences')
      .select(['holder', 'epoch', 'dirty'])
      .where((eb) => eb.and({ env: ref.env, app: ref.app, group_name: ref.group }))
      .executeTakeFirst();
    return row === undefined ? null : { ref, ...row };
  };

  return {
    get,

    async claim(ref, operation, over) {
      // One statement: the row is locked by the conflict, judged, and comes back as it is after the judgement.
      // An operation that has ended gets nothing: its late attempt would hold the fence for ever.
      const free = sql`((f.holder IS NULL AND NOT f.dirty) OR f.holder = ${over ?? null}::text)`;
      const { rows } = await sql<Omit<FenceRow, 'ref'>>`
        INSERT INTO fences AS f (env, app, group_name, holder, epoch)
        SELECT ${ref.env}, ${ref.app}, ${ref.group}, ${operation}, 1
        WHERE NOT EXISTS (SELECT FROM operations WHERE id = ${operation} AND ended_at IS NOT NULL)
        ON CONFLICT (env, app, group_name) DO UPDATE SET
          holder = CASE WHEN ${free} THEN excluded.holder ELSE f.holder END,
          epoch = CASE WHEN ${free} THEN f.epoch + 1 ELSE f.epoch END,
          dirty = CASE WHEN ${free} THEN false ELSE f.dirty END,
          braked = CASE WHEN ${free} THEN false ELSE f.braked END,
          changed_at = CASE WHEN ${free} THEN now() ELSE f.changed_at END
        RETURNING holder, epoch, dirty`.execute(db);
      const fence = rows[0] ?? (await get(ref));
      if (fence?.holder === operation) return { epoch: fence.epoch };
      if (rows.length === 0) {
        throw new TransshipError('FENCE_LOST', `${operation} has ended and claims ${label(ref)} no more`);
      }
      const by = fence?.holder ?? 'an operation that is not named any more';
      if (fence?.dirty === true) throw new TransshipError('GROUP_DIRTY', `${by} left ${label(ref)} half done`);
      throw new TransshipError('GROUP_BUSY', `${by} holds ${label(ref)}`);
    },

    async takeTurn(operation, { subject, activity, attempt }) {
      const { rows } = await sql<{ taken: boolean }>`
        SELECT take_turn(${operation}, ${subject}, ${activity}, ${attempt}) AS taken`.execute(db);
      if (rows[0]?.taken !== true) throw tookOver(operation, subject);
    },

    async check(ref, operation, epoch, turn) {
      const mine =
        turn === undefined
          ? sql<boolean>`true`
          : sql<boolean>`EXISTS (SELECT FROM turns WHERE operation = ${operation} AND subject = ${turn.subject}
              AND activity = ${turn.activity} AND attempt = ${turn.attempt})`;
      const held = await db
        .selectFrom('fences')
        .select([mine.as('mine'), 'braked'])
        .where((eb) => eb.and({ env: ref.env, app: ref.app, group_name: ref.group, holder: operation, epoch }))
        .executeTakeFirst();
      if (held === undefined) {
        throw new TransshipError('FENCE_LOST', `${operation} does not hold ${label(ref)} at epoch ${epoch} any more`);
      }
      if (turn !== undefined && !held.mine) throw tookOver(operation, turn.subject);
      return { braked: held.braked };
    },

    async brake(operation, braked) {
      // By the group of the operation: fences are not looked for by their holders.
      await sql`
        UPDATE fences f SET braked = ${braked} FROM operations o
        WHERE o.id = ${operation} AND f.env = o.env AND f.app = o.app AND f.group_name = o.group_name
          AND f.holder = o.id AND f.braked <> ${braked}`.execute(db);
    },

    async release(ref, operation, epoch, dirty) {
      await sql`
        UPDATE fences SET epoch = epoch + 1, dirty = ${dirty}, holder = ${dirty ? operation : null}, braked = false,
          changed_at = now()
        WHERE env = ${ref.env} AND app = ${ref.app} AND group_name = ${ref.group}
          AND holder = ${operation} AND epoch = ${epoch}`.execute(db);
    },
  };
}

function label({ env, app, group }: GroupRef): string {
  return `${env}/${app}/${group}`;
}

function tookOver(operation: string, subject: string): TransshipError {
  return new TransshipError('FENCE_LOST', `a later attempt or step of ${operation} took over ${subject}`);
}
