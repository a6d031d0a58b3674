-- Continuity: how well the company remembers. Facts from the folded stories, and what counts as what;
-- a day's figure is the number of its items, so each figure can be shown item by item.
-- customer_id stands first in the keys, so that a store can distribute the tables by it.

CREATE TABLE continuity_contacts (
    customer_id uuid        NOT NULL,
    contact_id  text        NOT NULL COLLATE "C",
    channel     text,
    direction   text,
    started_at  timestamptz,
    answered_at timestamptz,
    ended_at    timestamptz,
    wait_s      bigint      NOT NULL,
    ivr_s       bigint      NOT NULL,
    agents      jsonb       NOT NULL,
    transfers   integer     NOT NULL,
    has_note    boolean     NOT NULL,
    ended_by    text,
    resolution  text,
    evidence    jsonb       NOT NULL,
    PRIMARY KEY (customer_id, contact_id)
);
ALTER TABLE continuity_contacts SET (fillfactor = 80);
CREATE INDEX ON continuity_contacts (ended_at) WHERE ended_at IS NOT NULL;

COMMENT ON TABLE continuity_contacts IS 'One row for each contact of a customer, as it now reads; it counts once it has ended.';
COMMENT ON COLUMN continuity_contacts.customer_id IS 'Whose contact it is.';
COMMENT ON COLUMN continuity_contacts.contact_id IS 'The contact, as it was published.';
COMMENT ON COLUMN continuity_contacts.channel IS 'voice, sms, email, chat, letter, walk_in or portal; NULL while no start is known.';
COMMENT ON COLUMN continuity_contacts.direction IS 'inbound or outbound; NULL while no start is known: then it counts as neither.';
COMMENT ON COLUMN continuity_contacts.started_at IS 'When it began.';
COMMENT ON COLUMN continuity_contacts.answered_at IS 'When an agent first took it; NULL: it was not answered.';
COMMENT ON COLUMN continuity_contacts.ended_at IS 'When it ended, by the last event that says so; NULL: it goes on.';
COMMENT ON COLUMN continuity_contacts.wait_s IS 'Seconds until it was answered, those after each transfer added.';
COMMENT ON COLUMN continuity_contacts.ivr_s IS 'Seconds in spoken menus.';
COMMENT ON COLUMN continuity_contacts.agents IS 'The agents who took it, in their order.';
COMMENT ON COLUMN continuity_contacts.transfers IS 'How often it was passed on.';
COMMENT ON COLUMN continuity_contacts.has_note IS 'Somebody noted in it what was done, for whoever came next.';
COMMENT ON COLUMN continuity_contacts.ended_by IS 'customer, agent or system.';
COMMENT ON COLUMN continuity_contacts.resolution IS 'resolved, unresolved, escalated or callback_promised.';
COMMENT ON COLUMN continuity_contacts.evidence IS 'The events it rests on: [[time, source, id], …].';

CREATE TABLE continuity_mentions (
    customer_id  uuid        NOT NULL,
    issue_id     text        NOT NULL COLLATE "C",
    contact_id   text        NOT NULL COLLATE "C",
    ordinal      integer     NOT NULL,
    was_open     boolean     NOT NULL,
    mentioned_at timestamptz NOT NULL,
    source       text        NOT NULL,
    event_id     text        NOT NULL,
    PRIMARY KEY (customer_id, issue_id, contact_id)
);
CREATE INDEX ON continuity_mentions (customer_id, contact_id);

COMMENT ON TABLE continuity_mentions IS 'One row for each contact in which an event named an issue.';
COMMENT ON COLUMN continuity_mentions.customer_id IS 'Whose issue it is.';
COMMENT ON COLUMN continuity_mentions.issue_id IS 'The issue, as it was published.';
COMMENT ON COLUMN continuity_mentions.contact_id IS 'The contact in which it was named.';
COMMENT ON COLUMN continuity_mentions.ordinal IS 'The how-manieth contact of the issue this is, in the order in which they name it.';
COMMENT ON COLUMN continuity_mentions.was_open IS 'The issue was open in this contact: not resolved when it was named, or reopened by it.';
COMMENT ON COLUMN continuity_mentions.mentioned_at IS 'When this contact first named it.';
COMMENT ON COLUMN continuity_mentions.source IS 'Who published the event that named it.';
COMMENT ON COLUMN continuity_mentions.event_id IS 'The id of that event.';

