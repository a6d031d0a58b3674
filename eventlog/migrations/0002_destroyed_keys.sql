-- Destroyed keys, in the order of their destruction: whoever remembers keys learns which to forget.
-- Runs once, by the migration runner, in one transaction.

ALTER TABLE log.log_head ADD COLUMN keys_destroyed bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN log.log_head.keys_destroyed IS 'How many times keys were destroyed; an append that finds it moved looks which.';

CREATE OR REPLACE FUNCTION log.head_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR NEW.position < OLD.position OR NEW.recorded_at < OLD.recorded_at
       OR NEW.keys_destroyed < OLD.keys_destroyed THEN
        RAISE EXCEPTION '% on log.log_head is refused: the log only grows', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

CREATE TABLE log.destroyed_keys (
    number    bigint NOT NULL,
    stream_id uuid   NOT NULL,
    PRIMARY KEY (number, stream_id)
);
COMMENT ON TABLE log.destroyed_keys IS 'Which streams'' keys were destroyed, by the number that log_head then had.';

CREATE TRIGGER destroyed_keys_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log.destroyed_keys
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

-- The database notes it, so that no way of destroying a key can forget to. The head's row lock puts it
-- in one order with every append. As its owner, because writers may not write the list themselves.
CREATE FUNCTION log.note_destroyed_keys() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    now_destroyed bigint;
BEGIN
    IF EXISTS (SELECT FROM destroyed) THEN
        UPDATE log.log_head SET keys_destroyed = keys_destroyed + 1 RETURNING keys_destroyed INTO now_destroyed;
        INSERT INTO log.destroyed_keys SELECT now_destroyed, stream_id FROM destroyed;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION log.note_destroyed_keys() FROM PUBLIC;

-- Every update of a key is its destruction: the other trigger refuses all else.
CREATE TRIGGER destroyed_keys_are_noted AFTER UPDATE ON log.stream_keys
    REFERENCING NEW TABLE AS destroyed
    FOR EACH STATEMENT EXECUTE FUNCTION log.note_destroyed_keys();

GRANT SELECT ON log.destroyed_keys
    TO toldonce_writer, toldonce_projector, toldonce_reader, toldonce_auditor;
