-- Partitions of Kafka: who reads each, what became of every one of its offsets, and why one stands still.
-- Runs once, by the migration runner, in one transaction.

ALTER TABLE log.ingest_offsets
    ADD COLUMN topic        text,
    ADD COLUMN partition    integer,
    ADD COLUMN topic_id     uuid,
    ADD COLUMN owner        text,
    ADD COLUMN begun_offset bigint,
    ADD COLUMN end_offset   bigint,
    ADD COLUMN moved        bigint NOT NULL DEFAULT 0,
    ADD COLUMN stored       bigint NOT NULL DEFAULT 0,
    ADD COLUMN duplicate    bigint NOT NULL DEFAULT 0,
    ADD COLUMN conflict     bigint NOT NULL DEFAULT 0,
    ADD COLUMN invalid      bigint NOT NULL DEFAULT 0,
    ADD COLUMN suppressed   bigint NOT NULL DEFAULT 0,
    ADD COLUMN absent       bigint NOT NULL DEFAULT 0,
    ADD COLUMN undecided    bigint NOT NULL DEFAULT 0,
    ADD COLUMN halt         text,
    ADD COLUMN halt_reason  text,
    ADD COLUMN halted_at    timestamptz,
    ADD UNIQUE (topic, partition),
    ADD CHECK ((topic IS NULL) = (partition IS NULL)),
    ADD CHECK ((halt IS NULL) = (halted_at IS NULL) AND (halt IS NULL) = (halt_reason IS NULL)),
    -- Whatever moves next_offset also says what became of the offsets in between.
    ADD CONSTRAINT every_offset_is_accounted_for CHECK (next_offset - begun_offset - moved
        = stored + duplicate + conflict + invalid + suppressed + absent + undecided);

COMMENT ON COLUMN log.ingest_offsets.topic IS 'Of Kafka; NULL for files.';
COMMENT ON COLUMN log.ingest_offsets.topic_id IS 'Which topic of that name was read, as the brokers tell it.';
COMMENT ON COLUMN log.ingest_offsets.owner IS 'Who claimed the partition last. Only the epoch decides whether it still owns it.';
COMMENT ON COLUMN log.ingest_offsets.epoch IS 'Goes up with each claim: whoever holds an older one can store nothing more.';
COMMENT ON COLUMN log.ingest_offsets.batch_id IS 'The batch stored last: tells whether a COMMIT whose answer was lost came to pass.';
COMMENT ON COLUMN log.ingest_offsets.fingerprint IS 'Keyed hash of what was read last: tells whether the source is still the one that was read.';
COMMENT ON COLUMN log.ingest_offsets.begun_offset IS 'Where an operator had the reading begin; NULL: nowhere yet.';
COMMENT ON COLUMN log.ingest_offsets.end_offset IS 'Where the partition ended when the last batch was read.';
COMMENT ON COLUMN log.ingest_offsets.moved IS 'Sum of all moves by operators, backward ones negative; log.ingest_moves has each.';
COMMENT ON COLUMN log.ingest_offsets.absent IS 'Offsets at which Kafka has no event: markers of transactions, records removed by compaction.';
COMMENT ON COLUMN log.ingest_offsets.undecided IS 'Only other than 0 inside the transaction that stores a batch.';
COMMENT ON COLUMN log.ingest_offsets.halt IS 'Why the partition is not read on; NULL: it is.';

CREATE TABLE log.ingest_moves (
    move_id     bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source      text        NOT NULL,
    actor       text        NOT NULL,
    from_offset bigint,
    to_offset   bigint      NOT NULL CHECK (to_offset >= 0),
    halt        text,
    moved_at    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE log.ingest_moves IS 'Where operators had the reading of partitions begin or go on: who, when, from, to.';
CREATE TRIGGER ingest_moves_never_change BEFORE UPDATE OR DELETE OR TRUNCATE ON log.ingest_moves
    FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();

CREATE VIEW log.ingest_partitions AS
SELECT topic, partition, owner, epoch, begun_offset, next_offset, end_offset,
    greatest(end_offset - next_offset, 0) AS lag,
    next_offset - begun_offset - moved AS consumed,
    stored, duplicate, conflict, invalid, suppressed, absent, moved,
    next_offset - begun_offset - moved
        = stored + duplicate + conflict + invalid + suppressed + absent AS is_complete,
    halt, halt_reason, halted_at, updated_at
FROM log.ingest_offsets WHERE topic IS NOT NULL;
COMMENT ON VIEW log.ingest_partitions IS 'For dashboards: of each partition, that what was consumed is what was given a verdict.';

GRANT SELECT, INSERT ON log.ingest_moves TO toldonce_writer;
GRANT SELECT ON log.ingest_moves, log.ingest_partitions TO toldonce_writer, toldonce_reader, toldonce_auditor;
