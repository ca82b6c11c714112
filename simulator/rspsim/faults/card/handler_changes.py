"""Changes of one entry of a table of handlers: another handler for a command or element.

`instead(Ins.READ_BINARY, wrap)` passes the handler of one instruction to `wrap` and puts the
handler that `wrap` returns in its place; the other entries stay. The wraps here are those that
several faults use.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from rspcore.apdu import CommandApdu, Ins, ResponseApdu
from rspcore.errors import LocalError
from rspsim.euicc.decisions import Decision, Decisions
from rspsim.euicc.outcome import Outcome, View
from rspsim.euicc.uicc.commands.table import COMMANDS, Handler
from rspsim.faults.card.card_fault import Change

__all__ = [
    "Wrap",
    "answering",
    "entry_instead",
    "instead",
    "nothing_kept",
    "refusing_as",
    "seeing",
]

K = TypeVar("K")
H = TypeVar("H")

Wrap = Callable[[Handler], Handler]


def instead(instruction: Ins, wrap: Wrap) -> Change:
    """Returns a change of the handler of one file command.

    Raises:
        LocalError: the card has no such command.
    """
    if all(known != instruction for known, _ in COMMANDS.standard):
        raise LocalError(f"{COMMANDS.name}: no command {instruction!r}")
    return lambda decisions: decisions.having(
        COMMANDS,
        tuple(
            (known, wrap(handler) if known == instruction else handler)
            for known, handler in decisions[COMMANDS]
        ),
    )


def entry_instead(table: Decision[Mapping[K, H]], key: K, wrap: Callable[[H], H]) -> Change:
    """Returns a change of one entry of a table of handlers.

    Raises:
        LocalError: the table has no such entry.
    """
    if key not in table.standard:
        raise LocalError(f"{table.name}: no entry {key!r}")

    def change(decisions: Decisions) -> Decisions:
        entries: Mapping[K, H] = decisions[table]
        return decisions.having(table, {**entries, key: wrap(entries[key])})

    return change


def nothing_kept(handler: Handler) -> Handler:
    """Answers as the handler does, and leaves the state unchanged."""

    def run(command: CommandApdu, view: View) -> Outcome:
        return replace(handler(command, view), state=view.state)

    return run


def answering(change: Callable[[bytes], bytes]) -> Wrap:
    """Returns a wrap that changes response data; answers without data stay."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            outcome = handler(command, view)
            response = outcome.response
            if not response.data:
                return outcome
            changed = ResponseApdu(change(response.data), response.sw)
            return replace(outcome, response=changed)

        return run

    return wrap


def refusing_as(instead_of: int, word: int) -> Wrap:
    """Returns a wrap that answers `word` in place of one status word."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            outcome = handler(command, view)
            if outcome.response.sw != instead_of:
                return outcome
            return replace(outcome, response=ResponseApdu(outcome.response.data, word))

        return run

    return wrap


def seeing(change: Callable[[CommandApdu], CommandApdu]) -> Wrap:
    """Returns a wrap that changes the command before it is carried out."""

    def wrap(handler: Handler) -> Handler:
        def run(command: CommandApdu, view: View) -> Outcome:
            return handler(change(command), view)

        return run

    return wrap
