-- What dashboards may rely on: views with stable names and columns over the projections' tables, which
-- may change. They are made anew whenever those tables are; the role toldonce_dashboards reads them.

DROP VIEW IF EXISTS dashboards.customers, dashboards.timeline, dashboards.promises,
    dashboards.continuity_daily, dashboards.contacts, dashboards.deliveries, dashboards.projections;

CREATE VIEW dashboards.customers AS
SELECT story.customer_id, story.name, identified.identifiers, story.events_considered AS events,
    story.last_at, parked.incomplete_since, story.position
FROM views.story AS story
LEFT JOIN views.parked AS parked USING (customer_id)
LEFT JOIN LATERAL (
    SELECT array_agg(node.type || ':' || node.value ORDER BY node.type, node.value) AS identifiers
    FROM views.identity_nodes AS node WHERE node.customer_id = story.customer_id
) AS identified ON true;

COMMENT ON VIEW dashboards.customers IS 'One row for each customer.';
COMMENT ON COLUMN dashboards.customers.customer_id IS 'Who it is; a merge or a better identifier can give a customer another id.';
COMMENT ON COLUMN dashboards.customers.name IS 'The name as last told; NULL while nobody told it.';
COMMENT ON COLUMN dashboards.customers.identifiers IS 'What the customer is known by, as type:value.';
COMMENT ON COLUMN dashboards.customers.events IS 'How many events the customer has.';
COMMENT ON COLUMN dashboards.customers.last_at IS 'When the latest of them happened.';
COMMENT ON COLUMN dashboards.customers.incomplete_since IS 'Since when events are missing, for one could not be folded; NULL: none is.';
COMMENT ON COLUMN dashboards.customers.position IS 'The newest position of the log that changed anything about the customer.';

CREATE VIEW dashboards.timeline AS
SELECT customer_id, occurred_at, recorded_at, position, source, event_id, type, channel, direction,
    contact_id, issue_id, order_id, delivery_id, promise_id, visit_id, visibility, is_late, sentence
FROM views.timeline;

COMMENT ON VIEW dashboards.timeline IS 'One row for each event of a customer; an event of two customers has two.';
COMMENT ON COLUMN dashboards.timeline.customer_id IS 'Whose event it is.';
COMMENT ON COLUMN dashboards.timeline.occurred_at IS 'When it happened.';
COMMENT ON COLUMN dashboards.timeline.recorded_at IS 'When it came into the log.';
COMMENT ON COLUMN dashboards.timeline.position IS 'Its place in the log.';
COMMENT ON COLUMN dashboards.timeline.source IS 'Who published it; with event_id it names the event.';
COMMENT ON COLUMN dashboards.timeline.event_id IS 'Its id, as published.';
COMMENT ON COLUMN dashboards.timeline.type IS 'Its type, such as toldonce.contact.started.v1.';
COMMENT ON COLUMN dashboards.timeline.channel IS 'By which channel, where it has one.';
COMMENT ON COLUMN dashboards.timeline.direction IS 'inbound or outbound, where it has one.';
COMMENT ON COLUMN dashboards.timeline.contact_id IS 'The contact it names.';
COMMENT ON COLUMN dashboards.timeline.issue_id IS 'The issue it names.';
COMMENT ON COLUMN dashboards.timeline.order_id IS 'The order it names.';
COMMENT ON COLUMN dashboards.timeline.delivery_id IS 'The delivery it names.';
COMMENT ON COLUMN dashboards.timeline.promise_id IS 'The promise it names.';
COMMENT ON COLUMN dashboards.timeline.visit_id IS 'The visit it names.';
COMMENT ON COLUMN dashboards.timeline.visibility IS 'internal: not for customers'' eyes; else customer.';
COMMENT ON COLUMN dashboards.timeline.is_late IS 'It was recorded after an event of the customer that happened later.';
COMMENT ON COLUMN dashboards.timeline.sentence IS 'The event in words.';

CREATE VIEW dashboards.promises AS
SELECT customer_id, promise_id, what, made_by, made_at, due_at, fulfilled_at, settled_as, settled_at,
    CASE
        WHEN fulfilled_at IS NOT NULL AND (was_overdue OR fulfilled_at > due_at) THEN 'kept_late'
        WHEN fulfilled_at IS NOT NULL THEN 'kept'
        WHEN settled_as IS NOT NULL THEN settled_as
        WHEN due_at <= now() THEN 'broken'
        WHEN due_at <= now() + interval '24 hours' THEN 'due_soon'
        ELSE 'open'
    END AS state
