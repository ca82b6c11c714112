"""What the commands that serve have in common: a line for each exchange, and their end."""

import signal
import threading
from contextlib import ExitStack
from typing import Final

from rspcore.printable_text import printable
from rspsim.smdpp.history import Exchange

__all__ = ["exchange_line", "wait_for_signal"]

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
