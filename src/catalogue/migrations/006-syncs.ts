import { type Kysely, type Migration, sql } from 'kysely';

export const syncs: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // How far each image is in each registry: one row, whoever wanted it, and however often.
    await sql`
      CREATE TABLE syncs (
        repository text NOT NULL,
        digest text NOT NULL,
        registry text NOT NULL,
        source text NOT NULL,
        state text NOT NULL,
        tags jsonb NOT NULL,
        priority text NOT NULL,
        wanted_by jsonb NOT NULL,
        asked_at timestamptz NOT NULL,
        ended_at timestamptz,
        report jsonb,
        trouble jsonb,
        PRIMARY KEY (repository, digest, registry)
      )`.execute(db);
    // What goes on now, the longest first; what has ended lately.
    await sql`CREATE INDEX syncs_open ON syncs (asked_at) WHERE ended_at IS NULL`.execute(db);
    await sql`CREATE INDEX syncs_asked ON syncs (asked_at DESC)`.execute(db);
  },
};
