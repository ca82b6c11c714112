"""The points of a run at which it can end on a kept card, and the ways it ends there.

A point is before and after each command that changes the card, and before and after each write of
the journal, its removal among them; `arm` makes this process end at one of them. What stands behind
the card is a `Reader`: the card in this process, or the one of `--target kept` behind pcscd.
"""

import json
import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from rspcore.errors import ConfigError
from rspcore.ids import Eid
from rspharness.record.verdicts import TargetLost
from rspharness.run import opening
from rspharness.run.card_keeper import CardKeeper, JournalledLink
from rspharness.run.journal import Journal
from rspharness.simulated.inprocess import declared_by_maker, maker_with, preset_of
from rspharness.simulated.kept import KeptTarget
from rspharness.targets.settings import TargetSettings
from rspharness.targets.target import TargetOptions
from rspharness.targets.transport import CardLink, LinkWrapper
from rspsim.env import SeededRng
from rspsim.stores.sqlite import SqliteStore

RUN_PID = Path("/run/pcscd/pcscd.pid")


class Way(StrEnum):
    """How a run ends at a point, or what happens to its card there."""

    KILLED = "kill -9"
    TORN = "kill -9 in a write"
    TWICE = "and of recover too"
    PULLED = "card pulled"
    RETURNED = "pulled and put back"
    READER = "reader lost"


IN_PROCESS = (Way.KILLED, Way.TORN, Way.TWICE, Way.PULLED, Way.RETURNED)
THROUGH_PCSCD = (*IN_PROCESS, Way.READER)


class Reader(Protocol):
    """What a point does something to."""

    def pull(self, *, returns: bool) -> None:
        """Takes the card away; it comes back when the run looks for it, or not in this run."""


class KeptHere:
    """The kept card called directly, on its file: it loses what is volatile when it is pulled."""

    simulated = False

    def __init__(self, options: TargetOptions) -> None:
        if options.state is None:
            raise ConfigError("name the file of the card by --state")
        self._store = SqliteStore(options.state)
        state = self._store.load()
        if state is None:
            raise ConfigError(f"{options.state}: no card")
        self._make = maker_with("", preset_of(options.settings))
        self._seed = options.seed.encode()
        self._gone = self._returns = False
        self.eid: Eid = state.eid
        self.settings: TargetSettings = declared_by_maker(options.settings, state)
        self.name = "kept card in this process"
        self._start()
        PLACED.append(self)

    def _start(self) -> None:
        state = self._store.load()
        assert state is not None  # noqa: S101  it was there
        self._card = self._make(state, self._store, SeededRng(self._seed))

    def pull(self, *, returns: bool) -> None:
        """Takes the card out of the reader."""
        self._gone, self._returns = True, returns

    def come_back(self) -> bool:
        """Returns whether the card is there again; its volatile state is gone."""
        if self._gone and self._returns:
            self._gone = False
            self._start()
        return not self._gone

    def open(self) -> "KeptHere":
        """Returns the link to the card."""
        self._require()
        return self

    def _require(self) -> None:
        if self._gone:
            raise TargetLost("the card is gone")

    def transmit(self, command: bytes) -> bytes:
        """Passes a command to the card."""
        self._require()
        return self._card.transmit(command)

    def reset(self) -> bytes:
        """Resets the card."""
        self._require()
        return self._card.reset()

    def power_cycle(self) -> bytes:
        """Switches the power off and on."""
        self._require()
        self._card.power_off()
        return self._card.reset()

    def restart(self, protocol: int) -> bytes:  # noqa: ARG002  the same in each
        """Switches the power off and on."""
        return self.power_cycle()

    def facts(self) -> Mapping[str, str]:
        """Returns nothing."""
        return {}

    def close(self) -> None:
        """Leaves the card as it is; the file goes with the process."""


class _Served(KeptTarget):
    """The kept card behind pcscd, whose process can be ended and stay so."""

    _returns = True

    def __init__(self, options: TargetOptions) -> None:
        super().__init__(options)
        PLACED.append(self)

    def pull(self, *, returns: bool) -> None:
        """Ends the process of the card, after the command under way."""
        self._returns = returns
        self._card.terminate()
        self._card.wait()

    def come_back(self) -> bool:
        """Returns whether the card is there again."""
        return self._returns and super().come_back()


PLACED: list[Reader] = []
"""What this process has opened."""


def place(*, in_process: bool) -> None:
    """Makes `--target kept` open a card that can be pulled."""
    opens: opening.Opens = KeptHere if in_process else _Served
    opening.TARGETS = tuple(
        replace(one, opens=opens) if one.name == "kept" else one for one in opening.TARGETS
    )


@dataclass(slots=True)
class Points:
    """Counts the points of a run, and ends it at one.

    Attributes:
        at: Number of that point, from 1; 0 for none.
        way: How it ends.
        seen: What each point is, in words.
    """

    at: int
    way: Way
    seen: list[str]
    _changes: bool = False

    def reach(self, what: str) -> None:
        """Passes one point."""
        self.seen.append(what)
        if len(self.seen) == self.at and self.way is not Way.TORN:
            self._end()

    def _end(self) -> None:
        if self.way in (Way.KILLED, Way.TWICE):
            os.kill(os.getpid(), signal.SIGKILL)
        elif self.way is Way.READER:
            os.kill(int(RUN_PID.read_bytes().strip(b"\n\0")), signal.SIGKILL)
        else:
            PLACED[-1].pull(returns=self.way is Way.RETURNED)

    def arm(self) -> None:
        """Puts the points into the run of this process, for good."""
        self._in_journal()
        before_change = CardKeeper.before_change
        made = JournalledLink.__init__

        def announced(keeper: CardKeeper, command: bytes) -> None:
            before_change(keeper, command)
            self.reach(f"before {command[:7].hex(' ').upper()}")
            self._changes = True

        def wrapped(link: JournalledLink, below: CardLink, *rest: Any) -> None:
            made(link, _Marked(below, self), *rest)

        CardKeeper.before_change = announced  # type: ignore[method-assign]
        JournalledLink.__init__ = wrapped  # type: ignore[method-assign]

    def _in_journal(self) -> None:
        append, remove = Journal._append, Journal.remove  # noqa: SLF001  no other place is as near

        def appended(journal: Journal, line: Mapping[str, Any]) -> None:
            self.reach(f"before the journal's line {_short(line)}")
            if len(self.seen) == self.at and self.way is Way.TORN:
                with journal.path.open("ab") as file:
                    octets = json.dumps(line).encode()
                    file.write(octets[: len(octets) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            append(journal, line)
            self.reach(f"after the journal's line {_short(line)}")

        def removed(journal: Journal) -> None:
            self.reach("before the journal is removed")
            remove(journal)
            self.reach("after the journal is removed")

        Journal._append = appended  # type: ignore[method-assign]  # noqa: SLF001  likewise
        Journal.remove = removed  # type: ignore[method-assign]

    def answered(self, command: bytes) -> None:
        """Passes the point after a command that changes the card."""
        if self._changes:
            self._changes = False
            self.reach(f"after {command[:7].hex(' ').upper()}")


class _Marked(LinkWrapper):
    """The link below, which shows that an answer came."""

    def __init__(self, link: CardLink, points: Points) -> None:
        super().__init__(link)
        self._points = points

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on."""
        answer = self._link.transmit(command)
        self._points.answered(command)
        return answer


def _short(line: Mapping[str, Any]) -> str:
    return "journal" if "journal" in line else json.dumps(dict(line))
