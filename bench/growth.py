"""ingest_grown_vs_empty: from Kafka into a log of ten million entries ÷ into an empty one.

`python -m bench.growth [--entries N] [--events N]` needs Java and 8 GB of disk. The database makes
the old entries: parts, indexes and streams are those of a real log, but nothing is sealed in them
and versions have gaps. Measured is the real way in, of new events of the same customers.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from statistics import median

import psycopg2
from psycopg2.extensions import connection as Connection
from psycopg2.extras import execute_values

from bench.events import CUSTOMERS, raw_events
from bench.ingest import PARTITIONS, WARM_UP, consumed_s, installed_at
from bench.place import Place, place
from domain.handles import Handle
from eventlog.append import OPEN_PART, PART_ENTRIES
from eventlog.log import Log
from eventlog.merkle import HASH_BYTES
from tests.brokers import shared_bootstrap
from tests.system.topics import topic_on

ENTRIES = 10_000_000
EVENTS = 200_000
RUNS = 2
FILLED_AT_ONCE = 250_000
SEALED_BYTES = 450
ACCOUNTS_AT_ONCE = 5_000

CREATE_ACCOUNTS = "CREATE TABLE public.accounts (rank integer PRIMARY KEY, stream_id uuid NOT NULL)"
INSERT_ACCOUNTS = "INSERT INTO public.accounts VALUES %s"
# One in five names nobody and is the only one of its stream; customers are met as in bench.events.
INSERT_ENTRIES = """
INSERT INTO log.entries
SELECT position, stream_id, position, gen_random_uuid(), 'toldonce.contact.started.v1',
    'urn:example:contact', '2026-01-01Z'::timestamptz + position * interval '1 second',
    clock_timestamp(), ARRAY[stream_id, stream_id], %(sealed)s, sha256(int8send(position))
FROM (
    SELECT position, coalesce(accounts.stream_id, gen_random_uuid()) AS stream_id
    FROM (
        SELECT position, floor(power(%(customers)s::float, random()))::integer - 1 AS rank
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS position
    ) AS met
    LEFT JOIN public.accounts ON accounts.rank = met.rank AND position %% 5 <> 0
) AS filed
"""
INSERT_KEYS = """
INSERT INTO log.stream_keys (stream_id, wrapped, commitment)
SELECT stream_id, sha256(leaf_hash), sha256(leaf_hash) FROM log.entries
WHERE position BETWEEN %(first)s AND %(last)s AND position %% 5 = 0
"""
# A part's unique indexes are built when it is full: ten times as fast, and the same for who reads.
SELECT_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::regclass AND NOT indisprimary
"""
SESSION = "SET synchronous_commit = off; SET work_mem = '64MB'; SET maintenance_work_mem = '256MB'"
ADVANCE_HEAD = """
UPDATE log.log_head SET position = %s, frontier = %s, recorded_at = clock_timestamp()
"""


def main() -> None:
    """Fill, measure, and print a line for every run."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES, help=f"default: {ENTRIES:,}")
    parser.add_argument("--events", type=int, default=EVENTS, help=f"default: {EVENTS:,}")
    parser.add_argument("--runs", type=int, default=RUNS, help=f"default: {RUNS}")
    asked = parser.parse_args()
    with place() as here, here.database() as grown, shared_bootstrap(here.home / "kafka") as at:
        _fill(grown, here, entries=asked.entries)
        ratios = []
        for run in range(asked.runs):
            with here.database() as empty:
                empty_s = _ingested(here, empty, brokers=at, run=run, count=asked.events)
            grown_s = _ingested(here, grown, brokers=at, run=run, count=asked.events)
            ratios.append(grown_s / empty_s)
            print(f"  {grown_s:,.0f} events/s, {empty_s:,.0f} into an empty log", flush=True)
        print(f"ingest_grown_vs_empty  {median(ratios):.2f}  at {asked.entries:,} entries")


def _ingested(here: Place, url: str, *, brokers: str, run: int, count: int) -> float:
    """Return events a second that one consumer stores; every run has events of its own."""
    events: Iterator[bytes] = raw_events((run + 1) * (count + WARM_UP))
    fresh = islice(events, run * (count + WARM_UP), None)
    with topic_on(brokers, PARTITIONS) as topic:
        installed = installed_at(here, url, topic=topic)
        return consumed_s(here, installed, events=fresh, count=count, consumers=1)


def _fill(url: str, here: Place, *, entries: int) -> None:
    begun = time.perf_counter()
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(SESSION)
        _make_customers(url, here, connection=connection)
        for first in range(1, entries + 1, PART_ENTRIES):
            _make_part(connection, first, last=min(entries, first + PART_ENTRIES - 1))
        with connection.cursor() as cursor:
            frontier = bytes(HASH_BYTES * entries.bit_count())
            cursor.execute(ADVANCE_HEAD, (entries, frontier))
            # So that it is not done by itself while something is measured.
            cursor.execute("VACUUM (ANALYZE)")
            cursor.execute("CHECKPOINT")
    print(f"\rfilled {entries:,} in {time.perf_counter() - begun:.0f} s", file=sys.stderr)


def _make_customers(url: str, here: Place, *, connection: Connection) -> None:
    """Make the streams of all customers, with keys under which new events can be sealed."""
    handles = [Handle("account_no", f"{number:08d}") for number in range(CUSTOMERS)]
    streams = [here.keyring.token(handle) for handle in handles]
    with closing(Log(url, here.keyring)) as log:
        for at in range(0, CUSTOMERS, ACCOUNTS_AT_ONCE):
            log.keys_for(streams[at : at + ACCOUNTS_AT_ONCE])
    with connection.cursor() as cursor:
        cursor.execute(CREATE_ACCOUNTS)
        rows = [(rank, stream.hex()) for rank, stream in enumerate(streams)]
        execute_values(cursor, INSERT_ACCOUNTS, rows, page_size=ACCOUNTS_AT_ONCE)


def _make_part(connection: Connection, part_first: int, *, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(OPEN_PART, (part_first, part_first + PART_ENTRIES - 1))
        cursor.execute(SELECT_INDEXES, (f"log.entries_{part_first:015d}",))
        indexes = cursor.fetchall()
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for first in range(part_first, last + 1, FILLED_AT_ONCE):
            upto = min(last, first + FILLED_AT_ONCE - 1)
            named = {"first": first, "last": upto, "customers": CUSTOMERS}
            cursor.execute(INSERT_ENTRIES, named | {"sealed": bytes(SEALED_BYTES)})
            cursor.execute(INSERT_KEYS, named)
            print(f"\rfilled {upto:,} …", end="", file=sys.stderr)
        for _, definition in indexes:
            cursor.execute(definition)


if __name__ == "__main__":
    main()
