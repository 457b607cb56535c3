-- The role of IDC workers in the catalogue: it may check fences, take turns and append events, and see which tags syncs
-- have moved, and nothing else.
-- Run it as the owner of the catalogue, in its database, after the control side has started once (it makes the tables).
-- Running it again changes nothing. Then give each IDC a login of its own:
--
--   CREATE ROLE transship_idc_north LOGIN PASSWORD '…' IN ROLE transship_idc_worker;
--
-- Events are appended through a function that numbers them; the role cannot read, change or remove any.

DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'transship_idc_worker') THEN
    CREATE ROLE transship_idc_worker NOLOGIN;
  END IF;
  EXECUTE format('GRANT USAGE ON SCHEMA %I TO transship_idc_worker', current_schema());
END $$;

GRANT SELECT ON fences, turns, sync_tags TO transship_idc_worker;
GRANT EXECUTE ON FUNCTION append_events(jsonb), take_turn(text, text, integer, integer) TO transship_idc_worker;
