"""What every page is sent with, and what it says when something is wrong."""

import re

import httpx
import pytest

from tests.pages.sites import Site

PAGES = ["/desk", "/promises", "/continuity", "/review", "/quarantine", "/projections", "/audit"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing_of_its_own(
    desk: Site, path: str
) -> None:
    """Every address is one of ours, and neither script nor style stands in the page."""
    answer = desk.get(path)
    assert answer.status_code == httpx.codes.OK
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"
    addresses = re.findall(r'(?:src|href|action)="([^"]*)"', answer.text)
    assert all(address.startswith(("/", "#")) for address in addresses), addresses
    assert not re.search(r"<style|style=|<script(?![^>]* src=)| on\w+=", answer.text)
    for file in set(re.findall(r'"(/static/[^"]*)"', answer.text)):
        found = desk.get(file)
        assert found.status_code == httpx.codes.OK
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "http" not in found.text.replace("http://www.w3.org/2000/svg", "")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/customers/00000000-0000-0000-0000-000000000001", 404, "There is no such customer"),
        ("/customers/canary", 422, "A part of the request is not valid"),
        ("/desk?identifier=canary", 422, "The parameter identifier"),
        ("/promises?state=canary", 422, "The parameter state must be one of"),
        ("/promises?after=canary", 422, "A part of the request is not valid"),
        ("/promises?as_of=canary", 422, "The parameter as_of must be a time"),
        ("/continuity?from=canary", 422, "The parameter from must be a day"),
        ("/continuity?timezone=canary", 422, "The parameter timezone"),
        ("/continuity/canary", 422, "A part of the request is not valid"),
        ("/quarantine?after=canary", 422, "A part of the request is not valid"),
        ("/review?reason=canary", 422, "The parameter reason"),
        ("/desk?wait_for=900000000", 409, "The log is not known that far yet"),
        ("/desk?q=%00", 422, "The parameter q must be printable text"),
    ],
)
def test_what_is_wrong_is_said_on_a_page(desk: Site, path: str, status: int, said: str) -> None:
    """With its status, and without what was asked."""
    answer = desk.get(path)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    assert said in answer.text
    assert "canary" not in answer.text


def test_the_root_leads_to_the_desk(desk: Site) -> None:
    """Whoever types the address alone is not lost."""
    answer = desk.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk")


def test_pages_are_no_part_of_the_interface(desk: Site) -> None:
    """OpenAPI describes what programs ask for."""
    paths = desk.get("/openapi.json").json()["paths"]
    assert paths and not set(paths) & {*PAGES, "/", "/customers/{customer_id}", "/desk/confirm"}
