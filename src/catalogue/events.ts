import { type Kysely, sql } from 'kysely';
import { json } from './json.ts';
import type { Listener } from './listener.ts';
import type { Schema } from './schema.ts';
import type { EventRepository } from './types.ts';

export function eventRepository(db: Kysely<Schema>, listener: Listener): EventRepository {
  return {
    async append(events) {
      if (events.length === 0) return;
      const added = json(events.map((event) => ({ ...event, key: event.key ?? '' })));
      await sql`SELECT append_events(${added}::jsonb)`.execute(db);
    },

    async list(root, after, limit) {
      return db
        .selectFrom('events')
        .select(['seq', 'root', 'operation', 'at', 'kind', 'instance', 'step', 'attempt', 'outcome', 'message', 'data'])
        .where('root', '=', root)
        .where('seq', '>', after)
        .orderBy('seq')
        .limit(limit)
        .execute();
    },

    watch: (root, wake) => listener.watch(root, wake),
  };
}
