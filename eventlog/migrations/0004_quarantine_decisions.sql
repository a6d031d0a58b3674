-- What was decided about an event in quarantine: stored after all, or discarded.
-- Runs once, by the migration runner, in one transaction.

ALTER TABLE log.quarantine
    ADD COLUMN position      bigint,
    ADD COLUMN retried_count integer NOT NULL DEFAULT 0,
    ADD COLUMN decided_at    timestamptz,
    ADD COLUMN decision      bytea;
COMMENT ON COLUMN log.quarantine.position IS 'Where the event stands in the log, once it is stored.';
COMMENT ON COLUMN log.quarantine.retried_count IS 'How many times it was offered again.';
COMMENT ON COLUMN log.quarantine.decided_at IS 'When it was stored after all, or discarded.';
COMMENT ON COLUMN log.quarantine.decision IS 'Who decided and why (sealed, for both can name somebody).';
COMMENT ON COLUMN log.quarantine.sealed IS 'The original bytes, sealed; discarding keeps them. Empty once the person was erased.';

-- A page of a state is read in this order, however much is held.
CREATE INDEX quarantine_in_order ON log.quarantine (state, first_seen, quarantine_id);
CREATE INDEX quarantine_by_origin ON log.quarantine (origin text_pattern_ops);
