"""The geometry of small charts."""

from datetime import date

from readers.pages.charts import BAR_HEIGHT_MIN, HEIGHT, WIDTH, chart, days_of

DAYS = days_of(date(2026, 3, 1), date(2026, 3, 10))


def test_every_day_has_its_place() -> None:
    """Days without a value leave theirs empty."""
    drawn = chart({DAYS[0]: (1,), DAYS[9]: (2,)}, DAYS)
    assert [bar.x for bar in drawn.bars] == [0, WIDTH * 0.9]
    assert all(bar.x + bar.width <= WIDTH for bar in drawn.bars)


def test_heights_are_in_proportion_to_the_highest_day() -> None:
    """What is stacked stands on each other and reaches the top together."""
    drawn = chart({DAYS[0]: (1, 3), DAYS[1]: (2, 0)}, DAYS)
    assert drawn.top == 4
    assert [(bar.y, bar.height) for bar in drawn.bars] == [(54, 18), (0, 54), (36, 36)]
    assert all(bar.y + bar.height <= HEIGHT for bar in drawn.bars)


def test_what_happened_once_is_seen_beside_a_thousand() -> None:
    """A bar is never too low to be seen, nor drawn for nothing."""
    drawn = chart({DAYS[0]: (1_000,), DAYS[1]: (1,), DAYS[2]: (None,), DAYS[3]: (0,)}, DAYS)
    assert [bar.height for bar in drawn.bars] == [HEIGHT, BAR_HEIGHT_MIN]


def test_nothing_is_drawn_of_nothing() -> None:
    """A period without figures is an empty drawing."""
    assert chart({}, DAYS).bars == ()
