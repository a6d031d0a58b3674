-- How far a rebuild has come, beside the tables that it fills: any process can go on from here.

CREATE TABLE rebuild_state (
    run        uuid        PRIMARY KEY,
    version    bytea       NOT NULL,
    phase      text        NOT NULL,
    target     bigint      NOT NULL,
    is_whole   boolean     NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now()
);

COMMENT ON TABLE rebuild_state IS 'One row: the rebuild that fills this schema.';
COMMENT ON COLUMN rebuild_state.version IS 'Which tables these are: whoever knows others begins anew.';
COMMENT ON COLUMN rebuild_state.run IS 'Who may write: another one each time that a process goes on with it.';
COMMENT ON COLUMN rebuild_state.phase IS 'What is being done; everything before it is done.';
COMMENT ON COLUMN rebuild_state.is_whole IS 'The log is not cut into groups: what was cut turned out to share something.';
COMMENT ON COLUMN rebuild_state.target IS 'Up to which position customers are folded whole; what came later is caught up with.';

CREATE TABLE rebuild_slices (
    slice     integer  PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    positions bigint[],
    customers uuid[],
    is_long   boolean  NOT NULL DEFAULT false,
    reached   integer  NOT NULL DEFAULT 0,
    events    bigint   NOT NULL,
    is_done   boolean  NOT NULL DEFAULT false,
    CHECK ((positions IS NULL) <> (customers IS NULL))
);

COMMENT ON TABLE rebuild_slices IS 'What is done in one transaction that notes it: groups of entries, resolved and folded, or customers whose entries are resolved already.';
COMMENT ON COLUMN rebuild_slices.is_long IS 'A group that is resolved page by page; its customers are cut into slices then.';
COMMENT ON COLUMN rebuild_slices.reached IS 'How many entries of a long group are resolved.';

CREATE TABLE rebuild_indexes (
    definition text PRIMARY KEY
);

COMMENT ON TABLE rebuild_indexes IS 'Indexes that are made once the tables are full: that is faster than keeping them.';