FROM views.promises;

COMMENT ON VIEW dashboards.promises IS 'One row for each promise, as it stands now.';
COMMENT ON COLUMN dashboards.promises.customer_id IS 'Whom it was promised to.';
COMMENT ON COLUMN dashboards.promises.promise_id IS 'Its id, as published.';
COMMENT ON COLUMN dashboards.promises.what IS 'What was promised, in the words of whoever published it.';
COMMENT ON COLUMN dashboards.promises.made_by IS 'Who promised it, where that was said.';
COMMENT ON COLUMN dashboards.promises.made_at IS 'When it was promised.';
COMMENT ON COLUMN dashboards.promises.due_at IS 'When it falls due; NULL while that is not known.';
COMMENT ON COLUMN dashboards.promises.fulfilled_at IS 'When it was done.';
COMMENT ON COLUMN dashboards.promises.settled_as IS 'What ended it otherwise: refused, superseded or waived.';
COMMENT ON COLUMN dashboards.promises.settled_at IS 'When that was.';
COMMENT ON COLUMN dashboards.promises.state IS 'open, due_soon (24 hours or less), broken, kept, kept_late, refused, superseded or waived.';

CREATE VIEW dashboards.continuity_daily AS
SELECT day, contacts, repeat_contacts, first_contacts, first_contact_resolutions,
    waits, wait_s_median, wait_s_p90, transfers_without_note, redundant_questions
FROM views.continuity_daily;

COMMENT ON VIEW dashboards.continuity_daily IS 'The figures of each day (UTC) by all that is known now.';
COMMENT ON COLUMN dashboards.continuity_daily.day IS 'The day, in UTC.';
COMMENT ON COLUMN dashboards.continuity_daily.contacts IS 'Inbound contacts that ended that day.';
COMMENT ON COLUMN dashboards.continuity_daily.repeat_contacts IS 'Of these, how many were about an issue that had been told before and was open.';
COMMENT ON COLUMN dashboards.continuity_daily.first_contacts IS 'Of these, how many were no repeats: what first_contact_resolutions are a part of.';
COMMENT ON COLUMN dashboards.continuity_daily.first_contact_resolutions IS 'Of the first contacts, how many settled the matter; divided by first_contacts it is the rate.';
COMMENT ON COLUMN dashboards.continuity_daily.waits IS 'Of the contacts, how many were answered.';
COMMENT ON COLUMN dashboards.continuity_daily.wait_s_median IS 'Half of these waited no longer than this many seconds (interpolated).';
COMMENT ON COLUMN dashboards.continuity_daily.wait_s_p90 IS 'Nine in ten waited no longer than this many seconds (interpolated).';
COMMENT ON COLUMN dashboards.continuity_daily.transfers_without_note IS 'Transfers of contacts that ended that day with nobody having left a note.';
COMMENT ON COLUMN dashboards.continuity_daily.redundant_questions IS 'Fields that customers were asked for that day although they were known.';

CREATE VIEW dashboards.contacts AS
SELECT customer_id, contact_id, channel, direction, started_at, answered_at, ended_at,
    wait_s, ivr_s, agents, transfers, has_note, ended_by, resolution
FROM views.continuity_contacts;

COMMENT ON VIEW dashboards.contacts IS 'One row for each contact of a customer, as it now reads.';
COMMENT ON COLUMN dashboards.contacts.customer_id IS 'Whose contact it is.';
COMMENT ON COLUMN dashboards.contacts.contact_id IS 'The contact, as it was published.';
COMMENT ON COLUMN dashboards.contacts.channel IS 'voice, sms, email, chat, letter, walk_in or portal; NULL while no start is known.';
COMMENT ON COLUMN dashboards.contacts.direction IS 'inbound or outbound; NULL while no start is known: then it counts as neither.';
COMMENT ON COLUMN dashboards.contacts.started_at IS 'When it began.';
COMMENT ON COLUMN dashboards.contacts.answered_at IS 'When an agent first took it; NULL: it was not answered.';
COMMENT ON COLUMN dashboards.contacts.ended_at IS 'When it ended, by the last event that says so; NULL: it goes on.';
COMMENT ON COLUMN dashboards.contacts.wait_s IS 'Seconds until it was answered, those after each transfer added.';
COMMENT ON COLUMN dashboards.contacts.ivr_s IS 'Seconds in spoken menus.';
COMMENT ON COLUMN dashboards.contacts.agents IS 'The agents who took it, in their order.';
COMMENT ON COLUMN dashboards.contacts.transfers IS 'How often it was passed on.';
COMMENT ON COLUMN dashboards.contacts.has_note IS 'Somebody noted in it what was done, for whoever came next.';
COMMENT ON COLUMN dashboards.contacts.ended_by IS 'customer, agent or system.';
COMMENT ON COLUMN dashboards.contacts.resolution IS 'resolved, unresolved, escalated or callback_promised.';

