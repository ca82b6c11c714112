"""What the commands that serve have in common: file of the state, a line for each exchange, end."""

import argparse
import gc
import os
import signal
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspcore.printable_text import printable
from rspsim.smdpp.history import Exchange

__all__ = ["exchange_line", "keep_from_collector", "state_file", "wait_for_signal"]

_LONGEST_PATH: Final = 100


def exchange_line(exchange: Exchange) -> str:
    """Returns what is printed of an exchange."""
    at = exchange.at.astimezone().strftime("%H:%M:%S")
    path = printable(exchange.request.path, _LONGEST_PATH)
    what = exchange.function or f"{exchange.request.method} {path}".strip() or "-"
    session = exchange.transaction_id[:8] or "-"
    left_out = exchange.response_left_out
    sent = len(exchange.response.body) if left_out is None else left_out.length
    return f"{at} {what:<23} {session:<8} {exchange.summary} ({sent:,} octets)"


def wait_for_signal(stack: ExitStack) -> None:
    """Returns at SIGTERM or SIGINT, whose handlers are put back when the stack closes."""
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        before = signal.signal(number, lambda *_: stopped.set())
        stack.callback(signal.signal, number, before)
    stopped.wait()


def state_file(options: argparse.Namespace, role: str) -> Path | None:
    """Returns the file of the state, None for memory: by choice, or for a port drawn anew.

    Args:
        options: Options of the command: state, in_memory and port.
        role: What serves, for the name of the usual file.

    Raises:
        ConfigError: the folder of the usual file cannot be made.
    """
    named: Path | None = options.state
    if named is not None or options.in_memory or not options.port:
        return named
    home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state")
    file = home / "rsplab" / f"{role}-{options.port}.db"
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"{file.parent}: {error.strerror}; name a file by --state, or give --in-memory"
        ) from error
    return file


def keep_from_collector() -> None:
    """Takes what there is by now out of the sight of the garbage collector: it stays to the end.

    Otherwise the collector walks over every module again and again while the server answers, which
    is a seventh of the work of a session.
    """
    gc.freeze()
