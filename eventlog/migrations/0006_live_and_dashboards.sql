-- What stands beside the views and outlives every rebuild of them: notes for live streams, and a
-- schema that dashboards read.
-- Runs once, by the migration runner, in one transaction.

CREATE SCHEMA live AUTHORIZATION toldonce_projector;
GRANT USAGE ON SCHEMA live TO toldonce_reader;

CREATE TABLE live.refolds (
    customer_id uuid   PRIMARY KEY,
    number      bigint NOT NULL GENERATED ALWAYS AS IDENTITY UNIQUE,
    position    bigint NOT NULL
);
ALTER TABLE live.refolds OWNER TO toldonce_projector;
GRANT SELECT ON live.refolds TO toldonce_reader;

COMMENT ON TABLE live.refolds IS 'When a customer was last folded anew: whoever showed the timeline before has to read it again. No rebuild could derive it.';
COMMENT ON COLUMN live.refolds.customer_id IS 'Who was folded anew, or exists no more.';
COMMENT ON COLUMN live.refolds.number IS 'Counts them, in the order in which they were committed.';
COMMENT ON COLUMN live.refolds.position IS 'Where the views stood then.';

-- A role of its own for dashboards: it reads what is documented in that schema and nothing else.
-- Roles belong to the whole server, so another database of it may have made it already.
DO $$
BEGIN
    CREATE ROLE toldonce_dashboards NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;
END $$;
GRANT toldonce_dashboards TO CURRENT_USER;

CREATE SCHEMA dashboards AUTHORIZATION toldonce_projector;
GRANT USAGE ON SCHEMA dashboards TO toldonce_dashboards, toldonce_reader;
COMMENT ON SCHEMA dashboards IS 'Stable views for dashboards, documented column by column; the role toldonce_dashboards reads them.';