CREATE TABLE continuity_transfers (
    customer_id    uuid        NOT NULL,
    contact_id     text        NOT NULL COLLATE "C",
    source         text        NOT NULL COLLATE "C",
    event_id       text        NOT NULL COLLATE "C",
    transferred_at timestamptz NOT NULL,
    PRIMARY KEY (customer_id, contact_id, source, event_id)
);

COMMENT ON TABLE continuity_transfers IS 'One row for each time that a contact was passed on.';
COMMENT ON COLUMN continuity_transfers.customer_id IS 'Whose contact it was.';
COMMENT ON COLUMN continuity_transfers.contact_id IS 'The contact that was passed on.';
COMMENT ON COLUMN continuity_transfers.source IS 'Who published the event that says so.';
COMMENT ON COLUMN continuity_transfers.event_id IS 'The id of that event.';
COMMENT ON COLUMN continuity_transfers.transferred_at IS 'When it was passed on.';

CREATE TABLE continuity_questions (
    customer_id uuid        NOT NULL,
    source      text        NOT NULL COLLATE "C",
    event_id    text        NOT NULL COLLATE "C",
    number      integer     NOT NULL,
    contact_id  text        NOT NULL COLLATE "C",
    field       text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    PRIMARY KEY (customer_id, source, event_id, number)
);
CREATE INDEX ON continuity_questions (asked_at);

COMMENT ON TABLE continuity_questions IS 'One row for each field that the customer was asked for although it was known at that time.';
COMMENT ON COLUMN continuity_questions.customer_id IS 'Who was asked.';
COMMENT ON COLUMN continuity_questions.source IS 'Who published the event that asks.';
COMMENT ON COLUMN continuity_questions.event_id IS 'The id of that event.';
COMMENT ON COLUMN continuity_questions.number IS 'The place of the field among those that the event asks for, from 0.';
COMMENT ON COLUMN continuity_questions.contact_id IS 'The contact in which it was asked, whether or not anything else is known of it.';
COMMENT ON COLUMN continuity_questions.field IS 'What was asked for.';
COMMENT ON COLUMN continuity_questions.asked_at IS 'When it was asked: the question counts from then on, ended contact or not.';

CREATE VIEW continuity_ended AS
SELECT contact.*, repeat.repeated_at, repeat.repeated_by, further.followed_at
FROM continuity_contacts AS contact
LEFT JOIN LATERAL (
    SELECT mention.mentioned_at AS repeated_at,
        jsonb_build_array(mention.mentioned_at, mention.source, mention.event_id) AS repeated_by
    FROM continuity_mentions AS mention
    WHERE mention.customer_id = contact.customer_id AND mention.contact_id = contact.contact_id
        AND mention.was_open AND EXISTS (
            SELECT FROM continuity_mentions AS earlier
            JOIN continuity_contacts AS other USING (customer_id, contact_id)
            WHERE earlier.customer_id = mention.customer_id
                AND earlier.issue_id = mention.issue_id
                AND earlier.ordinal < mention.ordinal AND other.direction = 'inbound')
    ORDER BY mention.mentioned_at, mention.issue_id LIMIT 1
) AS repeat ON true
CROSS JOIN LATERAL (
    SELECT min(later.mentioned_at) AS followed_at
    FROM continuity_mentions AS mention
    JOIN continuity_mentions AS later USING (customer_id, issue_id)
    JOIN continuity_contacts AS other
        ON other.customer_id = later.customer_id AND other.contact_id = later.contact_id
    WHERE mention.customer_id = contact.customer_id AND mention.contact_id = contact.contact_id
        AND later.ordinal > mention.ordinal AND other.direction = 'inbound'
) AS further
WHERE contact.ended_at IS NOT NULL;

