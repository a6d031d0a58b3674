-- The promises: one row for each promise of a customer, enough to tell its state at any moment.
-- No state is stored that a clock would have to change: broken is what is due and not settled.

CREATE TABLE promises (
    customer_id   uuid        NOT NULL,
    promise_id    text        NOT NULL COLLATE "C",
    what          text,
    made_by       text,
    made_at       timestamptz,
    due_at        timestamptz,
    fulfilled_at  timestamptz,
    was_overdue   boolean     NOT NULL,
    settled_as    text        CHECK (settled_as IN ('refused', 'superseded', 'waived')),
    settled_at    timestamptz,
    superseded_by text,
    first_at      timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    earlier       jsonb,
    lapsed_at     timestamptz,
    identifier    text,
    leads         jsonb       NOT NULL,
    refs          jsonb       NOT NULL,
    evidence      jsonb       NOT NULL,
    PRIMARY KEY (customer_id, promise_id)
);

-- What is owed, the longest overdue first; of a settled promise nobody asks for the most pressing.
CREATE INDEX ON promises (coalesce(due_at, 'infinity'), promise_id, customer_id)
    WHERE fulfilled_at IS NULL AND settled_as IS NULL;
-- What the clock has still to say.
CREATE INDEX ON promises (due_at, promise_id, customer_id)
    WHERE fulfilled_at IS NULL AND settled_as IS NULL AND lapsed_at IS NULL;
-- What changed after a moment that is asked about.
CREATE INDEX ON promises (changed_at);

COMMENT ON TABLE promises IS 'Every promise of every customer; broken at a moment is what was due by then, not fulfilled and not settled. Derived from the log.';
COMMENT ON COLUMN promises.customer_id IS 'Whom it was promised to; two customers may have promises of one id.';
COMMENT ON COLUMN promises.promise_id IS 'The id that it was published under.';
COMMENT ON COLUMN promises.what IS 'What was promised, in the words of whoever published it.';
COMMENT ON COLUMN promises.made_by IS 'Who promised it, where that was said.';
COMMENT ON COLUMN promises.made_at IS 'When it was promised; NULL while only what became of it is known.';
COMMENT ON COLUMN promises.due_at IS 'When it falls due; NULL while that is not known, as its calendar is not.';
COMMENT ON COLUMN promises.fulfilled_at IS 'When it was done; later than due_at is kept late.';
COMMENT ON COLUMN promises.was_overdue IS 'It was moved to another time when it was overdue already, so it can only be kept late.';
COMMENT ON COLUMN promises.settled_as IS 'What ended it, unless it is fulfilled after all: refused, superseded or waived.';
COMMENT ON COLUMN promises.settled_at IS 'When it was settled.';
COMMENT ON COLUMN promises.superseded_by IS 'The promise that took its place.';
COMMENT ON COLUMN promises.first_at IS 'When the first event about it happened: before that there was no such promise.';
COMMENT ON COLUMN promises.changed_at IS 'When the last event about it happened: from then on the row is how it stands.';
COMMENT ON COLUMN promises.earlier IS 'How it stood before each change of its time or settlement: [{until, due_at, was_overdue, settled_as, settled_at}, …].';
COMMENT ON COLUMN promises.lapsed_at IS 'When the clock said that this due_at passed; no state depends on it.';
COMMENT ON COLUMN promises.identifier IS 'The identifier it was introduced with, as type:value; what is said of it later goes to the same customer.';
COMMENT ON COLUMN promises.leads IS 'The references it was introduced with, by member.';
COMMENT ON COLUMN promises.refs IS 'The things it is about, by member.';
COMMENT ON COLUMN promises.evidence IS 'The events that it rests on, as they happened: [[at, source, id], …].';
