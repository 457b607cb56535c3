import { type Kysely, sql } from 'kysely';
import { TransshipError } from '../domain/errors.ts';
import { json } from './json.ts';
import type { Schema } from './schema.ts';
import type { IdempotencyRepository } from './types.ts';

export function idempotencyRepository(db: Kysely<Schema>): IdempotencyRepository {
  return {
    async reserve(caller, key, bodyHash, operation) {
      for (;;) {
        const reserved = await db
          .insertInto('idempotency_keys')
          .values({ caller, key, body_hash: bodyHash, operation })
          .onConflict((conflict) => conflict.columns(['caller', 'key']).doNothing())
          .returning('operation')
          .executeTakeFirst();
        if (reserved !== undefined) return { fresh: true, operation, response: null };

        const first = await db
          .updateTable('idempotency_keys')
          .set((eb) => ({
            takers: eb
              .case()
              .when('body_hash', '=', bodyHash)
              .then(eb('takers', '+', 1))
              .else(eb.ref('takers'))
              .end(),
          }))
          .where((eb) => eb.and({ caller, key }))
          .returning(['body_hash', 'operation', 'response'])
          .executeTakeFirst();
        // Given back between the two statements: it is free again.
        if (first === undefined) continue;
        if (first.body_hash !== bodyHash) {
          throw new TransshipError(
            'IDEMPOTENCY_KEY_REUSED',
            `the key ${key} was sent with another body, for ${first.operation}`,
          );
        }
        return { fresh: false, operation: first.operation, response: first.response };
      }
    },

    async complete(caller, key, response) {
      await db
        .updateTable('idempotency_keys')
        .set({ response: json(response) })
        .where((eb) => eb.and({ caller, key }))
        .execute();
    },

    async prune(days) {
      const { numAffectedRows } = await sql`
        DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(days => ${days})`.execute(db);
      return Number(numAffectedRows ?? 0);
    },

    async forget(caller, key) {
      // Another request may still do something under it: then a third one must not begin afresh.
      await db
        .updateTable('idempotency_keys')
        .set((eb) => ({ takers: eb('takers', '-', 1) }))
        .where((eb) => eb.and({ caller, key }))
        .execute();
      await db
        .deleteFrom('idempotency_keys')
        .where((eb) => eb.and({ caller, key }))
        .where('takers', '<=', 0)
        .where('response', 'is', null)
        .execute();
    },
  };
}
