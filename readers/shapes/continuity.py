"""The JSON of how well the company remembers: figures and what they count, the same everywhere."""

from __future__ import annotations

from datetime import date
from typing import Any

from projections.continuity.figures import Figures, FiguresPage, Period
from projections.continuity.items import Item, ItemsPage

Json = dict[str, Any]

DECIMALS = 3
"""Waits are whole seconds, and a rate to a tenth of a percent is as exact as anybody compares."""


def figures_json(period: Period, page: FiguresPage) -> Json:
    """Return figures by day and in total; `next` is the cursor of the page that follows, or null.

    `from` and `to` are null where the period is open.
    """
    return {
        "position": page.position,
        "as_of": period.as_of,
        "timezone": period.zone,
        "from": None if period.since == date.min else period.since,
        "to": None if period.until == date.max else period.until,
        "total": _figures(page.total),
        "days": [{"day": day, **_figures(of_day)} for day, of_day in page.days],
        "next": page.next,
    }


def items_json(figure: str, page: ItemsPage) -> Json:
    """Return what a figure counts; `next` is the cursor of the page that follows, or null."""
    return {
        "position": page.position,
        "figure": figure,
        "items": [_item(item) for item in page.items],
        "next": page.next,
    }


def _figures(figures: Figures) -> Json:
    ratios = {
        "first_contact_resolution_rate": figures.first_contact_resolution_rate,
        "wait_s_median": figures.wait_s_median,
        "wait_s_p90": figures.wait_s_p90,
    }
    exact = {name: None if r is None else round(r, DECIMALS) for name, r in ratios.items()}
    return {**figures._asdict(), **exact}


def _item(item: Item) -> Json:
    told = {
        "contact_id": item.contact_id,
        "promise_id": item.promise_id,
        "wait_s": item.value,
        "field": item.field,
    }
    return {
        "at": item.at,
        "customer_id": item.customer_id,
        **{name: value for name, value in told.items() if value is not None},
        "evidence": [event._asdict() for event in item.evidence],
    }
