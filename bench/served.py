"""A server in a process of its own, and a client that costs little: the server is measured."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
import psycopg2
import uvicorn
from fastapi import FastAPI, Response
from pydantic import SecretStr

from cli.companions import Order, companions
from cli.listening import listener, url_of
from cli.server import application, run
from cli.settings import Settings
from cli.wiring import installation

CONNECTIONS = 8
SELECT_BODY = "SELECT body FROM public.bare WHERE id = %s"


class Server(NamedTuple):
    """Where it is reached, and its process."""

    url: str
    process: psutil.Process


@contextmanager
def serving(target: Callable[..., None], url: str, **options: object) -> Iterator[Server]:
    """Run `target(socket, url, **options)` in a process of its own, on a free port."""
    with listener("127.0.0.1", 0) as listens:
        worker = get_context("fork").Process(target=target, args=(listens, url), kwargs=options)
        worker.start()
        try:
            yield Server(url_of(listens), psutil.Process(worker.pid))
        finally:
            worker.terminate()
            worker.join()


def ours(listens: object, url: str, *, home: Path) -> None:
    """Serve the HTTP interface with its projector."""
    settings = Settings(database_url=SecretStr(url), home=home)
    orders = [Order("projector", settings)]
    with installation(settings) as parts, companions(orders) as beside:
        beside.wait_until_at_work()
        run(application(parts), beside, listens=listens)  # type: ignore[arg-type]


def bare(listens: object, url: str) -> None:
    """Serve one endpoint that answers with one column of one row, found by its primary key."""
    app = FastAPI()
    connection = psycopg2.connect(url)
    connection.autocommit = True

    @app.get("/{number}")
    def one(number: int) -> Response:
        with connection.cursor() as cursor:
            cursor.execute(SELECT_BODY, (number,))
            (body,) = cursor.fetchone() or (b"",)
        return Response(bytes(body), media_type="application/json")

    config = uvicorn.Config(app, access_log=False, log_config=None, lifespan="off")
    uvicorn.Server(config).run(sockets=[listens])  # type: ignore[list-item]


class Connection:
    """One connection that is kept; one request at a time."""

    def __init__(self, url: str) -> None:
        self._host, self._port = urlsplit(url).hostname, urlsplit(url).port

    async def open(self) -> None:
        """Connect, for as long as the server takes to start."""
        deadline = time.monotonic() + 60
        while True:
            try:
                streams = await asyncio.open_connection(self._host, self._port)
                self.reader, self._writer = streams
                return
            except OSError:
                if time.monotonic() > deadline:
                    raise
                await asyncio.sleep(0.05)

    async def get(self, path: str) -> int:
        """Ask, read the whole answer, and return how long its body is."""
        await self.ask(path)
        head = await self.reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(head.split(b"\r\n", 1)[0].decode())
        size = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        await self.reader.readexactly(size)
        return size

    async def ask(self, path: str) -> None:
        """Send a request."""
        self._writer.write(f"GET {path} HTTP/1.1\r\nHost: {self._host}\r\n\r\n".encode())
        await self._writer.drain()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def as_many_as_possible(url: str, paths: Sequence[str], *, seconds: float) -> float:
    """Return requests a second over a few connections that never wait."""
    connections = [Connection(url) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(one.open() for one in connections))
    await asyncio.gather(*(one.get(paths[0]) for one in connections))
    begun = time.perf_counter()

    async def ask(one: Connection, first: int) -> int:
        asked = 0
        while time.perf_counter() - begun < seconds:
            await one.get(paths[(first + asked * CONNECTIONS) % len(paths)])
            asked += 1
        return asked

    counts = await asyncio.gather(*(ask(one, first) for first, one in enumerate(connections)))
    taken = time.perf_counter() - begun
    for one in connections:
        one.close()
    return sum(counts) / taken


async def at_a_rate(
    url: str, paths: Sequence[str], *, per_second: float, seconds: float
) -> list[float]:
    """Return how long each request took, in ms, from when it was due, at a steady rate."""
    connections = [Connection(url) for _ in range(CONNECTIONS)]
    await asyncio.gather(*(one.open() for one in connections))
    await asyncio.gather(*(one.get(paths[0]) for one in connections))
    begun = time.perf_counter()
    due = [begun + number / per_second for number in range(int(per_second * seconds))]
    took: list[float] = []

    async def ask(one: Connection, first: int) -> None:
        for number in range(first, len(due), CONNECTIONS):
            await asyncio.sleep(max(0.0, due[number] - time.perf_counter()))
            await one.get(paths[number % len(paths)])
            took.append(1000 * (time.perf_counter() - due[number]))

    await asyncio.gather(*(ask(one, first) for first, one in enumerate(connections)))
    for one in connections:
        one.close()
    return took
