"""The continuity view: what happened in contacts, as facts from which figures are plain SQL.

It writes what the folds noticed; what counts as what stands in the views of its .sql.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from psycopg2.extensions import cursor as Cursor
from pydantic_core import to_json

from domain.story.contacts import Contact, Transfer
from domain.story.facts import RedundantQuestion
from domain.story.issues import Mention
from projections.binary_rows import (
    FALSE,
    TRUE,
    Upsert,
    bigint,
    copy_rows,
    integer,
    jsonb,
    row,
    timestamptz,
    upsert_rows,
)
from projections.page import Page
from projections.tables import read_sql
from projections.writing import execute_later

DELETE = """
DELETE FROM continuity_contacts WHERE customer_id = ANY(%(customers)s::uuid[]);
DELETE FROM continuity_mentions WHERE customer_id = ANY(%(customers)s::uuid[]);
DELETE FROM continuity_transfers WHERE customer_id = ANY(%(customers)s::uuid[]);
DELETE FROM continuity_questions WHERE customer_id = ANY(%(customers)s::uuid[]);
"""
CREATE_WRITTEN = """
CREATE TEMPORARY TABLE IF NOT EXISTS written_continuity_contacts (LIKE continuity_contacts)
"""
CONTACT_COLUMNS = (
    "customer_id, contact_id, channel, direction, started_at, answered_at, ended_at, wait_s, "
    "ivr_s, agents, transfers, has_note, ended_by, resolution, evidence"
)
COPY_WRITTEN = (
    f"COPY pg_temp.written_continuity_contacts ({CONTACT_COLUMNS}) FROM STDIN (FORMAT binary)"
)
COPY_CONTACTS = f"COPY continuity_contacts ({CONTACT_COLUMNS}) FROM STDIN (FORMAT binary)"
UPSERT_WRITTEN = """
INSERT INTO continuity_contacts SELECT * FROM pg_temp.written_continuity_contacts
ON CONFLICT (customer_id, contact_id) DO UPDATE SET
    channel = excluded.channel, direction = excluded.direction,
    started_at = excluded.started_at, answered_at = excluded.answered_at,
    ended_at = excluded.ended_at, wait_s = excluded.wait_s, ivr_s = excluded.ivr_s,
    agents = excluded.agents, transfers = excluded.transfers, has_note = excluded.has_note,
    ended_by = excluded.ended_by, resolution = excluded.resolution, evidence = excluded.evidence
"""
CREATE_MENTIONS = """
CREATE TEMPORARY TABLE IF NOT EXISTS written_continuity_mentions (LIKE continuity_mentions)
"""
MENTION_COLUMNS = (
    "customer_id, issue_id, contact_id, ordinal, was_open, mentioned_at, source, event_id"
)
COPY_MENTIONS = (
    f"COPY pg_temp.written_continuity_mentions ({MENTION_COLUMNS}) FROM STDIN (FORMAT binary)"
)
COPY_FIRST_MENTIONS = f"COPY continuity_mentions ({MENTION_COLUMNS}) FROM STDIN (FORMAT binary)"
# A contact names an issue once; only that the issue was open in it can be learnt later.
UPSERT_MENTIONS = """
INSERT INTO continuity_mentions SELECT * FROM pg_temp.written_continuity_mentions
ON CONFLICT (customer_id, issue_id, contact_id) DO UPDATE SET was_open = excluded.was_open
"""
CONTACTS = Upsert(
    "pg_temp.written_continuity_contacts",
    CREATE_WRITTEN,
    COPY_WRITTEN,
    UPSERT_WRITTEN,
    COPY_CONTACTS,
)
MENTIONS = Upsert(
    "pg_temp.written_continuity_mentions",
    CREATE_MENTIONS,
    COPY_MENTIONS,
    UPSERT_MENTIONS,
    COPY_FIRST_MENTIONS,
)
COPY_TRANSFERS = """
COPY continuity_transfers (customer_id, contact_id, source, event_id, transferred_at)
FROM STDIN (FORMAT binary)
"""
COPY_QUESTIONS = """
COPY continuity_questions (customer_id, source, event_id, number, contact_id, field, asked_at)
FROM STDIN (FORMAT binary)
"""


class ContinuityView:
    """Writes the tables `continuity_*`; it stands after the story view, whose news it takes."""

    name = "continuity"

    def __init__(self) -> None:
        self.sql = read_sql("continuity/tables.sql")

    def needs_history(self, page: Page, cursor: Cursor) -> set[UUID]:
        """Ask for nobody: whom the story view folds anew has everything among the news."""
        return set()

    def apply(self, page: Page, cursor: Cursor) -> None:
        """Write what the page's folds noticed, and all of it for customers folded anew."""
        if not page.is_first:
            _remove(_rewritten(page), cursor)
        told = [(customer_id.bytes, news) for customer_id, news in page.news.items()]
        contacts = [_contact(c, one) for c, news in told for one in news.contacts.values()]
        upsert_rows(cursor, CONTACTS, rows=contacts, is_first=page.is_first)
        mentions = [_mention(c, one) for c, news in told for one in news.mentions.values()]
        upsert_rows(cursor, MENTIONS, rows=mentions, is_first=page.is_first)
        # Each of these is noticed once and never changes.
        transfers = (_transfer(c, transfer) for c, news in told for transfer in news.transfers)
        copy_rows(cursor, COPY_TRANSFERS, rows=transfers)
        questions = (_question(c, question) for c, news in told for question in news.questions)
        copy_rows(cursor, COPY_QUESTIONS, rows=questions)

    def forget(self) -> None:
        """Remember nothing between pages anyway."""


def _rewritten(page: Page) -> list[UUID]:
    """Return the customers that are gone, or whose news are everything there is to know."""
    whole = {**page.replaced, **page.histories}
    return [*page.gone, *(c for c, events in whole.items() if c in page.news or not events)]


def _remove(customers: Sequence[UUID], cursor: Cursor) -> None:
    if customers:
        named = {"customers": [str(customer_id) for customer_id in customers]}
        execute_later(cursor, DELETE, parameters=named)


def _contact(customer: bytes, contact: Contact) -> bytes:
    return row(
        (
            customer,
            contact.contact_id,
            contact.channel,
            contact.direction,
            timestamptz(contact.started_at),
            timestamptz(contact.answered_at),
            timestamptz(contact.ended_at),
            bigint(contact.wait_s),
            bigint(contact.ivr_s),
            jsonb(to_json(contact.agents)),
            integer(contact.transfers),
            TRUE if contact.notes else FALSE,
            contact.ended_by,
            contact.resolution,
            jsonb(to_json(contact.cites)),
        )
    )


def _mention(customer: bytes, mention: Mention) -> bytes:
    at, source, event_id = mention.cite
    was_open = TRUE if mention.was_open else FALSE
    named = (customer, mention.issue_id, mention.contact_id, integer(mention.ordinal))
    return row((*named, was_open, timestamptz(at), source, event_id))


def _transfer(customer: bytes, transfer: Transfer) -> bytes:
    at, source, event_id = transfer.cite
    return row((customer, transfer.contact_id, source, event_id, timestamptz(at)))


def _question(customer: bytes, question: RedundantQuestion) -> bytes:
    at, source, event_id = question.cite
    asked = (integer(question.number), question.contact_id, question.field)
    return row((customer, source, event_id, *asked, timestamptz(at)))
