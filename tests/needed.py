"""What a test needs from its machine: missing, it fails where all must be there, and skips else."""

import os

import pytest


def need(found: object, what: str) -> None:
    """Go on if `found` is true; else fail in CI and skip, saying what is missing, elsewhere."""
    if found:
        return
    if os.environ.get("CI"):
        pytest.fail(f"missing in CI: {what}")
    pytest.skip(f"missing: {what}")
