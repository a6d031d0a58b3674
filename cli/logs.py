"""What our processes tell on standard error: one line an occurrence, nothing that anybody said."""

import logging


def log_to_stderr(level: str) -> None:
    """Tell on standard error what happens at this level and above."""
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
    # What it tells of its starting and stopping, the command itself says better.
    logging.getLogger("uvicorn").setLevel(logging.WARNING)
    # What it tells at other levels repeats keys and values of records.
    logging.getLogger("kafka").setLevel(logging.ERROR)
