-- The timeline: every event of every customer, in the order in which things happened.
-- customer_id stands first in the key, so that a store can distribute the table by it.

CREATE TABLE timeline (
    customer_id   uuid        NOT NULL,
    occurred_at   timestamptz NOT NULL,
    source        text        NOT NULL COLLATE "C",
    sequence_rank integer     NOT NULL,
    sequence      text        NOT NULL COLLATE "C",
    position      bigint      NOT NULL,
    recorded_at   timestamptz NOT NULL,
    event_id      text        NOT NULL,
    type          text        NOT NULL,
    channel       text,
    direction     text,
    contact_id    text,
    issue_id      text,
    order_id      text,
    delivery_id   text,
    promise_id    text,
    visit_id      text,
    visibility    text        NOT NULL,
    is_late       boolean     NOT NULL,
    sentence      text        NOT NULL,
    data          jsonb       NOT NULL,
    PRIMARY KEY (customer_id, occurred_at, source, sequence_rank, sequence, position)
);

-- Nobody looks for rows by these, and sorting samples of long texts is most of what ANALYZE costs.
ALTER TABLE timeline ALTER COLUMN event_id SET STATISTICS 0;
ALTER TABLE timeline ALTER COLUMN sentence SET STATISTICS 0;
ALTER TABLE timeline ALTER COLUMN data SET STATISTICS 0;

-- What came since a position, for those who listen.
CREATE INDEX ON timeline (position);
-- Who was corrected since a moment that is asked about.
CREATE INDEX ON timeline (occurred_at) WHERE type LIKE 'toldonce.event.%';

COMMENT ON TABLE timeline IS 'Every event of every customer in the order of the world''s clock; derived from the log.';
COMMENT ON COLUMN timeline.sequence_rank IS 'Digits of a numeric sequence, 0 for none, 1000 for text: with sequence it orders numbers as numbers.';
COMMENT ON COLUMN timeline.position IS 'Place in the log: what was known up to a position are the rows up to it.';
COMMENT ON COLUMN timeline.is_late IS 'It was recorded after an event of the customer that happened later.';
COMMENT ON COLUMN timeline.data IS 'The data of the event, values in their normal form.';
