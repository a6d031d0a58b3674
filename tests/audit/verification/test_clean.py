"""A log that nobody touched is never said to be damaged: ten thousand verifications of others.

9,500 are of rows in memory, 488 of a database, 12 of exports.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg2
import pytest
from psycopg2.extensions import connection as Connection

from audit.export.check import check_export
from audit.export.writing import Customer, Wanted, export
from audit.exported.verify import Check
from audit.formats.growing import GrowingTree
from audit.verification.joining import Joined
from audit.verification.log import verify_log
from audit.verification.rows import ERASED_TYPE, OURS, read_page
from audit.verification.scan import Scanned, Span, fold, scan
from audit.verification.verify import Asked, parts_of, verify
from domain.event import OUR_SOURCE
from domain.events import ErasureExecuted
from eventlog import merkle
from eventlog.entry import Draft, Label, leaf_prefix
from eventlog.keyring import Keyring
from eventlog.rows import pack_content, pack_named, pack_rows, stream_of_rows
from tests.audit.filled import ENTRIES, key_in

IN_MEMORY = 9_500
IN_DATABASE = 488
EXPORTS = 6
TEXTS = ("", "a", "toldonce.contact.started.v1", "Zürich", "\U0001f4de", "x" * 300)


@pytest.fixture(scope="module")
def connection(filled_url: str) -> Iterator[Connection]:
    """Give a connection to the log."""
    with closing(psycopg2.connect(filled_url)) as opened:
        yield opened


def drawn(chance: random.Random) -> tuple[Draft, bytes]:
    """Return a draft of an entry like no other, and the commitment of its stream."""
    draw = chance.randbytes
    label = Label(
        bytes([chance.randrange(3)]) * 16,
        draw(16),
        chance.choice(TEXTS),
        chance.choice(TEXTS),
        chance.randint(-(2**62), 2**62),
        draw(16 * chance.randrange(5)),
    )
    sealed, commitment = draw(chance.randrange(200)), label.stream + label.stream
    named = pack_named(label.type, label.source, occurred_us=label.occurred_us)
    content = pack_content(label.observed, sealed)
    prefix = leaf_prefix(label, sealed, key_commitment=commitment)
    return Draft(label.stream, label.event_key, named, content, prefix, b""), commitment


def test_rows_give_the_leaves_that_the_writer_made() -> None:
    """Two writings of the leaf record agree on any row, its stream being known or not yet."""
    chance = random.Random("rows")  # noqa: S311 - chance, not secrets
    for _ in range(IN_MEMORY):
        drafts, commitments = [], {}
        for _ in range(chance.randrange(1, 7)):
            draft, commitment = drawn(chance)
            commitments[draft.stream] = commitment
            drafts.append(draft)
        versions = [chance.randrange(2**31) for _ in drafts]
        recorded_us = chance.randrange(2**62)
        leaves = [one.leaf(at, recorded_us) for one, at in zip(drafts, versions, strict=True)]
        rows = pack_rows(drafts, versions, leaves=leaves, after=0, recorded_us=recorded_us)
        known = dict(list(commitments.items())[: chance.randrange(3)])
        page = read_page(stream_of_rows(rows).getvalue(), known)
        page.finish(commitments)
        assert page.hashed == page.stored == leaves
        assert not page.odd


def test_erasures_are_known_by_what_the_contract_calls_them() -> None:
    """Whoever scans does not load the contract for two words."""
    assert (ERASED_TYPE.decode(), OURS.decode()) == (ErasureExecuted.TOPIC, OUR_SOURCE)


@pytest.mark.parametrize("height", [0, 1, 3])
def test_chunks_have_the_root_of_the_whole(height: int) -> None:
    """Whatever the chunks, at every size the frontier is the one that an append would have."""
    leaves = [bytes([n]) * 32 for n in range(40)]
    sizes, chunk_leaves = list(range(len(leaves) + 1)), 1 << height
    scanned, joined = Scanned(Span(0, len(leaves), height)), Joined(lambda _: {}, height=height)
    for base in range(0, len(leaves), chunk_leaves):
        fold(scanned, leaves[base : base + chunk_leaves], base=base, sizes=sizes)
    joined.add(scanned)
    tree = GrowingTree()
    for size in sizes:
        frontier = joined.frontier(size)
        assert frontier == merkle.extend([], leaves[:size], size=0)
        assert merkle.root(frontier) == tree.root
        if size < len(leaves):
            tree.add(leaves[size])
    for size in reversed(sizes):
        assert joined.frontier(size) == merkle.extend([], leaves[:size], size=0)


def test_any_part_of_a_log_is_intact(connection: Connection, module_keyring: Keyring) -> None:
    """From any position on, in chunks of any size, nothing is found in what nobody touched."""
    chance = random.Random("parts")  # noqa: S311 - chance, not secrets
    for _ in range(IN_DATABASE):
        asked = Asked(
            since=chance.randrange(ENTRIES + 20),
            keyring=chance.choice([module_keyring, None]),
            height=chance.choice([2, 3, 5, 8, 16]),
        )
        with connection, connection.cursor() as cursor:
            report = verify(cursor, asked)
        assert report.is_intact, (asked, report.findings.first)


def test_parts_join_to_one_log(connection: Connection) -> None:
    """What is read part by part comes to what one reads, and is checked where parts meet."""
    joined = Joined(lambda streams: {}, height=3)
    sizes = list(range(ENTRIES + 1))
    with connection, connection.cursor() as cursor:
        for span in parts_of(Span(0, ENTRIES, 3)):
            joined.add(scan(cursor, span, sizes=sizes))
        cursor.execute("SELECT leaf_hash FROM log.entries ORDER BY position")
        leaves = [bytes(leaf) for (leaf,) in cursor]
    assert joined.findings.count == 0
    for size in sizes:
        assert joined.frontier(size) == merkle.extend([], leaves[:size], size=0)


def test_several_processes_find_what_one_finds(filled_url: str, module_keyring: Keyring) -> None:
    """Processes of their own come to the same report, and tell how far they are."""
    told: list[tuple[int, int]] = []
    asked = Asked(keyring=module_keyring, height=3)
    apart = verify_log(
        filled_url, asked, hands=2, told=lambda done, total: told.append((done, total))
    )
    assert apart.to_json() == verify_log(filled_url, asked, hands=1).to_json()
    assert apart.is_intact
    assert told[-1] == (ENTRIES, ENTRIES)


def test_any_export_is_intact(
    filled_url: str, module_keyring: Keyring, signer_folder: Path, tmp_path: Path
) -> None:
    """Of any customers' entries and streams, both checkers find the export intact."""
    chance = random.Random("exports")  # noqa: S311 - chance, not secrets
    key = str(key_in(signer_folder).verifier)
    for number in range(EXPORTS):
        positions = chance.sample(range(1, ENTRIES), chance.randrange(30))
        with closing(psycopg2.connect(filled_url)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT DISTINCT stream_id::text FROM log.entries ORDER BY 1")
            streams = [stream for (stream,) in cursor.fetchall()]
        chosen = [UUID(stream) for stream in chance.sample(streams, 2)]
        customer = None if number == 0 else Customer(positions, chosen, ())
        wanted = Wanted(
            tmp_path / str(number), datetime.now(UTC), customer, with_keys=chance.random() < 0.5
        )
        export(filled_url, module_keyring, wanted=wanted, told=lambda done, total: None)
        report = check_export(wanted.folder, key)
        assert report.is_intact, report.findings.first
        theirs = Check(wanted.folder, key)
        theirs.run()
        assert theirs.findings == []
