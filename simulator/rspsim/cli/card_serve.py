"""`rsplab card serve`: one card in one slot or behind a modem, until a signal ends it.

The card answers in the main thread. On a signal, or at the end of standard input if that is asked
for, the command under way finishes; then the program takes the card out of the reader, closes its
file and ends with 0.
"""

import argparse
import logging
import os
import signal
import sys
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from rspcore.errors import ConfigError, LocalError
from rspsim.card_claims import CLAIMS
from rspsim.card_presets import USUAL, preset_named
from rspsim.card_setup import CardRequest, decided, kept_state
from rspsim.env import Rng, SeededRng
from rspsim.euicc.card import Euicc, import_handlers
from rspsim.euicc.state import CardState
from rspsim.euicc.store import Store
from rspsim.faults.registry import HOSTILE_PREFIX, hostile_card
from rspsim.stores.memory import MemoryStore
from rspsim.system import SystemRng
from rspsim.transports.slow_card import slowed
from rspsim.transports.trace_observer import TraceObserver
from rspsim.transports.vpcd import DEFAULT_PORT, Card, Observer, VpcdCard

if TYPE_CHECKING:
    from rspsim.transports.modem.modem_port import ModemPort

__all__ = ["serve"]

_FURTHER = range(3, 17)
"""Slots beyond the usual two for which a pcscd that has to be started gets further readers."""
_LOCAL = {"127.0.0.1", "localhost", "::1"}


