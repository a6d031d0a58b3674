"""`toldonce demo`: five stories told by themselves, as often as anybody likes."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from signal import SIGINT

import psycopg2
import pytest

from cli.embedded import embedded_postgres
from cli.stories import FOLDER, StoriesMissing, stories
from tests.cli.running import Done, run
from tests.cli.test_serve import serving, stopped
from tests.over_http import get

EVENTS = sum(len(file.read_bytes().splitlines()) for file in FOLDER.glob("*.ndjson"))


@pytest.fixture(scope="module")
def told() -> Iterator[tuple[Path, Done]]:
    """Run the demo once for all tests, in a home that keeps its server."""
    with tempfile.TemporaryDirectory(prefix="toldonce-home-") as folder:
        home = Path(folder)
        with embedded_postgres(home / "demo"):
            yield home, run(home, "demo", "--no-serve")


def test_every_story_is_told_with_its_briefs(told: tuple[Path, Done]) -> None:
    """Title, what happened, and each moment with what to see and the brief of it."""
    done = told[1]
    assert (done.code, done.err) == (0, "")
    words = " ".join(done.out.split())
    for story in stories():
        assert story.title in words
        assert story.sentence in words
        assert all(moment.sentence in words for moment in story.moments)
    moments = sum(len(story.moments) for story in stories())
    assert done.out.count("events considered") == moments
    assert "✖ critical  Told 9 times and still open" in done.out
    assert max(map(len, done.out.splitlines())) <= 100
    assert f"5 stories: {EVENTS} stored" in done.out.splitlines()[-1]


def test_told_again_it_finds_only_duplicates(told: tuple[Path, Done]) -> None:
    """It has a home of its own below yours, and the same words come out."""
    home, first = told
    again = run(home, "demo", "--no-serve")
    assert f"5 stories: {EVENTS} duplicate" in again.out.splitlines()[-1]
    assert again.out.splitlines()[:-1] == first.out.splitlines()[:-1]
    assert not (home / "keyring.json").exists()
    assert (home / "demo/keyring.json").exists()


def test_views_of_another_version_are_made_anew(told: tuple[Path, Done]) -> None:
    """Whoever runs the demo again after an upgrade is told the same."""
    home, first = told
    with (
        embedded_postgres(home / "demo") as server,
        closing(psycopg2.connect(server.url())) as connection,
        connection,
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE views.view_versions SET sha256 = sha256('another version')")
    again = run(home, "demo", "--no-serve")
    assert (again.code, again.err) == (0, "")
    assert again.out.splitlines()[:-1] == first.out.splitlines()[:-1]


def test_it_leaves_a_database_of_your_own_alone(told: tuple[Path, Done]) -> None:
    """What the settings name for serious use is not what a demo writes to."""
    nowhere = "postgresql://postgres@127.0.0.1:1/nowhere"
    elsewhere = told[0] / "demo"
    done = run(told[0], "demo", "--no-serve", "--home", elsewhere, TOLDONCE_DATABASE_URL=nowhere)
    assert done.code == 0, done.err


def test_it_serves_what_it_told_until_it_is_stopped(told: tuple[Path, Done]) -> None:
    """The addresses to try are printed, and they answer."""
    with serving(told[0], "demo") as (process, url):
        assert process.stdout
        lines = iter(process.stdout.readline, "")
        tried = next(line for line in lines if "/v1/brief?" in line).strip()
        assert tried.startswith(url)
        assert get(tried).json()["metrics"]["contacts_5d"] == 9
        done = stopped(process, SIGINT)
    assert done.code == 0


def test_without_the_repository_it_says_what_is_missing(tmp_path: Path) -> None:
    """The stories are not packaged with the command."""
    with pytest.raises(StoriesMissing, match="run the demo from the repository"):
        stories(tmp_path)
