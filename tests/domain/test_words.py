"""How times, spans and values read."""

import pytest

from domain.sentences.words import plain, spaced, span, when, when_about

AS_OF = "2026-03-05T15:00:00Z"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (3_661, "1 h 1 min"),
        (86_400, "1 day"),
        (190_800, "2 days 5 h"),
        (190_859, "2 days 5 h"),
    ],
)
def test_a_span_is_said_by_its_two_largest_units(seconds: int, said: str) -> None:
    """As exact as anybody says it."""
    assert span(seconds) == said


@pytest.mark.parametrize(
    ("moment", "said", "about"),
    [
        ("2026-03-05T10:00:00Z", "today 10:00", "today 10:00"),
        ("2026-03-04T23:59:59Z", "yesterday 23:59:59", "yesterday 23:59:59"),
        ("2026-03-06T00:00:00Z", "tomorrow 00:00", "tomorrow 00:00"),
        ("2026-03-03T10:00:00Z", "3 Mar 10:00", "3 Mar"),
        ("2025-12-31T10:00:00Z", "31 Dec 2025 10:00", "31 Dec 2025"),
    ],
)
def test_a_time_is_said_from_where_one_stands(moment: str, said: str, about: str) -> None:
    """Neighbouring days by name, others by date, other years with the year."""
    assert when(moment, AS_OF) == said
    assert when_about(moment, AS_OF) == about


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("no line", "no line"),
        (True, "yes"),
        (7.5, "7.5"),
        (["nuts", "milk"], "nuts, milk"),
        ("\x1b[2Jgone\n", "\ufffd[2Jgone\ufffd"),
        ("abc\u202ecba", "abc\ufffdcba"),
    ],
)
def test_a_value_is_text_that_cannot_move_the_cursor(value: object, text: str) -> None:
    """Whatever a publisher sent, the terminal only shows it."""
    assert plain(value) == text


def test_names_are_words() -> None:
    """Nobody says snake case."""
    assert spaced("service_address") == "service address"
