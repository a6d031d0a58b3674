-- The events that read otherwise than they were published, for whoever counts events in plain SQL.
-- An event without a row has its effect as it was published.

CREATE TABLE corrected (
    customer_id uuid    NOT NULL,
    position    bigint  NOT NULL,
    has_effect  boolean NOT NULL,
    data        jsonb   NOT NULL,
    PRIMARY KEY (customer_id, position)
);

COMMENT ON TABLE corrected IS 'Events of a customer that were corrected or retracted, as they now read. Derived from the log.';
COMMENT ON COLUMN corrected.customer_id IS 'Whose event it is.';
COMMENT ON COLUMN corrected.position IS 'Its place in the log, as in the timeline.';
COMMENT ON COLUMN corrected.has_effect IS 'False: it was retracted.';
COMMENT ON COLUMN corrected.data IS 'What it states now, values in their normal form.';
