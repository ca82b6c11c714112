"""One simulated card for a whole run: kept in a file, in a process of its own, behind a reader.

The suites reach it the way they reach a card in a reader, and it is treated like one: the same card
for every case, its EID compared before anything else is sent, and no level above `read-only` unless
the command line names it. So what a run does to the card of a user can be seen on one that costs
nothing.

A target file of this kind describes the card that a new state file gets (`used_card`): its kind,
its memory, the Profiles of an operator on it.
"""

import shutil
import subprocess
import sys
import tempfile
import time  # noqa: TID251  the card of a killed run takes real time to end
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspcore.status import StatusWord
from rspharness.record.verdicts import MachineLacksError
from rspharness.simulated.hostile import made_for
from rspharness.simulated.inprocess import declared_by_maker, preset_of
from rspharness.simulated.used_card import used_state
from rspharness.simulated.vpcd import claimed_slot, virtual_slots
from rspharness.targets.pcsc import PcscTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import CardLink, LinkWrapper, PoweredLink
from rspsim.card_setup import CardRequest, kept_state
from rspsim.euicc.state import CardState
from rspsim.stores.file import StoreInUseError
from rspsim.stores.sqlite import SqliteStore
from rspsim.transports.card_presence import put_in
from rspsim.transports.pcsclite import wait_for_reader
from rspsim.transports.readers import Slot

__all__ = ["KeptTarget"]

_FREED_WITHIN_S: Final = 5.0
"""How long the card of a run that was killed may still have its file, in seconds."""

_POLL_S: Final = 0.05

_ROOM: Final = 128 * 1024
"""Octets that have to be free for a change of the state file, and its journal beside it."""

_STOP_S: Final = 10.0
"""How long the card may take to end after SIGTERM, in seconds."""


class KeptTarget:
    """The target `kept`.

    Attributes:
        eid: The EID in the state file.
        settings: The target file, completed by what the maker of the card declares.
    """

    simulated = False

    def __init__(self, options: TargetOptions) -> None:
        """Makes the card if the file is new, and puts it into a virtual reader.

        Raises:
            ConfigError: no state file is named, the card in it is not the one asked for, no
                virtual reader is free, or the process of the card ends at once.
            StoreError: the state file is damaged, or another process uses it.
        """
        if options.state is None:
            raise ConfigError("--target kept: name the file that keeps the card by --state FILE")
        state = _state_in(options.state, options)
        self.eid: Eid = state.eid
        self.settings: TargetSettings = declared_by_maker(options.settings, state)
        self.name = f"kept card {options.state}"
        self._state = options.state
        self._fault = options.card_fault
        self._held = ExitStack()
        with ExitStack() as held:
            slot = _slot(held, virtual_slots(held, 1), options)
            self._serve = partial(_served, options, slot.port)
            wait_for_reader(lambda name: name == slot.reader)
            self._card = put_in(slot.reader, self._serve, _end)
            held.callback(lambda: _end(self._card))
            placed = replace(options, settings=replace(options.settings, reader=slot.reader))
            self._reader = PcscTarget(placed)
            held.callback(self._reader.close)
            self._held = held.pop_all()

    def open(self) -> PoweredLink:
        """Connects to the card the first time and returns the link.

        Raises:
            TargetLost: there is no card, or another program has it.
        """
        return _RoomWatched(self._reader.open(), self._state)

    def come_back(self) -> bool:
        """Serves the card anew if its process has ended, and returns whether it is there again.

        It is the same card, as its file has it. One that did not answer in time is not asked again.
        """
        if self._card.poll() is not None:
            _end(self._card)
            try:
                self._card = self._serve()
            except ConfigError:
                return False
        return self._reader.come_back()

    def facts(self) -> Mapping[str, str]:
        """Returns reader, protocol, state file, and the fault of the card if it has one."""
        facts = {**self._reader.facts(), "state": self._state.name}
        return {**facts, "card_fault": self._fault} if self._fault else facts

    def close(self) -> None:
        """Releases the reader and ends the card; its file can be used again."""
        self._held.close()


class _RoomWatched(LinkWrapper):
    """Tells a disk without room for the card's file from a card whose memory fails."""

    def __init__(self, link: CardLink, state: Path) -> None:
        super().__init__(link)
        self._state = state

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on.

        Raises:
            MachineLacksError: the card could not store what the command asks for, for want of room
                on the disk. It is as before.
        """
        answer = self._link.transmit(command)
        failed = answer[-2:] == StatusWord.MEMORY_PROBLEM.to_bytes(2, "big")
        if failed and shutil.disk_usage(self._state.parent).free < _ROOM:
            raise MachineLacksError(
                f"{self._state}: no space left on the disk for the state of the card, which is as "
                "before this command; make room there, then `rsplab recover` or run again"
            )
        return answer


def _slot(held: ExitStack, slots: Sequence[Slot], options: TargetOptions) -> Slot:
    """Returns the slot of the reader that is named, else the first free one.

    Raises:
        ConfigError: no virtual reader has this name, or every slot holds a card.
    """
    wanted = options.settings.reader
    if not wanted:
        return claimed_slot(held, slots, parallel=False)
    for slot in slots:
        if slot.reader.startswith(wanted):
            return claimed_slot(held, [slot], parallel=False)
    known = ", ".join(slot.reader for slot in slots)
    raise ConfigError(f"--reader {wanted!r}: expected a virtual reader: {known}")


def _state_in(path: Path, options: TargetOptions) -> CardState:
    """Returns the state of the card in a file; a new file gets a new card."""
    request = CardRequest(
        pki=options.pki_folder, eid=options.eid, personality=options.personality or None
    )
    with _opened(path) as store:
        if store.load() is None:
            made = used_state(made_for(options))
            store.commit(made)
            return made
        return kept_state(store, request)


def _opened(path: Path) -> SqliteStore:
    """Opens the file; one that the card of a killed run still has is waited for."""
    end = time.monotonic() + _FREED_WITHIN_S
    while True:
        try:
            return SqliteStore(path)
        except StoreInUseError:
            if time.monotonic() > end:
                raise
            time.sleep(_POLL_S)


def _served(options: TargetOptions, port: int) -> subprocess.Popen[str]:
    """Starts `card serve` and returns its process when the card is in the reader.

    It has a session of its own: Ctrl-C ends the run, which still needs the card to put it in order.
    Its standard input ends with this process, and with that the card, also when this one is killed.

    Raises:
        ConfigError: it ended instead; the message is what it printed.
    """
    command = [sys.executable, "-m", "rspsim", "card", "serve", "--until-eof"]
    command += [f"--port={port}", f"--state={options.state}"]
    kind = preset_of(options.settings)
    command += [f"--preset={kind.name}", *(f"--variation={one}" for one in kind.variations)]
    if options.card_fault:
        command.append(f"--fault={options.card_fault}")
    with tempfile.TemporaryFile() as printed:
        process = subprocess.Popen(  # noqa: S603  this Python, words of the command line
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=printed,
            text=True,
            start_new_session=True,
        )
        if process.stdout is not None and process.stdout.readline():
            return process
        process.communicate()
        printed.seek(0)
        reason = printed.read().decode(errors="replace").strip()
    raise ConfigError(f"`card serve` ended at once: {reason or process.returncode}")


def _end(process: subprocess.Popen[str]) -> None:
    """Ends the card after the command under way; its process is gone afterwards."""
    process.terminate()
    try:
        process.communicate(timeout=_STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
