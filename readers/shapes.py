"""The JSON of what is not a brief: timelines, search results, figures; the same everywhere."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from projections.continuity_figures import Figures, FiguresPage, Period
from projections.continuity_items import Item, ItemsPage
from projections.queries import Hits
from projections.search import Hit
from projections.timeline_pages import TimelinePage, TimelineRow

Json = dict[str, Any]

DECIMALS = 3
"""Waits are whole seconds, and a rate to a tenth of a percent is as exact as anybody compares."""


def hits_json(hits: Hits) -> Json:
    """Return what a search found, with its position."""
    return {"position": hits.position, "hits": [_hit(hit) for hit in hits.hits]}


def timeline_json(customer_id: UUID | None, page: TimelinePage) -> Json:
    """Return a page of a timeline; `next` is the cursor of the page that follows, or null."""
    return {
        "customer_id": customer_id,
        "position": page.position,
        "events": [_event(row) for row in page.rows],
        "next": page.next,
    }


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
    told = {"wait_s": item.value, "field": item.field}
    return {
        "at": item.at,
        "customer_id": item.customer_id,
        "contact_id": item.contact_id,
        **{name: value for name, value in told.items() if value is not None},
        "evidence": [event._asdict() for event in item.evidence],
    }


def _hit(hit: Hit) -> Json:
    by = None
    if hit.by is not None:
        issuer = hit.by.issuer or None
        by = {"type": hit.by.type, "value": hit.by.value, "issuer": issuer}
    return {"customer_id": hit.customer_id, "name": hit.name, "by": by}


def _event(row: TimelineRow) -> Json:
    return {name: value for name, value in row._asdict().items() if value is not None}
