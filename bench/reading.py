"""How fast the server answers beside live projection, and against a bare endpoint.

Called as `python -m bench.reading [--events N] [--customers N]`: a million events take long to
append and to project first, so `make bench` leaves it out.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles

import psycopg2
from pydantic import SecretStr

from bench.append import taken_into
from bench.events import CUSTOMERS, raw_events
from bench.place import Place, place
from bench.rebuild import rebuilt, tell
from bench.served import as_many_as_possible, at_a_rate, bare, ours, serving
from cli.settings import Settings
from cli.wiring import installation, now
from consumers.intake import Batch, Intake
from consumers.verdicts import Received
from domain.brief import canonical_json
from domain.handles import Handle
from eventlog.keyring import Keyring
from eventlog.log import Log
from projections.queries import Views

EVENTS = 100_000
APPENDED_AT_ONCE = 50_000
ASKED_CUSTOMERS = 2_000
RATE = 50
SECONDS = 10
LIVE_RATE = 100
LIVE_BATCH = 10
CREATE_BARE = "CREATE TABLE public.bare (id integer PRIMARY KEY, body bytea NOT NULL)"
INSERT_BARE = "INSERT INTO public.bare VALUES (%s, %s)"


def main() -> None:
    """Measure, and print one line for each figure."""
    asked = _asked()
    with place() as here, here.database() as url:
        paths = _filled(here, url, events=asked.events, customers=asked.customers)
        with serving(ours, url, home=here.home) as server, _live(here, url, first=asked.events):
            for name, some in paths.items():
                took = asyncio.run(at_a_rate(server.url, some, per_second=RATE, seconds=SECONDS))
                cuts = quantiles(took, n=100)
                _tell(name, p50_ms=cuts[49], p99_ms=cuts[98], requests=len(took))
        rates = {}
        with serving(ours, url, home=here.home) as server:
            for name, some in paths.items():
                rates[name] = asyncio.run(as_many_as_possible(server.url, some, seconds=SECONDS))
        with serving(bare, url) as server:
            some = [f"/{number}" for number in range(ASKED_CUSTOMERS)]
            yardstick = asyncio.run(as_many_as_possible(server.url, some, seconds=SECONDS))
        for name, rate in rates.items():
            _tell(name, per_second=rate, bare_per_second=yardstick, ratio=rate / yardstick)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.reading", description=__doc__)
    parser.add_argument("--events", type=int, default=EVENTS, help=f"default: {EVENTS}")
    parser.add_argument("--customers", type=int, default=CUSTOMERS, help=f"default: {CUSTOMERS}")
    return parser.parse_args()


def _tell(name: str, **figures: float) -> None:
    shown = "  ".join(f"{figure} {value:,.2f}" for figure, value in figures.items())
    print(f"{name:<9} {shown}", flush=True)


def _filled(here: Place, url: str, *, events: int, customers: int) -> dict[str, list[str]]:
    """Fill the log and the views, and return what is asked for, by its name."""
    raws = raw_events(events, customers=customers)
    while some := list(islice(raws, APPENDED_AT_ONCE)):
        taken_into(url, here, raws=some)
    # By two processes, in a fraction of the time that catching up takes; the views are the same.
    tell(rebuilt(url, here.keyring))
    _settle(url, home=here.home)
    chance = random.Random(7)  # noqa: S311 - chance, not secrets
    accounts = [f"{chance.randrange(customers):08d}" for _ in range(ASKED_CUSTOMERS)]
    with closing(Views(url, here.keyring)) as views:
        known = [found for one in accounts if (found := _customer(views, one))]
        bodies = [
            canonical_json(views.brief(Handle("account_no", one), as_of=now())) for one in accounts
        ]
    _fill_bare(url, bodies)
    mean_bytes = sum(map(len, bodies)) // len(bodies)
    print(f"{events:,} events, {customers:,} customers, briefs of {mean_bytes:,} bytes", flush=True)
    return {
        "brief": [f"/v1/brief?identifier=account_no:{account}" for account in accounts],
        "timeline": [f"/v1/customers/{customer}/timeline" for customer in known],
    }


def _settle(url: str, *, home: Path) -> None:
    """Have done what signer and PostgreSQL would come to do to a log filled within minutes."""
    with installation(Settings(database_url=SecretStr(url), home=home)) as parts:
        for _ in parts.signer.sign():
            pass
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
                cursor.execute(statement)


def _customer(views: Views, account: str) -> str | None:
    found = views.look_up(Handle("account_no", account)).customer_id
    return None if found is None else str(found)


def _fill_bare(url: str, bodies: Sequence[bytes]) -> None:
    with closing(psycopg2.connect(url)) as connection, connection, connection.cursor() as cursor:
        cursor.execute(CREATE_BARE)
        cursor.executemany(INSERT_BARE, list(enumerate(bodies)))


@contextmanager
def _live(here: Place, url: str, *, first: int) -> Iterator[None]:
    """Publish a few events a second meanwhile, which the server's projector follows."""
    # Not in this process: whoever asks is to wait for answers and for nothing else.
    worker = get_context("fork").Process(
        target=_publish, args=(url, here.keyring), kwargs={"first": first}
    )
    worker.start()
    try:
        yield
    finally:
        worker.terminate()
        worker.join()


def _publish(url: str, keyring: Keyring, *, first: int) -> None:
    with closing(Log(url, keyring)) as log:
        intake = Intake(log, now)
        fresh = raw_events(10**9, seed=2)
        while True:
            some = [_of_now(raw, first) for raw in islice(fresh, LIVE_BATCH)]
            intake.take(Batch([Received(raw, "bench") for raw in some]))
            time.sleep(LIVE_BATCH / LIVE_RATE)


def _of_now(raw: bytes, first: int) -> bytes:
    """Return an event as one that happens now, and not among those that are there already."""
    event = json.loads(raw)
    happens = {"id": f"live-{first}-{event['id']}", "time": now().isoformat()}
    return json.dumps(event | happens).encode()


if __name__ == "__main__":
    main()
