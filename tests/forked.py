"""Processes of tests that begin in milliseconds, forked by one that has imported what they need.

A process of pytest has one such server, whoever asks it first: so all that is wanted stands here.
"""

from multiprocessing import get_context

FORKED = get_context("forkserver")
FORKED.set_forkserver_preload(
    [
        *("cli.main", "cli.commands.consuming", "cli.consuming", "cli.logs"),
        *("tests.audit.struck", "tests.decisions.racer", "tests.decisions.waiter"),
        *("tests.eventlog.writer", "tests.projections.rebuild.points", "tests.system.points"),
    ]
)
