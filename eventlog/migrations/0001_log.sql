-- The log: what may never change, and the few small tables around it.
-- Runs once, by the migration runner, in one transaction.

CREATE SCHEMA log;

CREATE TABLE log.entries (
    position       bigint      NOT NULL,
    stream_id      uuid        NOT NULL,
    stream_version integer     NOT NULL,
    event_key      uuid        NOT NULL,
    type           text        NOT NULL,
    source         text        NOT NULL,
    occurred_at    timestamptz NOT NULL,
    recorded_at    timestamptz NOT NULL,
    observed       uuid[]      NOT NULL,
    sealed         bytea       NOT NULL,
    leaf_hash      bytea       NOT NULL,
    PRIMARY KEY (position),
    CHECK (position > 0),
    CHECK (octet_length(leaf_hash) = 32)
) PARTITION BY RANGE (position);

-- Sealed bytes do not compress; trying would cost time on every row.
ALTER TABLE log.entries ALTER COLUMN sealed SET STORAGE EXTERNAL;

COMMENT ON TABLE log.entries IS 'Every event as kept: gapless in position, append-only, sealed, hash-committed.';
COMMENT ON COLUMN log.entries.position IS 'Place in the whole log: 1, 2, 3 … in commit order, without gaps.';
COMMENT ON COLUMN log.entries.stream_id IS 'The identifier or reference it is filed under, as a keyed token.';
COMMENT ON COLUMN log.entries.stream_version IS 'Gapless count within the stream.';
COMMENT ON COLUMN log.entries.event_key IS 'Keyed token of source and id: how a duplicate is told.';
COMMENT ON COLUMN log.entries.occurred_at IS 'The world''s clock: the event''s own time.';
COMMENT ON COLUMN log.entries.recorded_at IS 'Our clock at the append; never decreases with position.';
COMMENT ON COLUMN log.entries.observed IS 'Keyed tokens of every identifier and reference that the event names.';
COMMENT ON COLUMN log.entries.sealed IS 'The whole event, AES-256-GCM under the key of its stream.';
COMMENT ON COLUMN log.entries.leaf_hash IS 'RFC 6962 leaf at index position - 1.';

CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on %.% is refused: what was recorded is never changed',
        TG_OP, TG_TABLE_SCHEMA, TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER entries_never_change BEFORE UPDATE OR DELETE ON log.entries
    FOR EACH ROW EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER entries_never_truncated BEFORE TRUNCATE ON log.entries
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

