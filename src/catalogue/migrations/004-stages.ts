import { type Kysely, type Migration, sql } from 'kysely';

export const stages: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // A promotion asks for a release in an environment; the API accepts it, or says why not.
    await sql`
      CREATE TABLE stages (
        root text NOT NULL REFERENCES operations,
        env text NOT NULL,
        attempt integer NOT NULL,
        -- Repository → digest that an environment before has run.
        pinned jsonb NOT NULL,
        -- Id of the release. Set before it is accepted, so that a second try accepts the same one.
        release text,
        accepted boolean NOT NULL DEFAULT false,
        refusal jsonb,
        -- The promotion does not want it any more.
        withdrawn boolean NOT NULL DEFAULT false,
        asked_at timestamptz NOT NULL DEFAULT now(),
        PRIMARY KEY (root, env, attempt)
      )`.execute(db);
    await sql`CREATE INDEX stages_open ON stages (asked_at) WHERE refusal IS NULL AND NOT accepted`.execute(db);
  },
};