COMMENT ON VIEW continuity_ended IS 'Contacts that have ended, with what other contacts make of them.';
COMMENT ON COLUMN continuity_ended.repeated_at IS 'When it first named an open issue that an inbound contact had named before: from then on an inbound contact is a repeat.';
COMMENT ON COLUMN continuity_ended.repeated_by IS 'The event that named it then: [time, source, id].';
COMMENT ON COLUMN continuity_ended.followed_at IS 'When a further inbound contact first named one of its issues: from then on it did not settle the matter.';

CREATE VIEW continuity_within AS
SELECT 'transfers_without_note' AS figure, contact.ended_at AS at, contact.ended_at AS holds_from,
    NULL::timestamptz AS holds_until, contact.customer_id, contact.contact_id,
    transfer.source, transfer.event_id AS name, 0 AS number, NULL::bigint AS value,
    NULL::text AS field, jsonb_build_array(jsonb_build_array(
        transfer.transferred_at, transfer.source, transfer.event_id)) AS evidence
FROM continuity_contacts AS contact
JOIN continuity_transfers AS transfer USING (customer_id, contact_id)
WHERE contact.ended_at IS NOT NULL AND contact.transfers > 0 AND NOT contact.has_note
UNION ALL
SELECT 'redundant_questions', asked_at, asked_at, NULL, customer_id, contact_id, source, event_id,
    number, NULL, field, jsonb_build_array(jsonb_build_array(asked_at, source, event_id))
FROM continuity_questions;

COMMENT ON VIEW continuity_within IS 'The items of continuity_items that are no contacts, but happened in one: transfers_without_note and redundant_questions.';

CREATE VIEW continuity_items AS
SELECT counted.figure, ended_at AS at, counted.holds_from, counted.holds_until, customer_id,
    contact_id, ''::text COLLATE "C" AS source, contact_id AS name, 0 AS number,
    counted.value, NULL::text AS field, evidence || coalesce(counted.further, '[]') AS evidence
FROM continuity_ended CROSS JOIN LATERAL (VALUES
    ('contacts', true, ended_at, NULL::timestamptz, NULL::bigint, NULL::jsonb),
    ('repeat_contacts', repeated_at IS NOT NULL, repeated_at, NULL, NULL,
        jsonb_build_array(repeated_by)),
    ('first_contacts', true, ended_at, repeated_at, NULL, NULL),
    ('first_contact_resolutions', resolution = 'resolved', ended_at,
        least(repeated_at, followed_at), NULL, NULL),
    ('waits', answered_at IS NOT NULL, ended_at, NULL, wait_s, NULL)
) AS counted (figure, is_counted, holds_from, holds_until, value, further)
WHERE direction = 'inbound' AND counted.is_counted
UNION ALL SELECT * FROM continuity_within;

COMMENT ON VIEW continuity_items IS 'Everything that a figure counts, one row for each time: the figure of a day is the number of its rows. As of a moment count rows with at and holds_from up to it, and holds_until after it.';
COMMENT ON COLUMN continuity_items.figure IS 'contacts: inbound contacts that have ended. repeat_contacts: those about an issue after its first inbound contact, while it was open. first_contacts: those that are no repeats. first_contact_resolutions: first contacts that ended resolved and were followed by no further inbound contact about the same issue. waits: contacts that were answered. transfers_without_note: transfers, in either direction, of ended contacts in which nobody left a note. redundant_questions: fields requested, not by the customer, that were known.';
COMMENT ON COLUMN continuity_items.at IS 'What its day is told by: the end of the contact; of a question, when it was asked.';
COMMENT ON COLUMN continuity_items.holds_from IS 'From when on it counts.';
COMMENT ON COLUMN continuity_items.holds_until IS 'From when on it counts no more; NULL: it still does.';
COMMENT ON COLUMN continuity_items.customer_id IS 'Whose it is.';
COMMENT ON COLUMN continuity_items.contact_id IS 'The contact that it is, or that it happened in.';
COMMENT ON COLUMN continuity_items.source IS 'With name and number what tells items of one customer and figure apart: the event''s source, empty for a contact.';
COMMENT ON COLUMN continuity_items.name IS 'The event''s id, or the contact''s.';
COMMENT ON COLUMN continuity_items.number IS 'The place of a question in its event, else 0.';
COMMENT ON COLUMN continuity_items.value IS 'Of waits: the seconds that the contact waited.';
COMMENT ON COLUMN continuity_items.field IS 'Of redundant_questions: what was asked for.';
COMMENT ON COLUMN continuity_items.evidence IS 'The events it rests on: [[time, source, id], …].';