-- Unique keys live in each part, so that the random indexes which an append touches stay as small as
-- the newest part. Uniqueness across parts is decided by the appender, alone under the head's row lock.
CREATE FUNCTION log.open_part(part_first bigint, part_last bigint) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    part text := 'entries_' || lpad(part_first::text, 15, '0');
BEGIN
    IF to_regclass('log.' || part) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE log.%I (LIKE log.entries INCLUDING STORAGE INCLUDING CONSTRAINTS)', part);
    EXECUTE format('CREATE UNIQUE INDEX ON log.%I (event_key)', part);
    EXECUTE format('CREATE UNIQUE INDEX ON log.%I (stream_id, stream_version)', part);
    EXECUTE format('ALTER TABLE log.entries ATTACH PARTITION log.%I FOR VALUES FROM (%s) TO (%s)',
                   part, part_first, part_last + 1);
    EXECUTE format('CREATE TRIGGER part_never_truncated BEFORE TRUNCATE ON log.%I
                    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change()', part);
END $$;
REVOKE ALL ON FUNCTION log.open_part(bigint, bigint) FROM PUBLIC;

CREATE TABLE log.log_head (
    only_row    boolean     PRIMARY KEY DEFAULT true CHECK (only_row),
    position    bigint      NOT NULL,
    frontier    bytea       NOT NULL,
    root        bytea       NOT NULL,
    recorded_at timestamptz NOT NULL
);
COMMENT ON TABLE log.log_head IS 'The end of the log and the root of its hash tree. Its row lock is the writer lock.';
INSERT INTO log.log_head (position, frontier, root, recorded_at)
    VALUES (0, '', sha256(''::bytea), '-infinity'::timestamptz);

CREATE FUNCTION log.head_only_grows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR NEW.position < OLD.position OR NEW.recorded_at < OLD.recorded_at THEN
        RAISE EXCEPTION '% on log.log_head is refused: the log only grows', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER log_head_only_grows BEFORE UPDATE OR DELETE ON log.log_head
    FOR EACH ROW EXECUTE FUNCTION log.head_only_grows();
CREATE TRIGGER log_head_never_truncated BEFORE TRUNCATE ON log.log_head
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE TABLE log.stream_keys (
    stream_id    uuid        PRIMARY KEY,
    wrapped      bytea,
    commitment   bytea       NOT NULL CHECK (octet_length(commitment) = 32),
    created_at   timestamptz NOT NULL DEFAULT now(),
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
COMMENT ON TABLE log.stream_keys IS 'One random key per stream, wrapped. A destroyed key leaves its row as a fence: it never comes back.';

CREATE FUNCTION log.keys_are_only_destroyed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR NEW.wrapped IS NOT NULL OR NEW.destroyed_at IS NULL
       OR NEW.stream_id <> OLD.stream_id OR NEW.commitment <> OLD.commitment
       OR OLD.destroyed_at IS NOT NULL THEN
        RAISE EXCEPTION '% on log.stream_keys is refused: a key is made once and destroyed once', TG_OP
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER stream_keys_are_only_destroyed BEFORE UPDATE OR DELETE ON log.stream_keys
    FOR EACH ROW EXECUTE FUNCTION log.keys_are_only_destroyed();
CREATE TRIGGER stream_keys_never_truncated BEFORE TRUNCATE ON log.stream_keys
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE TABLE log.key_checks (
    name       text  PRIMARY KEY,
    commitment bytea NOT NULL
);
COMMENT ON TABLE log.key_checks IS 'Commitments to the key-encryption key and the pepper, so that a wrong keyring is refused.';

CREATE TABLE log.tracking (
    name     text   PRIMARY KEY,
    position bigint NOT NULL
);
COMMENT ON TABLE log.tracking IS 'How far each reader of the log has read; only ever advanced by compare-and-set.';

CREATE TABLE log.ingest_offsets (
    source      text        PRIMARY KEY,
    next_offset bigint      NOT NULL,
    next_line   bigint      NOT NULL DEFAULT 1,
    fingerprint bytea,
    epoch       bigint      NOT NULL DEFAULT 0,
    batch_id    uuid,
    updated_at  timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE log.ingest_offsets IS 'Where each source is to be read on, written in the transaction that stored what was read.';

CREATE TABLE log.quarantine (
    quarantine_id uuid        PRIMARY KEY,
    origin        text        NOT NULL,
    verdict       text        NOT NULL CHECK (verdict IN ('invalid', 'conflict')),
    problems      bytea       NOT NULL,
    sealed        bytea       NOT NULL,
    first_seen    timestamptz NOT NULL DEFAULT now(),
    last_seen     timestamptz NOT NULL DEFAULT now(),
    seen_count    integer     NOT NULL DEFAULT 1,
    state         text        NOT NULL DEFAULT 'held' CHECK (state IN ('held', 'stored', 'discarded'))
);
COMMENT ON TABLE log.quarantine IS 'What could not be stored and nobody waited to hear about: original bytes and reasons (both sealed, for a pointer can name what is somebody''s), origin.';

-- Roles belong to the whole server, so another database of it may have made them already.
DO $$
DECLARE
    role_name text;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['toldonce_writer', 'toldonce_projector', 'toldonce_reader', 'toldonce_auditor'] LOOP
        BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
        EXECUTE format('GRANT %I TO CURRENT_USER', role_name);
    END LOOP;
    EXECUTE format('GRANT CREATE ON DATABASE %I TO toldonce_projector', current_database());
END $$;

CREATE SCHEMA views AUTHORIZATION toldonce_projector;

GRANT USAGE ON SCHEMA log TO toldonce_writer, toldonce_projector, toldonce_reader, toldonce_auditor;
GRANT USAGE ON SCHEMA views TO toldonce_writer, toldonce_reader, toldonce_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE toldonce_projector GRANT SELECT ON TABLES TO toldonce_reader, toldonce_auditor;
ALTER DEFAULT PRIVILEGES FOR ROLE toldonce_projector GRANT USAGE ON SCHEMAS TO toldonce_reader, toldonce_auditor;

GRANT SELECT ON log.entries, log.log_head, log.stream_keys, log.key_checks, log.tracking
    TO toldonce_writer, toldonce_projector, toldonce_reader;
GRANT INSERT ON log.entries, log.stream_keys, log.key_checks TO toldonce_writer;
GRANT UPDATE ON log.log_head TO toldonce_writer;
GRANT UPDATE (wrapped, destroyed_at) ON log.stream_keys TO toldonce_writer;
GRANT EXECUTE ON FUNCTION log.open_part(bigint, bigint) TO toldonce_writer;
GRANT SELECT, INSERT, UPDATE ON log.tracking TO toldonce_writer, toldonce_projector;
GRANT SELECT, INSERT, UPDATE, DELETE ON log.ingest_offsets TO toldonce_writer;
GRANT SELECT, INSERT, UPDATE ON log.quarantine TO toldonce_writer;
GRANT SELECT ON log.quarantine, log.ingest_offsets TO toldonce_reader;

-- An auditor checks that bytes are unchanged and needs no key to do so.
GRANT SELECT ON log.entries, log.log_head, log.tracking, log.ingest_offsets, log.key_checks TO toldonce_auditor;
GRANT SELECT (stream_id, commitment, created_at, destroyed_at) ON log.stream_keys TO toldonce_auditor;
