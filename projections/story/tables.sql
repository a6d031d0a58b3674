-- The story: one document for each customer, the state from which a brief is made; and the
-- calendars, which belong to nobody, with the customers whose promises wait for one.

CREATE TABLE story (
    customer_id       uuid        PRIMARY KEY,
    name              text,
    state             bytea       NOT NULL,
    state_at          timestamptz NOT NULL,
    state_events      integer     NOT NULL,
    awaited           jsonb,
    is_exact          boolean     NOT NULL,
    last_at           timestamptz NOT NULL,
    events_considered integer     NOT NULL,
    position          bigint      NOT NULL
);

-- A document is written whole, a long one only now and then, and read whole: kept beside its row where it
-- fits, never compressed.
ALTER TABLE story ALTER COLUMN state SET STORAGE EXTERNAL;
ALTER TABLE story SET (toast_tuple_target = 8000, fillfactor = 70);

-- No plan depends on what documents hold, and ANALYZE would sort them.
ALTER TABLE story ALTER COLUMN state SET STATISTICS 0;

CREATE INDEX ON story USING gin (to_tsvector('simple', name)) WHERE name IS NOT NULL;

COMMENT ON TABLE story IS 'The fold of all events of a customer; derived from the log.';
COMMENT ON COLUMN story.name IS 'The name as the customer last told it, to find the customer by.';
COMMENT ON COLUMN story.awaited IS 'Events that a correction names and that have not arrived: [[source, id], …].';
COMMENT ON COLUMN story.state IS 'The document, as MessagePack, with its first state_events events, the latest of which happened at state_at.';
COMMENT ON COLUMN story.is_exact IS 'Events cannot simply be added to the document, because of corrections or calendars: it has them all.';
COMMENT ON COLUMN story.last_at IS 'When the latest event happened: for any later moment this row, with the events since state_at, is the story.';
COMMENT ON COLUMN story.position IS 'The newest position that changed the story.';

CREATE TABLE story_calendars (
    calendar_id text   NOT NULL,
    position    bigint NOT NULL,
    body        bytea  NOT NULL,
    PRIMARY KEY (calendar_id, position)
);

COMMENT ON TABLE story_calendars IS 'Every definition of a calendar, as published.';

CREATE TABLE story_waits (
    calendar_id text NOT NULL,
    customer_id uuid NOT NULL,
    PRIMARY KEY (calendar_id, customer_id)
);

COMMENT ON TABLE story_waits IS 'Customers with a promise in working days of a calendar that nobody has defined.';
