import { type Kysely, type Migration, sql } from 'kysely';

export const syncRules: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // Which images go to which registries.
    await sql`
      CREATE TABLE sync_rules (
        name text PRIMARY KEY,
        rule jsonb NOT NULL,
        revision integer NOT NULL,
        changed_at timestamptz NOT NULL DEFAULT now(),
        changed_by jsonb NOT NULL
      )`.execute(db);
    // Every change that a rule ever had, also of rules that are gone: a rule of the same name is numbered on.
    await sql`
      CREATE TABLE sync_rule_changes (
        name text NOT NULL,
        revision integer NOT NULL,
        -- NULL: it was not there.
        before jsonb,
        after jsonb,
        changed_at timestamptz NOT NULL DEFAULT now(),
        changed_by jsonb NOT NULL,
        PRIMARY KEY (name, revision)
      )`.execute(db);
  },
};
