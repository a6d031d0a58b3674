"""The stories that `toldonce demo` tells: what is imported, whom to look up, and when."""

import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "examples" / "stories"
TITLES = "stories.toml"


class StoriesMissing(Exception):
    """The stories of the demo are not where the repository has them."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"there are no stories in {folder}: run the demo from the repository")


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment worth a look, and what is to be seen in the brief then."""

    as_of: datetime
    sentence: str


@dataclass(frozen=True, slots=True)
class Story:
    """One story: its events in a file, and the identifier of the customer it happened to."""

    title: str
    sentence: str
    file: Path
    identifier: str
    moments: tuple[Moment, ...]


def stories(folder: Path = FOLDER) -> list[Story]:
    """Return the stories in the order in which they are told.

    Raises:
        StoriesMissing: this is an installation without the repository.
    """
    try:
        told = tomllib.loads((folder / TITLES).read_text("utf-8"))["story"]
    except FileNotFoundError:
        raise StoriesMissing(folder) from None
    return [_story(folder, story) for story in told]


def _story(folder: Path, told: dict[str, Any]) -> Story:
    moments = tuple(Moment(brief["as_of"], brief["sentence"]) for brief in told["brief"])
    file = folder / told["file"]
    return Story(told["title"], told["sentence"], file, told["identifier"], moments)
