import { type Kysely, type Migration, sql } from 'kysely';

export const comparisons: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // What each tag was made to name in each registry by a sync, last: only what is here may be deleted by a rule.
    await sql`
      CREATE TABLE sync_tags (
        registry text NOT NULL,
        repository text NOT NULL,
        tag text NOT NULL,
        digest text NOT NULL,
        source text NOT NULL,
        moved_at timestamptz NOT NULL DEFAULT now(),
        -- NULL: it was not deleted since.
        deleted_at timestamptz,
        deleted_by text,
        PRIMARY KEY (registry, repository, tag)
      )`.execute(db);
    await sql`CREATE INDEX sync_tags_repository ON sync_tags (repository, tag)`.execute(db);
    await sql`CREATE INDEX sync_tags_deleted ON sync_tags (deleted_by, deleted_at) WHERE deleted_at IS NOT NULL`.execute(
      db,
    );
    await sql`
      INSERT INTO sync_tags (registry, repository, tag, digest, source, moved_at)
      SELECT DISTINCT ON (registry, repository, key) registry, repository, key, digest, source, coalesce(ended_at, asked_at)
      FROM syncs, jsonb_each_text(tags) WHERE value = 'moved'
      ORDER BY registry, repository, key, asked_at DESC`.execute(db);
    // NULL: it was due when it was asked for.
    await sql`ALTER TABLE syncs ADD COLUMN not_before timestamptz`.execute(db);
    // How the last comparison by each rule ended.
    await sql`
      CREATE TABLE comparisons (
        rule text PRIMARY KEY REFERENCES sync_rules (name) ON DELETE CASCADE,
        comparison jsonb NOT NULL,
        ended_at timestamptz NOT NULL DEFAULT now(),
        -- NULL: by the last one all was as it should be.
        drift_since timestamptz
      )`.execute(db);
    // Rules of before have every default of the schema filled in, too.
    await sql`
      UPDATE sync_rules SET rule = jsonb_set(rule, '{deletions}',
        '{"most": 20, "repositories": false}'::jsonb || (rule->'deletions'))`.execute(db);
  },
};
