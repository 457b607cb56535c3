import { type Kysely, type Migration, sql } from 'kysely';

// One statement list, as an operator would read it with \d. Numbers are integers: every count here stays far below 2^31.
const tables = `
CREATE TABLE apps (
  name text PRIMARY KEY,
  definition jsonb NOT NULL,
  revision integer NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by jsonb NOT NULL
);

-- Every definition that an app ever had, and who applied it.
CREATE TABLE app_revisions (
  app text NOT NULL REFERENCES apps,
  revision integer NOT NULL,
  definition jsonb NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now(),
  applied_by jsonb NOT NULL,
  PRIMARY KEY (app, revision)
);

CREATE TABLE groups (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  env text NOT NULL,
  app text NOT NULL,
  name text NOT NULL,
  released integer,
  UNIQUE (env, app, name)
);

CREATE TABLE az_sets (
  id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  group_id integer NOT NULL REFERENCES groups,
  position integer NOT NULL,
  idc text NOT NULL,
  az text NOT NULL,
  cluster text NOT NULL,
  namespace text NOT NULL,
  name text NOT NULL,
  count integer NOT NULL,
  UNIQUE (group_id, position),
  -- Two groups must never claim the same set of a cluster.
  CONSTRAINT az_sets_place UNIQUE (idc, cluster, namespace, name)
);

CREATE TABLE specs (
  group_id integer NOT NULL REFERENCES groups,
  number integer NOT NULL,
  content jsonb NOT NULL,
  content_hash text GENERATED ALWAYS AS (md5(content::text)) STORED,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (group_id, number),
  UNIQUE (group_id, content_hash)
);
ALTER TABLE groups ADD FOREIGN KEY (id, released) REFERENCES specs (group_id, number);

CREATE TABLE instances (
  group_id integer NOT NULL REFERENCES groups,
  index integer NOT NULL,
  name text NOT NULL,
  az_set_id integer NOT NULL REFERENCES az_sets,
  member text NOT NULL,
  address text,
  uid text,
  seen_at timestamptz,
  PRIMARY KEY (group_id, index),
  UNIQUE (az_set_id, member)
);

CREATE TABLE operations (
  number bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
  id text PRIMARY KEY,
  kind text NOT NULL,
  root text NOT NULL,
  env text NOT NULL,
  app text NOT NULL,
  group_name text,
  version text NOT NULL,
  workflow_id text NOT NULL,
  state text NOT NULL DEFAULT 'PENDING',
  waiting text NOT NULL DEFAULT '',
  trouble jsonb,
  input jsonb NOT NULL,
  actor jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  started_at timestamptz,
  ended_at timestamptz
);
CREATE INDEX operations_root ON operations (root, number);
CREATE INDEX operations_app ON operations (app, env, number DESC);
CREATE INDEX operations_live ON operations (number DESC) WHERE ended_at IS NULL;

CREATE TABLE operation_instances (
  operation text NOT NULL REFERENCES operations,
  name text NOT NULL,
  index integer NOT NULL,
  idc text NOT NULL,
  az text NOT NULL,
  batch integer NOT NULL,
  phase text NOT NULL,
  trouble jsonb,
  PRIMARY KEY (operation, name)
) WITH (fillfactor = 70);

CREATE TABLE fences (
  env text NOT NULL,
  app text NOT NULL,
  group_name text NOT NULL,
  holder text,
  epoch integer NOT NULL,
  dirty boolean NOT NULL DEFAULT false,
  changed_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (env, app, group_name)
) WITH (fillfactor = 50);

-- Who may change an instance or set on behalf of an operation: the latest attempt at its latest step.
CREATE TABLE turns (
  operation text NOT NULL,
  subject text NOT NULL,
  activity integer NOT NULL,
  attempt integer NOT NULL,
  PRIMARY KEY (operation, subject)
) WITH (fillfactor = 50);

CREATE TABLE commands (
  id text PRIMARY KEY,
  operation text NOT NULL,
  command text NOT NULL,
  actor jsonb NOT NULL,
  not_after timestamptz NOT NULL,
  state text NOT NULL DEFAULT 'pending',
  answer text NOT NULL DEFAULT '',
  created_at timestamptz NOT NULL DEFAULT now(),
  settled_at timestamptz
);
CREATE INDEX commands_operation ON commands (operation);

CREATE TABLE idempotency_keys (
  caller text NOT NULL,
  key text NOT NULL,
  body_hash text NOT NULL,
  operation text NOT NULL,
  response jsonb,
  -- Requests under way with it. The last one that is refused gives the key back.
  takers integer NOT NULL DEFAULT 1,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (caller, key)
);
`;

