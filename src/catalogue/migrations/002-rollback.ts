import { type Kysely, type Migration, sql } from 'kysely';

const tables = `
-- release, rollback or repair; and which operation the latter two put right.
ALTER TABLE operations ADD COLUMN flavor text NOT NULL DEFAULT 'release';
ALTER TABLE operations ADD COLUMN corrects text;

-- Where its workflow is: an API that looks at another namespace knows nothing of it.
ALTER TABLE operations ADD COLUMN namespace text NOT NULL DEFAULT 'transship';

-- Versions that were rolled back: not to be released again until somebody enables them.
CREATE TABLE disabled_versions (
  app text NOT NULL,
  version text NOT NULL,
  operation text NOT NULL,
  reason text NOT NULL,
  actor jsonb NOT NULL,
  disabled_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (app, version)
);
`;

export const rollback: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    await sql.raw(tables).execute(db);
  },
};
