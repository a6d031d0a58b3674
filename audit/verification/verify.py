"""Verification: whether bytes, leaves, tree, signatures and everything counted beside them agree.

Promise: it reads, in one transaction, and changes nothing; what it could not look at is in the
report as such. It holds for what the database answered to this connection.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor

from audit.findings import Findings, Report
from audit.formats.tiles import HEIGHT
from audit.verification.bookkeeping import check_offsets, check_tracking
from audit.verification.chunks import CHUNK_HEIGHT
from audit.verification.head import Head, check_head, last_there, read_head
from audit.verification.joining import Joined
from audit.verification.scan import Scanned, Span, commitments, scan
from audit.verification.signed import Signed, signed_heads
from audit.verification.stored import newest_versions, stored
from audit.verification.stream_keys import check_destroyed, check_wrapped, registered
from audit.verification.tree_hashes import check_tree_hashes, levels_of
from eventlog import merkle
from eventlog.keyring import Keyring

Advanced = Callable[[int], None]
"""Is told how many further entries were read."""
Told = Callable[[int, int], None]
"""Is told how many entries of how many are read."""
Scanner = Callable[[Span, Sequence[int], Advanced], Iterable[Scanned]]
"""Scans a span, whole or in parts that follow one another, with the tree at those sizes."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be verified.

    `since`: entries up to there, rounded down to a chunk of 2^height, were verified before: their
    stored hashes are taken as they are. `signed` are heads kept elsewhere that the log must have
    had; `signer` is a verifier key by which there must be checkpoints. With `keyring`, wrapped keys
    are opened.
    """

    since: int = 0
    signed: tuple[Signed, ...] = ()
    signer: str | None = None
    keyring: Keyring | None = None
    height: int = CHUNK_HEIGHT


def verify(
    cursor: Cursor,
    asked: Asked,
    *,
    scanner: Scanner | None = None,
    told: Told = lambda done, total: None,
) -> Report:
    """Verify the log as the transaction of the cursor sees it."""
    head = read_head(cursor)
    report = Report(head.position, head.root.hex())
    last = last_there(cursor, head, findings=report.findings)
    base = _base(asked, last)
    signed = [*asked.signed, *signed_heads(cursor, base, findings=report.findings)]
    sizes = sorted({head.position, *(one.head.size for one in signed)})
    joined = Joined(
        lambda streams: newest_versions(cursor, base, streams=streams), height=asked.height
    )
    joined.add(stored(cursor, Span(0, base, asked.height), sizes=sizes))
    scanned = scanner or OneHand(cursor)
    for each in scanned(Span(base, last, asked.height), sizes, _counted(told, last - base)):
        joined.add(each)
    joined.is_whole &= last == head.position
    report.findings.take(joined.findings.first, count=joined.findings.count)
    report.checked |= {"entries": last - base, "streams": joined.stream_count}
    if base:
        report.unchecked["entries"] = f"1 to {base}, and checkpoints up to there: verified before"
    if not joined.is_whole:
        report.unchecked["tree"] = "entries are missing, so its root cannot be known"
    check_head(cursor, head, joined=joined, findings=report.findings)
    agreed = _check_signed(signed, head, joined=joined, report=report)
    _check_signer(asked, signed, report=report)
    if joined.is_whole and asked.height >= HEIGHT:
        levels = levels_of(joined.tiles)
        report.checked["tree hashes"] = check_tree_hashes(
            cursor, levels, size=agreed, findings=report.findings
        )
    _check_keys(cursor, asked, head=head, joined=joined, report=report)
    report.checked["partitions"] = check_offsets(cursor, head.position, findings=report.findings)
    report.checked["readers"] = check_tracking(cursor, head.position, findings=report.findings)
    return report


class OneHand:
    """Scans a span over a cursor, whole."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def __call__(self, span: Span, sizes: Sequence[int], advanced: Advanced) -> list[Scanned]:
        """Return the one part that the span was scanned in."""
        known = commitments(self._cursor, entries=span.upto - span.after)
        return [scan(self._cursor, span, sizes=sizes, advanced=advanced, known=known)]


def parts_of(whole: Span) -> list[Span]:
    """Part a span into what one hand scans at a time: a chunk each."""
    chunk_leaves = 1 << whole.height
    starts = range(whole.after, whole.upto, chunk_leaves)
    return [Span(start, min(start + chunk_leaves, whole.upto), whole.height) for start in starts]


def _base(asked: Asked, last: int) -> int:
    """Return up to where the entries are not read again; the last one always is."""
    since = max(0, min(asked.since, last - 1))
    return since >> asked.height << asked.height


def _counted(told: Told, total: int) -> Advanced:
    done = 0

    def advanced(entries: int) -> None:
        nonlocal done
        done += entries
        told(done, total)

    return advanced


def _check_signed(signed: Sequence[Signed], head: Head, *, joined: Joined, report: Report) -> int:
    """Check that the log had every head that was signed; return the largest that it had."""
    agreed = [0]
    for one in sorted(signed, key=lambda one: one.head.size):
        if one.head.size > head.position:
            expected = f"{one.head.size} entries, as {one.name} says"
            found = str(head.position)
            report.findings.add("checkpoint", head.position + 1, expected=expected, found=found)
        elif joined.is_whole:
            root = merkle.root(joined.frontier(one.head.size))
            if root == one.head.root:
                agreed.append(one.head.size)
                continue
            expected = f"root {one.head.root.hex()} of {one.head.size} entries, as {one.name} says"
            found = f"{root.hex()}; the first {agreed[-1]} agree"
            report.findings.add("checkpoint", None, expected=expected, found=found)
    report.checked["checkpoints"] = len(agreed) - 1
    return agreed[-1]


def _check_signer(asked: Asked, signed: Sequence[Signed], *, report: Report) -> None:
    """Note who signed, and check that the one who should have did."""
    report.signers = sorted({one.signer for one in signed if one.signer is not None})
    if asked.signer is not None and asked.signer not in report.signers:
        expected = f"checkpoints signed by {asked.signer}"
        report.findings.add("checkpoint", None, expected=expected, found="none")
    if not signed:
        report.unchecked["signatures"] = "nothing was signed yet"


def _check_keys(
    cursor: Cursor, asked: Asked, *, head: Head, joined: Joined, report: Report
) -> None:
    findings: Findings = report.findings
    keys = registered(cursor)
    report.checked["keys"] = keys.key_count
    if "entries" in report.unchecked:
        report.unchecked["destroyed keys"] = "only a whole log tells all erasures"
    else:
        check_destroyed(
            cursor,
            keys,
            told=joined.erased,
            keys_destroyed=head.keys_destroyed,
            findings=findings,
        )
    if asked.keyring is None:
        report.unchecked["wrapped keys"] = "they open only with the keyring"
    else:
        report.checked["wrapped keys"] = check_wrapped(cursor, asked.keyring, findings=findings)
