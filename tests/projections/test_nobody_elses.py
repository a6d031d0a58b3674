"""Nobody is shown a fact of somebody else, whatever is shared, linked, merged and parted again.

Every fact carries a marker of the person it is about; where no merge of the two is in force, no
brief, timeline or search for one of them holds the marker of the other, and no brief the account.
"""

from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.brief import canonical_json
from domain.handles import Handle
from projections.queries import Views
from projections.timeline.pages import TimelineQuery
from tests.projections.families import END
from tests.projections.histories import of_customer
from tests.projections.test_many_histories import NewWorld, a_log, chances, new_world

__all__ = ["new_world"]

PEOPLE = ("ann", "bob")
PERSONAL = (
    "registration.completed account_no:WHO-N{phone} facts={{name: WHO-mark, address: WHO-mark}}",
    "contact.started WHO-c-N account_no:WHO-N{phone} purpose=WHO-mark",
    "contact.information_provided WHO-c-N issue:WHO-I-N facts={{name: WHO-mark}}",
    "contact.handoff_noted WHO-c-N tried=[WHO-mark]",
    "contact.ended WHO-c-N ended_by=agent",
    "issue.reported WHO-I-N account_no:WHO-N category=WHO-mark contact:WHO-c-N",
    "issue.assigned WHO-I-N owner=WHO-mark",
    "order.placed WHO-O-N account_no:WHO-N{phone}",
    "promise.made WHO-P-N order:WHO-O-N what=WHO-mark due_at=2026-01-20",
    "promise.made WHO-Q-N order:WHO-O-N what=WHO-mark due_business_days=1 calendar_id=cal-N",
    "calendar.defined cal-N account_no:WHO-N{phone}",
    "remedy.offered WHO-R-N order:WHO-O-N what=WHO-mark",
    "appointment.booked WHO-A-N service=WHO-mark start=2026-12-01 account_no:WHO-N",
)
SHARED = (
    "contact.started s-N phone:PHONE",
    "contact.ended s-N",
    "identity.identifier_linked a=phone:PHONE b=account_no:ann-N",
    "identity.identifier_linked a=phone:PHONE b=account_no:bob-N",
    "identity.identifier_unlinked a=phone:PHONE b=account_no:ann-N",
    "identity.match_rejected a=phone:PHONE b=account_no:bob-N reason=wrong",
)
MERGED = (
    "identity.customers_merged merge_id=m-N survivor=account_no:ann-N absorbed=account_no:bob-N"
)
UNMERGED = "identity.customers_unmerged merge_id=m-N"
HISTORIES = 20

_personal = st.builds(
    lambda line, who, phone: line.format(phone=phone).replace("WHO", who),
    st.sampled_from(PERSONAL),
    st.sampled_from(PEOPLE),
    st.sampled_from(("", " phone:PHONE")),
)
_lines = st.lists(
    st.one_of(_personal, _personal, st.sampled_from((*SHARED, MERGED, UNMERGED))),
    min_size=4,
    max_size=16,
)


@a_log
@given(told=st.lists(_lines, min_size=HISTORIES, max_size=HISTORIES), chance=chances)
def test_a_marker_is_shown_to_nobody_else(
    new_world: NewWorld, told: list[list[str]], chance: Random
) -> None:
    """Asked again after every few events, now and as it was known before."""
    with new_world() as (world, views):
        runner = world.runner(page_entries=chance.choice([3, 1000]))
        arriving = [
            (number, f"2026-01-02T{chance.randrange(24):02}:{chance.randrange(60):02} {line}")
            for number, lines in enumerate(told)
            for line in lines
        ]
        chance.shuffle(arriving)
        known: list[list[str]] = [[] for _ in told]
        before: list[tuple[int, int, bool]] = []
        for at in range(0, len(arriving), 25):
            piece = arriving[at : at + 25]
            world.tell(*(of_customer([line], number + 1_000)[0] for number, line in piece))
            for number, line in piece:
                known[number].append(line)
            position = runner.catch_up()
            for number, lines in enumerate(known):
                if not is_merged(lines):
                    check(views, number + 1_000)
                before.append((number, position, is_merged(lines)))
        for number, position, was_merged in chance.sample(before, min(20, len(before))):
            if not was_merged:
                check_briefs(views, number + 1_000, known_at=position)


def is_merged(lines: list[str]) -> bool:
    """Say whether a merge was declared and not undone."""
    said = [line.partition(" ")[2] for line in lines]
    return MERGED in said and UNMERGED not in said


def check(views: Views, number: int) -> None:
    """Look everywhere for what is somebody else's."""
    check_briefs(views, number)
    for who, other in (PEOPLE, PEOPLE[::-1]):
        found = views.look_up(Handle("account_no", f"{who}-{number}")).customer_id
        if found is not None:
            rows = views.timeline(TimelineQuery(found)).rows
            assert not [row for row in rows if f"{other}-mark" in f"{row.sentence} {row.data}"]
        for hit in views.find(f"{who}-{number}").hits:
            assert hit.name in (None, f"{who}-mark")


def check_briefs(views: Views, number: int, *, known_at: int | None = None) -> None:
    """Look for what is somebody else's in the briefs of two people and of what they share."""
    for who, other in (PEOPLE, PEOPLE[::-1]):
        handle = Handle("account_no", f"{who}-{number}")
        brief = canonical_json(views.brief(handle, as_of=END, known_at=known_at))
        for theirs in (f"{other}-mark", f'"{other}-{number}"'):
            assert theirs.encode() not in brief, (handle, known_at)
    shared = Handle("phone", f"+1717{2_000_000 + number}")
    brief = canonical_json(views.brief(shared, as_of=END, known_at=known_at))
    assert not all(f"{who}-mark".encode() in brief for who in PEOPLE)
