-- Customers whose events could not all be taken: what is shown of them ends before `position`.

CREATE TABLE parked (
    customer_id      uuid        PRIMARY KEY,
    position         bigint      NOT NULL,
    view             text        NOT NULL,
    error            text        NOT NULL,
    attempts         integer     NOT NULL,
    incomplete_since timestamptz NOT NULL,
    noticed_at       bigint      NOT NULL
);
CREATE INDEX ON parked (noticed_at);

COMMENT ON TABLE parked IS 'Customers that a view could not fold; everybody else goes on.';
COMMENT ON COLUMN parked.position IS 'The first entry that failed: what is shown are the entries before it.';
COMMENT ON COLUMN parked.view IS 'The view that failed; log where the entry itself could not be read.';
COMMENT ON COLUMN parked.error IS 'The kind of error, never its words: they may repeat what a customer said.';
COMMENT ON COLUMN parked.attempts IS 'How often folding this customer has failed.';
COMMENT ON COLUMN parked.incomplete_since IS 'When the first missing entry was recorded.';
COMMENT ON COLUMN parked.noticed_at IS 'Where the views stood when that entry failed first: many close together are a bug.';

CREATE TABLE parked_entries (
    position  bigint PRIMARY KEY,
    stream_id uuid   NOT NULL,
    error     text   NOT NULL
);

COMMENT ON TABLE parked_entries IS 'Entries that could not be read as events: they belong to whoever their stream belongs to.';
COMMENT ON COLUMN parked_entries.error IS 'The kind of error, as in parked.';
