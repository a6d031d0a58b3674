-- Who is who: identifiers, references and what joins them, computed from the log.

CREATE TABLE identity_nodes (
    node_id      uuid    PRIMARY KEY,
    type         text    NOT NULL,
    issuer       text    NOT NULL,
    value        text    NOT NULL,
    is_reference boolean NOT NULL,
    customer_id  uuid,
    owner_id     uuid,
    is_shared    boolean NOT NULL,
    is_verified  boolean NOT NULL,
    first_key    text    NOT NULL
);
-- Order keys are read, never looked for; ANALYZE would sort them as texts.
ALTER TABLE identity_nodes ALTER COLUMN first_key SET STATISTICS 0;
CREATE INDEX ON identity_nodes (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX ON identity_nodes (value text_pattern_ops);

COMMENT ON TABLE identity_nodes IS 'Identifiers and references; a customer is known by the id of its first and strongest identifier.';
COMMENT ON COLUMN identity_nodes.customer_id IS 'Whose an identifier is; NULL when several customers share it, and for references.';
COMMENT ON COLUMN identity_nodes.owner_id IS 'The identifier that introduced a reference: it belongs to that one''s customer.';
COMMENT ON COLUMN identity_nodes.first_key IS 'Order key of the earliest event that names it.';

CREATE TABLE identity_edges (
    node_id        uuid   NOT NULL,
    other_id       uuid   NOT NULL,
    kind           text   NOT NULL CHECK (kind IN ('identifiers', 'introduced', 'beside')),
    first_position bigint NOT NULL,
    first_key      text   NOT NULL,
    last_seen      text,
    said           text,
    said_key       text,
    PRIMARY KEY (node_id, other_id)
);
ALTER TABLE identity_edges ALTER COLUMN first_key SET STATISTICS 0;
ALTER TABLE identity_edges ALTER COLUMN last_seen SET STATISTICS 0;
ALTER TABLE identity_edges ALTER COLUMN said_key SET STATISTICS 0;
CREATE INDEX ON identity_edges (other_id, kind);

COMMENT ON TABLE identity_edges IS 'Two identifiers seen together or spoken of; a reference and who introduced it; two references side by side.';
COMMENT ON COLUMN identity_edges.last_seen IS 'Order key of the last event that names both, of the first where nobody spoke of them; NULL when they were only spoken of.';
COMMENT ON COLUMN identity_edges.said IS 'The newest statement about the pair: linked, unlinked or rejected.';

CREATE TABLE identity_merges (
    merge_id    text PRIMARY KEY,
    node_id     uuid NOT NULL UNIQUE,
    survivor_id uuid,
    absorbed_id uuid,
    made        text,
    is_undone   boolean NOT NULL
);
CREATE INDEX ON identity_merges (survivor_id);
CREATE INDEX ON identity_merges (absorbed_id);

COMMENT ON TABLE identity_merges IS 'Customers that were declared to be one, and whether that was undone.';
COMMENT ON COLUMN identity_merges.node_id IS 'Under which statements about the merge wait.';

CREATE TABLE identity_entries (
    customer_id uuid   NOT NULL,
    position    bigint NOT NULL,
    PRIMARY KEY (customer_id, position)
);

COMMENT ON TABLE identity_entries IS 'The entries of each customer; a statement about two customers belongs to both.';

CREATE TABLE identity_waiting (
    node_id  uuid   NOT NULL,
    position bigint NOT NULL,
    reason   text   NOT NULL CHECK (reason IN ('unknown', 'shared', 'violation', 'disputed', 'tentative', 'followed')),
    PRIMARY KEY (node_id, position)
);
CREATE INDEX ON identity_waiting (position, reason);

COMMENT ON TABLE identity_waiting IS 'Entries to look at again when anything they name changes hands: those of nobody, what was found by second best, statements, corrections and what was retracted.';
COMMENT ON COLUMN identity_waiting.reason IS 'Why: nobody known, shared by several, two of one kind at once, identifiers of different customers; tentative, what would find it first being nobody''s; or followed, whosever it is.';

CREATE TABLE identity_corrections (
    position       bigint NOT NULL,
    about_id       uuid   NOT NULL,
    about_position bigint,
    PRIMARY KEY (position, about_id)
);
CREATE INDEX ON identity_corrections (about_position);
CREATE INDEX ON identity_corrections (about_id) WHERE about_position IS NULL;

COMMENT ON TABLE identity_corrections IS 'Which entries each correction is about, or can make others be about; NULL while they have not arrived.';

CREATE TABLE identity_readings (
    node_id  uuid   NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (node_id, position)
);

COMMENT ON TABLE identity_readings IS 'What corrected entries name in any of their readings, of before and after.';