const events = `
-- Progress and audit in one. Numbered per root; the row of event_counters is locked until commit, so a reader that has
-- seen number n has seen every number below it.
CREATE TABLE events (
  root text NOT NULL,
  seq integer NOT NULL,
  operation text NOT NULL,
  at timestamptz NOT NULL,
  kind text NOT NULL,
  instance text,
  step text NOT NULL,
  attempt integer NOT NULL,
  outcome text,
  key text NOT NULL,
  message text NOT NULL,
  data jsonb,
  PRIMARY KEY (root, seq)
);
CREATE UNIQUE INDEX events_once
  ON events (operation, kind, (coalesce(instance, '')), step, attempt, (coalesce(outcome, '')), key);

CREATE TABLE event_counters (
  root text PRIMARY KEY,
  last integer NOT NULL
) WITH (fillfactor = 50);

CREATE FUNCTION refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'events are append-only: % is refused', TG_OP;
END $$;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_event_change();
`;

// One call, one round trip: the counter's lock is held for as short as can be. A function rather than a statement with
// common table expressions, because each statement in it sees what was committed while it waited for the lock.
// It runs with its owner's rights, so that an IDC worker's role can append but neither read, number nor forge events.
const append = (schema: string) => `
CREATE FUNCTION append_events(added jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
DECLARE
  one_root text;
  before_it integer;
  counter integer;
  event record;
BEGIN
  -- Roots in order, so that two calls never wait for each other.
  FOR one_root IN SELECT DISTINCT e->>'root' FROM jsonb_array_elements(added) e ORDER BY 1 LOOP
    SELECT last INTO counter FROM event_counters WHERE root = one_root FOR UPDATE;
    IF NOT FOUND THEN
      INSERT INTO event_counters (root, last) VALUES (one_root, 0) ON CONFLICT DO NOTHING;
      SELECT last INTO counter FROM event_counters WHERE root = one_root FOR UPDATE;
    END IF;
    before_it := counter;
    FOR event IN
      SELECT e.* FROM ROWS FROM (jsonb_to_recordset(added) AS (
        root text, operation text, kind text, instance text, step text, attempt integer, outcome text, key text,
        message text, data jsonb)) WITH ORDINALITY AS e WHERE e.root = one_root ORDER BY e.ordinality
    LOOP
      INSERT INTO events (root, seq, operation, at, kind, instance, step, attempt, outcome, key, message, data)
      VALUES (one_root, counter + 1, event.operation, clock_timestamp(), event.kind, event.instance, event.step,
              event.attempt, event.outcome, event.key, event.message, event.data)
      ON CONFLICT (operation, kind, (coalesce(instance, '')), step, attempt, (coalesce(outcome, '')), key) DO NOTHING;
      CONTINUE WHEN NOT FOUND;
      counter := counter + 1;
      -- How far an instance is, as soon as it is known: the workflow writes its own view of it when the batch ends.
      UPDATE operation_instances i SET phase = s.phase, trouble = NULL
      FROM (VALUES ('takeOut', 'out'), ('deploy', 'deployed'), ('ignite', 'ignited'), ('putIn', 'done')) s (step, phase)
      WHERE event.kind = 'step' AND event.outcome = 'done' AND s.step = event.step
        AND i.operation = event.operation AND i.name = event.instance;
    END LOOP;
    IF counter > before_it THEN
      UPDATE event_counters SET last = counter WHERE root = one_root;
      PERFORM pg_notify('transship_events', one_root);
    END IF;
  END LOOP;
END $$;
REVOKE EXECUTE ON FUNCTION append_events(jsonb) FROM PUBLIC;
`;

// True when the turn is taken; false when a later one was before. For the IDC workers' role, like append_events.
const takeTurn = (schema: string) => `
CREATE FUNCTION take_turn(for_operation text, with_subject text, new_activity integer, new_attempt integer)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = ${schema}, pg_temp AS $$
  WITH taken AS (
    INSERT INTO turns AS t (operation, subject, activity, attempt)
    VALUES (for_operation, with_subject, new_activity, new_attempt)
    ON CONFLICT (operation, subject) DO UPDATE SET activity = excluded.activity, attempt = excluded.attempt
    WHERE (t.activity, t.attempt) <= (excluded.activity, excluded.attempt)
    RETURNING 1
  ) SELECT EXISTS (SELECT FROM taken)
$$;
REVOKE EXECUTE ON FUNCTION take_turn(text, text, integer, integer) FROM PUBLIC;
`;

export const initial: Migration = {
  async up(db: Kysely<unknown>): Promise<void> {
    const found = await sql<{ schema: string }>`SELECT quote_ident(current_schema()) AS schema`.execute(db);
    const schema = found.rows[0]?.schema ?? 'public';
    await sql.raw(tables + events + append(schema) + takeTurn(schema)).execute(db);
  },
};
