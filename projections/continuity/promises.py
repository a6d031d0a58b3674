"""Promises as items of continuity: on the day on which they fell due, what had become of them.

A promise that was refused, waived or superseded is none of the three from then on.
"""

from __future__ import annotations

PROMISES_DUE = """
SELECT counted.figure, due_at AS at, counted.holds_from, counted.holds_until, customer_id,
    NULL AS contact_id, '' AS source, promise_id AS name, 0 AS number, NULL AS value, NULL AS field,
    promise_id, evidence
FROM promises CROSS JOIN LATERAL (VALUES
    ('promises_kept', NOT was_overdue AND fulfilled_at <= due_at, fulfilled_at, NULL::timestamptz),
    ('promises_kept_late', was_overdue OR fulfilled_at > due_at, fulfilled_at, NULL),
    ('promises_broken', true, due_at, least(fulfilled_at, settled_at))
) AS counted (figure, is_counted, holds_from, holds_until)
WHERE due_at IS NOT NULL AND counted.is_counted
"""
