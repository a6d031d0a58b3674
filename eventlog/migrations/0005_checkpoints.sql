-- What was signed about the log, and the upper hashes of its tree, from which proofs are made.
-- Runs once, by the migration runner, in one transaction.

CREATE TABLE log.tree_hashes (
    level  smallint NOT NULL CHECK (level > 0),
    number bigint   NOT NULL CHECK (number >= 0),
    hash   bytea    NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (level, number)
);
COMMENT ON TABLE log.tree_hashes IS 'Of the tree over all leaves: the root of each complete subtree of 256^level leaves. Level 0 is entries.leaf_hash.';
COMMENT ON COLUMN log.tree_hashes.number IS 'Which of its level, from 0: its leaves are those of the positions after number * 256^level.';

CREATE TABLE log.checkpoints (
    signer    text        NOT NULL,
    size      bigint      NOT NULL CHECK (size > 0),
    note      text        NOT NULL,
    signed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (signer, size)
);
CREATE INDEX checkpoints_newest ON log.checkpoints (signed_at DESC, size DESC);
COMMENT ON TABLE log.checkpoints IS 'Every signed head of the log.';
COMMENT ON COLUMN log.checkpoints.signer IS 'The verifier key of whoever signed; its name is the origin of the log.';
COMMENT ON COLUMN log.checkpoints.size IS 'How many entries it covers: the position of the last.';
COMMENT ON COLUMN log.checkpoints.note IS 'The checkpoint as a signed note (C2SP).';

CREATE TRIGGER tree_hashes_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log.tree_hashes
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER checkpoints_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log.checkpoints
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

-- Roles belong to the whole server, so another database of it may have made this one already.
DO $$
BEGIN
    BEGIN
        CREATE ROLE toldonce_signer NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
        NULL;
    END;
    GRANT toldonce_signer TO CURRENT_USER;
END $$;

GRANT USAGE ON SCHEMA log TO toldonce_signer;
GRANT SELECT ON log.entries, log.log_head TO toldonce_signer;
GRANT SELECT (stream_id, commitment) ON log.stream_keys TO toldonce_signer;
GRANT INSERT ON log.tree_hashes, log.checkpoints TO toldonce_signer;
GRANT SELECT ON log.tree_hashes, log.checkpoints TO toldonce_signer, toldonce_reader, toldonce_auditor;
