"""What exit codes mean: the same for every command, so that scripts can rest on them."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended."""

    OK = 0
    INCOMPLETE = 1
    USAGE = 2
    INFRASTRUCTURE = 3
    DAMAGED = 4
    REFUSED = 5
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.INCOMPLETE: "nothing was found, or not every event was stored",
    ExitCode.USAGE: "the command line, a setting or a file given is not right",
    ExitCode.INFRASTRUCTURE: "the database, its keyring, brokers or the projections cannot be used",
    ExitCode.DAMAGED: "the log is damaged, or a proof or signature does not hold",
    ExitCode.REFUSED: "a decision was refused: it was made before, or there is nothing to decide",
    ExitCode.BUG: "a fault of toldonce itself; TOLDONCE_DEBUG=1 shows where",
    ExitCode.INTERRUPTED: "stopped by Ctrl-C",
    ExitCode.TERMINATED: "stopped by a signal to terminate",
}