def serve(options: argparse.Namespace) -> int:
    """Keeps a card in a reader until a signal comes; returns 0.

    Raises:
        ConfigError: no reader is available, its slot is taken, or the card cannot be made.
        StoreError: the state file cannot be used.
        LocalError: a preset, a variation, an option or a fault is unknown.
    """
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="rsplab: %(message)s")
    request = CardRequest(
        pki=options.pki,
        eid=options.eid,
        personality=options.personality,
        options=tuple(options.option),
        memory=options.memory,
        rat=options.rat,
        default_dp=options.default_dp,
        root_ds=options.root_ds,
        more_root_ds=tuple(options.more_root_ds),
        claims={
            name: words if isinstance(words, str) else " ".join(words)
            for name in CLAIMS
            if (words := getattr(options, f"claims_{name}", None)) is not None
        },
        profiles=tuple(options.profile),
        enabled=options.enabled,
    )
    kind = preset_named(options.preset or USUAL).varied(options.variation)
    request = request.with_preset(kind)
    hostile = [hostile_card(one) for one in options.fault if one.startswith(HOSTILE_PREFIX)]
    named = {one.name for one in hostile}
    decisions = decided(kind, [one for one in options.fault if one not in named])
    for one in hostile:
        decisions = one.change(decisions)
    with ExitStack() as stack:
        store: Store = MemoryStore()
        if options.state is not None:
            from rspsim.stores.sqlite import SqliteStore  # noqa: PLC0415  only where there is a file

            store = stack.enter_context(SqliteStore(options.state))
        state = kept_state(store, request)
        rng: Rng = SystemRng() if options.seed is None else SeededRng(options.seed.encode())
        card: Card = Euicc(state, store, rng, decisions)
        for one in hostile:
            card = one.around(card)
        card = slowed(card, kind.delays_ms)
        log = None
        if options.log is not None:
            log = TraceObserver(_log_file(options.log, stack))
        link = (_in_reader if options.at is None else _behind_modem)(
            card, state, log, options, stack
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            before = signal.signal(number, lambda *_: link.stop())
            stack.callback(signal.signal, number, before)
        stack.callback(link.close)
        if options.until_eof:
            threading.Thread(target=_end_with_input, daemon=True).start()
        link.serve()
    return 0


def _in_reader(
    card: Card,
    state: CardState,
    log: Observer | None,
    options: argparse.Namespace,
    stack: ExitStack,
) -> VpcdCard:
    """Returns the card as it will be served in a slot of a virtual reader.

    Raises:
        LocalError: a habit of a modem is named.
        ConfigError: no reader is available, or its slot is taken.
    """
    if options.habit:
        raise LocalError("--habit is for a modem: name it with --at")
    if options.host in _LOCAL and not options.wait:
        from rspsim.transports.shared_daemon import shared_pcscd  # noqa: PLC0415  not for --wait

        further = options.port - DEFAULT_PORT + 1
        stack.enter_context(shared_pcscd(slots=further if further in _FURTHER else 2))
        _require_free(options.port)
    observer: Observer = _Announcer(state, options.port)
    if log is not None:
        observer = _Both(observer, log)
    link = VpcdCard(card, options.host, options.port, observer=observer)
    link.spare = import_handlers
    return link


def _behind_modem(
    card: Card,
    state: CardState,
    log: Observer | None,
    options: argparse.Namespace,
    stack: ExitStack,
) -> "ModemPort":
    """Returns the card behind a modem, whose device is printed.

    Raises:
        LocalError: a habit is not known.
        ConfigError: the link to the device cannot be made.
    """
    from rspsim.transports.modem.at_modem import AtModem, habits_named  # noqa: PLC0415  few have one
    from rspsim.transports.modem.modem_port import ModemPort  # noqa: PLC0415  likewise
    from rspsim.transports.modem.observed_card import ObservedCard  # noqa: PLC0415  likewise

    del stack
    habits = habits_named(options.habit)
    if log is not None:
        card = ObservedCard(card, log)
    port = ModemPort(AtModem(card, habits), Path(options.at) if options.at else None)
    device = options.at or port.device
    name = f"{state.eid} ({state.personality.name})"
    print(f"card {name} is behind the modem at {device}", flush=True)
    return port


def _end_with_input() -> None:
    """Waits for the end of standard input, then asks this process to end."""
    while os.read(0, 1 << 16):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _require_free(port: int) -> None:
    from rspsim.transports.tcp_ports import port_use  # noqa: PLC0415  not for --wait

    use = port_use(port)
    if use.taken:
        whose = f" (process {', '.join(map(str, use.processes))})" if use.processes else ""
        raise ConfigError(
            f"port {port}: another card is in this slot{whose}; stop it, or use another --port"
        )
    if not use.listener:
        raise ConfigError(
            f"port {port}: no virtual reader listens there; `rsplab doctor` lists the ports"
        )


def _log_file(name: str, stack: ExitStack) -> TextIO:
    if name == "-":
        return sys.stdout
    try:
        return stack.enter_context(Path(name).open("w", encoding="ascii"))
    except OSError as error:
        raise ConfigError(f"--log {name}: {error.strerror}") from error


class _Announcer:
    """Prints each insertion on standard output, so that scripts can wait for it."""

    def __init__(self, state: CardState, port: int) -> None:
        self._line = f"card {state.eid} ({state.personality.name}) is in the reader at port {port}"

    def inserted(self, atr: bytes) -> None:
        """Prints that the card is in the reader."""
        del atr
        print(self._line, flush=True)

    def reset(self, atr: bytes) -> None:
        """Does nothing."""

    def exchanged(self, command: bytes, response: bytes, elapsed_s: float) -> None:
        """Does nothing."""


class _Both:
    """Passes each event on to two observers."""

    def __init__(self, first: Observer, second: Observer) -> None:
        self._observers = (first, second)

    def inserted(self, atr: bytes) -> None:
        """Passes the event on to both."""
        for one in self._observers:
            one.inserted(atr)

    def reset(self, atr: bytes) -> None:
        """Passes the event on to both."""
        for one in self._observers:
            one.reset(atr)

    def exchanged(self, command: bytes, response: bytes, elapsed_s: float) -> None:
        """Passes the event on to both."""
        for one in self._observers:
            one.exchanged(command, response, elapsed_s)