CREATE VIEW continuity_inbound AS
SELECT customer_id, contact_id, ended_at, answered_at, wait_s, resolution,
    min(repeated_at) AS repeated_at, min(followed_at) AS followed_at
FROM (
    SELECT customer_id, contact_id, ended_at, answered_at, wait_s, resolution,
        CASE WHEN was_open AND row_number() OVER issue > 1 THEN mentioned_at END AS repeated_at,
        CASE WHEN issue_id IS NOT NULL THEN lead(mentioned_at) OVER issue END AS followed_at
    FROM continuity_contacts LEFT JOIN continuity_mentions USING (customer_id, contact_id)
    WHERE direction = 'inbound'
    WINDOW issue AS (PARTITION BY customer_id, issue_id ORDER BY ordinal)
) AS told
WHERE ended_at IS NOT NULL
GROUP BY customer_id, contact_id, ended_at, answered_at, wait_s, resolution;

COMMENT ON VIEW continuity_inbound IS 'The inbound contacts of continuity_ended, for whoever needs them all: in one pass over all mentions, where continuity_ended looks up those of each contact.';
COMMENT ON COLUMN continuity_inbound.repeated_at IS 'As in continuity_ended.';
COMMENT ON COLUMN continuity_inbound.followed_at IS 'As in continuity_ended.';

CREATE VIEW continuity_daily AS
SELECT day, count(*) FILTER (WHERE figure = 'contacts') AS contacts,
    count(repeated_at) AS repeat_contacts,
    count(*) FILTER (WHERE figure = 'contacts' AND repeated_at IS NULL) AS first_contacts,
    count(*) FILTER (WHERE resolution = 'resolved' AND repeated_at IS NULL AND followed_at IS NULL)
        AS first_contact_resolutions,
    count(waited_s) AS waits,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY waited_s) AS wait_s_median,
    percentile_cont(0.9) WITHIN GROUP (ORDER BY waited_s) AS wait_s_p90,
    count(*) FILTER (WHERE figure = 'transfers_without_note') AS transfers_without_note,
    count(*) FILTER (WHERE figure = 'redundant_questions') AS redundant_questions
FROM (
    SELECT (ended_at AT TIME ZONE 'UTC')::date AS day, 'contacts' AS figure, repeated_at,
        followed_at, resolution, CASE WHEN answered_at IS NOT NULL THEN wait_s END AS waited_s
    FROM continuity_inbound
    UNION ALL
    SELECT (at AT TIME ZONE 'UTC')::date, figure, NULL, NULL, NULL, NULL FROM continuity_within
) AS counted
GROUP BY day;

COMMENT ON VIEW continuity_daily IS 'The figures of each day (UTC) by all that is known now; what they count is told at continuity_items.figure.';
COMMENT ON COLUMN continuity_daily.day IS 'The day, in UTC.';
COMMENT ON COLUMN continuity_daily.contacts IS 'Inbound contacts that ended that day.';
COMMENT ON COLUMN continuity_daily.repeat_contacts IS 'Of these, how many were about an issue that had been told before and was open.';
COMMENT ON COLUMN continuity_daily.first_contacts IS 'Of these, how many were no repeats: what first_contact_resolutions are a part of.';
COMMENT ON COLUMN continuity_daily.first_contact_resolutions IS 'Of the first contacts, how many settled the matter; divided by first_contacts it is the rate.';
COMMENT ON COLUMN continuity_daily.waits IS 'Of the contacts, how many were answered.';
COMMENT ON COLUMN continuity_daily.wait_s_median IS 'Half of these waited no longer than this many seconds (interpolated).';
COMMENT ON COLUMN continuity_daily.wait_s_p90 IS 'Nine in ten waited no longer than this many seconds (interpolated).';
COMMENT ON COLUMN continuity_daily.transfers_without_note IS 'Transfers of contacts that ended that day with nobody having left a note.';
COMMENT ON COLUMN continuity_daily.redundant_questions IS 'Fields that customers were asked for that day although they were known.';