CREATE VIEW dashboards.deliveries AS
SELECT customer_id, delivery_id, max(order_id) AS order_id,
    min(occurred_at) FILTER (WHERE type = 'toldonce.delivery.dispatched.v1') AS dispatched_at,
    min(occurred_at) FILTER (WHERE type = 'toldonce.delivery.completed.v1') AS delivered_at,
    count(*) FILTER (WHERE type = 'toldonce.delivery.attempted.v1') AS failed_attempts,
    min(occurred_at) FILTER (WHERE type = 'toldonce.delivery.investigation_opened.v1')
        AS investigated_at,
    (array_agg(data ->> 'status' ORDER BY occurred_at DESC, position DESC)
        FILTER (WHERE type = 'toldonce.delivery.scanned.v1'))[1] AS last_scan,
    max(occurred_at) AS last_at
FROM (
    SELECT told.customer_id, told.position, told.occurred_at, told.type,
        CASE WHEN now.data IS NULL THEN told.delivery_id ELSE now.data ->> 'delivery_id' END
            AS delivery_id,
        CASE WHEN now.data IS NULL THEN told.order_id ELSE now.data ->> 'order_id' END AS order_id,
        coalesce(now.data, told.data) AS data
    FROM views.timeline AS told LEFT JOIN views.corrected AS now USING (customer_id, position)
    WHERE now.has_effect IS NOT FALSE
) AS reads
WHERE delivery_id IS NOT NULL
GROUP BY customer_id, delivery_id;

COMMENT ON VIEW dashboards.deliveries IS 'One row for each delivery that events of a customer name by its id, from these events as they now read: corrected as they were corrected, retracted not at all.';
COMMENT ON COLUMN dashboards.deliveries.customer_id IS 'Whose delivery it is.';
COMMENT ON COLUMN dashboards.deliveries.delivery_id IS 'Its id, as published.';
COMMENT ON COLUMN dashboards.deliveries.order_id IS 'The order that it belongs to, where an event says so.';
COMMENT ON COLUMN dashboards.deliveries.dispatched_at IS 'When it was first sent.';
COMMENT ON COLUMN dashboards.deliveries.delivered_at IS 'When it first arrived; NULL: it did not.';
COMMENT ON COLUMN dashboards.deliveries.failed_attempts IS 'How often it could not be handed over.';
COMMENT ON COLUMN dashboards.deliveries.investigated_at IS 'When it was first searched for.';
COMMENT ON COLUMN dashboards.deliveries.last_scan IS 'The status of the scan that happened last.';
COMMENT ON COLUMN dashboards.deliveries.last_at IS 'When the latest event about it happened.';

CREATE VIEW dashboards.projections AS
SELECT tracking.name, tracking.position, head.position AS head, head.position - tracking.position AS lag
FROM log.tracking AS tracking CROSS JOIN log.log_head AS head
WHERE tracking.name IN (SELECT name FROM views.view_versions);

COMMENT ON VIEW dashboards.projections IS 'How far each view has read the log.';
COMMENT ON COLUMN dashboards.projections.name IS 'The view.';
COMMENT ON COLUMN dashboards.projections.position IS 'All entries of the log up to here are in it.';
COMMENT ON COLUMN dashboards.projections.head IS 'The newest position of the log.';
COMMENT ON COLUMN dashboards.projections.lag IS 'How many entries it has not read.';

GRANT SELECT ON ALL TABLES IN SCHEMA dashboards TO toldonce_dashboards;
