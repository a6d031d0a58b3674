"""The pictures in docs/screenshots, taken of the stories of the demo as a person would see them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser

from cli.embedded import embedded_postgres
from tests.browsers import chromium
from tests.databases import FAST, Databases
from tests.pages.sites import Site, site
from tests.pages.windows import NARROW, WIDE, opened

FOLDER = Path(__file__).parents[1] / "docs" / "screenshots"
MORE = """
2026-03-01 registration.completed account_no:FAM-1001 phone:+12025550177 facts={name: "A. Baker"}
2026-03-02 registration.completed account_no:FAM-2002 phone:+12025550177 facts={name: "B. Baker"}
2026-03-03T10:00 contact.started fam1 phone:+12025550177
2026-03-04 order.placed O-77 account_no:FAM-1001 account_no:FAM-2002
"""
REFUSED = (
    '{"specversion": "1.0", "id": "1", "source": "/old-crm", "type": "toldonce.order.placed.v1"}',
    '{"specversion": "1.0", "id": "2", "time": "yesterday"',
)
NINE_CALLS = "phone:%2B17175550142&as_of=2009-12-01T13:00:00Z"
GIFT = "customer_id:CU-2210&as_of=2026-05-23T08:00:00Z"


class Shot(NamedTuple):
    """One picture."""

    name: str
    path: str
    width: int = WIDE
    scheme: str = "light"


SHOTS = (
    Shot("desk", "/desk"),
    Shot("desk-search", "/desk?q=customer"),
    Shot("desk-360", "/desk", NARROW),
    Shot("customer", f"/desk?identifier={NINE_CALLS}"),
    Shot("customer-dark", f"/desk?identifier={NINE_CALLS}", scheme="dark"),
    Shot("customer-360", f"/desk?identifier={NINE_CALLS}", NARROW),
    Shot("conflict", f"/desk?identifier={GIFT}"),
    Shot("call", "/desk?identifier=phone:%2B12025550177"),
    Shot("promises", "/promises?as_of=2026-03-05T15:00:00Z"),
    Shot("continuity", "/continuity?from=2009-11-15&to=2009-12-12"),
    Shot("review", "/review"),
    Shot("quarantine", "/quarantine"),
    Shot("projections", "/projections"),
    Shot("audit", "/audit"),
    Shot("replay", "/audit/replay?identifier=phone:%2B17175550142&step=20"),
)


def take_all() -> None:
    """Take every picture, of a site that is made for it."""
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="toldonce-shots-") as folder,
        embedded_postgres(Path(folder), settings=FAST) as server,
    ):
        databases = Databases(server.url("postgres"), folder=Path(folder))
        databases.ensure_template()
        with (
            databases.migrated() as url,
            site(url, Path(folder)) as shown,
            chromium() as browser,
        ):
            shown.tell(MORE)
            shown.import_lines(Path(folder) / "old-crm.ndjson", *REFUSED)
            shown.settled()
            for shot in SHOTS:
                _take(browser, shown, shot=shot)


def _take(browser: Browser, shown: Site, *, shot: Shot) -> None:
    with opened(browser, shown.url, width=shot.width, color_scheme=shot.scheme) as page:
        page.goto(shot.path)
        page.get_by_role("button", name="Keys").wait_for()
        page.screenshot(path=FOLDER / f"{shot.name}.png")


if __name__ == "__main__":
    take_all()
