import { type Kysely, type Migration, sql } from 'kysely';

export const brake: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    // A person has braked the holder: steps that have not changed anything yet do not begin, also those that Temporal retries.
    await sql`ALTER TABLE fences ADD COLUMN braked boolean NOT NULL DEFAULT false`.execute(db);
    // It is past its point of no return.
    await sql`ALTER TABLE operations ADD COLUMN final boolean NOT NULL DEFAULT false`.execute(db);
  },
};
