"""The keeper of a real card during a run: nothing is changed before the journal is on the disk.

`JournalledLink` asks the guard of real cards which commands change a card, so that there is one
answer; the keeper counts them, writes the journal, and puts the card back.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Final

from rspcore.apdu import Ins
from rspcore.errors import LocalError, RspError, StoreError
from rspcore.ids import Aid, Eid, Iccid
from rspcore.tags import ISDR_AID, Tag
from rspharness.card.card_under_test import Card
from rspharness.card.metadata_segments import MetadataSegments
from rspharness.record.testcase import Level
from rspharness.record.verdicts import Inconclusive, MachineLacksError
from rspharness.run.journal import Before, ChangeCounter, Journal
from rspharness.run.recovery import PutBack, put_back, read_before
from rspharness.targets.guard import GuardedLink
from rspharness.targets.guard_tables import read_leniently
from rspharness.targets.guarded_lpae import is_for_lpae
from rspharness.targets.transport import CardLink, LinkWrapper

__all__ = ["CardKeeper", "JournalledLink"]

_METADATA: Final = re.compile(rb"\xbf\x25.{1,3}?\x5a\x0a(.{10})", re.DOTALL)
"""StoreMetadata with its first member, the ICCID; it travels in clear inside a BPP."""

_METADATA_OCTETS: Final = 17
"""The most octets of it: a block may end anywhere in them."""

_PACKETS: Final = 1 << 16
"""More secured packets than a run sends."""

_SWITCHES: Final = tuple(tag.to_bytes(2, "big") for tag in (Tag.EnableProfile, Tag.DisableProfile))


class CardKeeper:
    """Keeps one card.

    Attributes:
        eid: Its EID.
        counter: Changing commands it has had.
        earlier: What became of it when the journal of an earlier run was worked off, else None.
    """

    def __init__(
        self, eid: Eid, place: str, folder: Path, rising: Iterator[int], limit: int | None = None
    ) -> None:
        """Reads the journal and the counter of the card; nothing is sent.

        Args:
            eid: EID of the card.
            place: Name of the reader.
            folder: The state folder.
            rising: Numbers above all that the card has seen, for secured packets to it.
            limit: How many changing commands the card may have had over all runs.

        Raises:
            StoreError: the folder or a file in it is not usable.
        """
        self.eid = eid
        self.counter = ChangeCounter(folder, eid)
        self.earlier: PutBack | None = None
        self._place = place
        self._folder = folder
        self._rising = rising
        self._limit = limit
        self._before: Before | None = None
        self._journal = Journal.load(folder, eid)
        self._inherited = self._journal is not None
        self._restoring = False
        self._blocks: dict[int, bytes] = {}
        self._segments: dict[int, MetadataSegments] = {}

    @property
    def before(self) -> Before | None:
        """Returns what the card was before it was changed; None until it was read."""
        return self._before if self._journal is None else self._journal.before

    @property
    def owes(self) -> bool:
        """Returns whether the card was changed and not put back."""
        return self._journal is not None

    @property
    def restoring(self) -> bool:
        """Returns whether the card is being put back."""
        return self._restoring

    def owns(self, iccid: Iccid | None, aid: Aid | None = None) -> bool:
        """Returns whether a Profile is of the suites: installed by this run, by its journal."""
        return self._journal is not None and self._journal.owns(iccid, aid)

    def take_over(self, card: Card) -> PutBack | None:
        """Works the journal of an earlier run off, if there is one; then reads what the card is.

        Returns:
            What became of the card, or None when there was no journal.

        Raises:
            TargetLost: the card stopped answering; the journal still holds.
        """
        if self._journal is not None:
            self.earlier = self.put_back(card)
        if self._journal is None:
            self._before = read_before(card)
        return self.earlier

    def put_back(self, card: Card) -> PutBack:
        """Puts the card back; the journal ends with that unless something can be tried again.

        Raises:
            TargetLost: the card stopped answering; the journal still holds.
        """
        if self._journal is None:
            return PutBack()
        self._restoring = True
        try:
            done = put_back(card, self._journal, self._numbers(self._journal))
        finally:
            self._restoring = False
        if not done.left:
            self._journal.remove()
            self._journal = None
            self._inherited = False
        return done

    def ended(self, opened: Callable[[], Card], line: str) -> str:
        """Puts the card back at the end of a run; returns what came of it, in one line.

        What is not put back stays in the journal.

        Args:
            opened: Opens the card.
            line: What puts the card back later.
        """
        try:
            done = self.put_back(opened())
        except RspError as error:
            return self.left(line, str(error))
        return f"the card is as before; {done}" if done.complete else _later(str(done), line)

    def left(self, line: str, why: str) -> str:
        """Returns what is said of a card that is left as it is."""
        return _later(f"the card was not put back: {why}", line)

    def _numbers(self, journal: Journal) -> Iterator[int]:
        """Returns numbers for secured packets above all that the run of this journal has sent.

        The clock may have been ahead then; how far is in the journal.
        """
        if not self._inherited:
            return self._rising
        first = max(next(self._rising), journal.rising + _PACKETS)
        with suppress(StoreError):  # a full disk keeps nobody from putting the card back
            journal.count_from(first)
        return count(first)

    def before_change(self, command: bytes) -> None:
        """Counts a changing command and has the journal on the disk before it is sent.

        Raises:
            Inconclusive: the limit of changing commands is reached. Nothing was sent.
            MachineLacksError: the journal or the counter cannot be written. Nothing was sent.
        """
        if not self._restoring:
            if self._limit is not None and self.counter.total >= self._limit:
                raise Inconclusive(
                    f"the card {self.eid} has had {self.counter.total:,} changing commands: the "
                    f"limit is {self._limit:,}; --change-limit sets it. The command was not sent"
                )
            try:
                self._announce(command)
            except StoreError as error:
                raise MachineLacksError(f"nothing was sent: {error}") from error
        try:
            self.counter.count()
        except StoreError as error:
            raise MachineLacksError(f"nothing was sent: {error}") from error

    def _announce(self, command: bytes) -> None:
        if self._journal is None:
            if self._before is None:
                raise LocalError("a changing command before the card was read")
            self._journal = Journal.begin(
                self._folder, self.eid, self._place, self._before, next(self._rising)
            )
        apdu = read_leniently(command)
        if is_for_lpae(apdu):
            self._journal.will_switch()
        if apdu.ins != Ins.STORE_DATA:
            return
        channel = apdu.channel or 0
        blocks = self._blocks.get(channel, b"") + apdu.data
        self._blocks[channel] = blocks[1 - _METADATA_OCTETS :]
        segments = self._segments.setdefault(channel, MetadataSegments())
        for octets in (blocks, segments.read(apdu.data, first=apdu.p2 == 0)):
            for iccid in _METADATA.findall(octets):
                self._journal.will_install(iccid)
        if apdu.data.startswith(_SWITCHES):
            self._journal.will_switch()

    def close(self) -> None:
        """Ends the counting."""
        self.counter.close()


def _later(what: str, line: str) -> str:
    return f"{what}; {line} puts back what can be"


class JournalledLink(LinkWrapper):
    """Shows the keeper every command that could change the card, before it is sent."""

    def __init__(
        self, link: CardLink, keeper: Callable[[], CardKeeper | None], isdr: Aid = ISDR_AID
    ) -> None:
        """Wraps a link.

        Args:
            link: The link below.
            keeper: Returns the keeper of the card, None until its EID is known.
            isdr: AID of the ISD-R of this card.
        """
        super().__init__(link)
        self._keeper = keeper
        self._passed = _PassedOn(link)
        self._guard = GuardedLink(self._passed, Level.READ_ONLY, lambda: False, isdr)

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on.

        Raises:
            LocalError: a changing command while the EID is not known. It was not sent.
        """
        self._passed.reached = False
        try:
            return self._guard.transmit(command)
        except LocalError:
            if self._passed.reached:
                raise
        keeper = self._keeper()
        if keeper is None:
            raise LocalError("a changing command before the EID is known; it was not sent")
        keeper.before_change(command)
        return self._link.transmit(command)

    def reset(self) -> bytes:
        """Passes a reset on; nothing is selected any more."""
        return self._guard.reset()

    def power_cycle(self) -> bytes:
        """Passes a power cycle on; nothing is selected any more."""
        return self._guard.power_cycle()

    def restart(self, protocol: int) -> bytes:
        """Passes a restart on; nothing is selected any more."""
        return self._guard.restart(protocol)


class _PassedOn(LinkWrapper):
    """Notes that the guard let a command through."""

    reached = False

    def transmit(self, command: bytes) -> bytes:
        """Passes a command on."""
        self.reached = True
        return self._link.transmit(command)
