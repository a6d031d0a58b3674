"""Answers as JSON: one line of UTF-8 on standard output, whatever the terminal speaks."""

import sys
from typing import Any

from pydantic_core import to_json


def print_json(value: Any, *, indent: int | None = None) -> None:
    """Print a value as JSON."""
    print_bytes(to_json(value, indent=indent))


def print_bytes(line: bytes) -> None:
    """Print bytes and end the line."""
    write_bytes(line + b"\n")


def write_bytes(raw: bytes) -> None:
    """Write exactly these bytes."""
    sys.stdout.flush()
    sys.stdout.buffer.write(raw)
    sys.stdout.buffer.flush()
