"""Commands run in this process, which is quicker where the process itself is not the point."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cli.main import main
from tests.cli.running import Done

Here = Callable[..., Done]


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Iterator[Here]:
    """Give what runs a command here: `here("brief", …, TOLDONCE_HOME=…)`."""
    for name in [name for name in os.environ if name.startswith("TOLDONCE_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TOLDONCE_HOME", str(tmp_path))
    before = signal.getsignal(signal.SIGTERM)

    def run(*arguments: object, **environment: str) -> Done:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Done(int(ended.value.code or 0), captured.out, captured.err)

    yield run
    signal.signal(signal.SIGTERM, before)
