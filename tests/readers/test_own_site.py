"""Only this server's own names are answered, and no page of another site changes anything."""

from itertools import product

from pydantic import SecretStr

from cli.server import application
from cli.settings import Settings
from cli.wiring import installation
from readers.problems import MEDIA_TYPE
from tests.over_http import get
from tests.readers.desk import STRUCTURED, Desk
from tests.readers.served import served

REBOUND = "rebound.example"
PATHS = (
    "/v1/brief?identifier=order:O-1",
    "/v1/stream",
    "/desk",
    "/healthz",
    "/metrics",
    "/nowhere",
)


def test_a_name_that_is_not_ours_is_misdirected(desk: Desk) -> None:
    """A name that was made to lead to this machine opens nothing, and is not repeated."""
    for path in PATHS:
        answer = desk.send("GET", path, headers={"host": f"{REBOUND}:8080"})
        assert (answer.status_code, answer.headers["content-type"]) == (421, MEDIA_TYPE)
        assert answer.json()["type"] == "urn:toldonce:problem:misdirected"
        assert REBOUND not in answer.text


def test_loopback_and_the_address_that_was_reached_are_ours(desk: Desk) -> None:
    """With any port, for a tunnel may have another; anything like them is not ours."""
    with served(desk.app) as url:
        for name in ("127.0.0.1", "localhost:8080", "LOCALHOST", "[::1]:99"):
            assert asked_by_name(url, name) == 200, name
        for name in (
            "",
            "localhost.example",
            "desk.localhost",
            "127.0.0.1.example",
            "10.0.0.1",
            "[::1",
            "::1",
            "a b",
        ):
            assert asked_by_name(url, name) == 421, name


def asked_by_name(url: str, name: str) -> int:
    """Return the status of an answer to whoever calls the server by a name."""
    return get(f"{url}/healthz", headers={"host": name}).status_code


def test_two_names_at_once_are_none(desk: Desk) -> None:
    """Which of them another program would believe cannot be known."""
    twice = [("host", "localhost"), ("host", REBOUND)]
    assert desk.send("GET", "/healthz", headers=twice).status_code == 421


def test_further_names_are_a_setting(desk: Desk) -> None:
    """Those by which a proxy or other machines call this server."""
    names = f"{REBOUND},10.0.0.1"
    settings = Settings(
        database_url=SecretStr(desk.parts.database_url),
        home=desk.parts.settings.home,
        http_names=names,
    )
    with installation(settings) as parts, served(application(parts)) as url:
        for name in (REBOUND, f"{REBOUND.upper()}:443", "10.0.0.1:80", "localhost"):
            assert asked_by_name(url, name) == 200, name
        assert asked_by_name(url, "10.0.0.2") == 421


FOREIGN = [
    {"origin": "http://other.example"},
    {"origin": "null"},
    {"origin": "http://[", "sec-fetch-site": "same-origin"},
    {"origin": "http://desk:81"},
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"origin": "http://desk", "sec-fetch-site": "cross-site"},
]
CHANGING = ("/v1/events", "/v1/identity/link", "/desk/confirm", "/nowhere")


def test_a_page_of_another_site_changes_nothing(desk: Desk) -> None:
    """Whatever it makes a browser send is refused before it is read."""
    for path, headers in product(CHANGING, FOREIGN):
        answer = desk.send("POST", path, content=b"{}", headers={**STRUCTURED, **headers})
        assert (answer.status_code, answer.headers["content-type"]) == (403, MEDIA_TYPE)
        assert answer.json()["type"] == "urn:toldonce:problem:foreign"


def test_programs_and_our_own_pages_are_read(desk: Desk) -> None:
    """A program says nothing of where it comes from; links from elsewhere may still lead here."""
    own = {"origin": "http://desk", "sec-fetch-site": "same-origin"}
    for headers in ({}, own):
        answer = desk.send("POST", "/v1/events", content=b"{}", headers={**STRUCTURED, **headers})
        assert answer.status_code == 422
    led = desk.send("GET", "/desk", headers={"sec-fetch-site": "cross-site"})
    assert led.status_code == 200
