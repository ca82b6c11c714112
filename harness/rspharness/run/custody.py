"""A real card in the hands of a run: its journal, what on it is whose, and the way back.

What a run needs only because its card is kept. On a simulated card, which is new for each case,
there is no journal and nothing to put back.
"""

from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from rspcore.errors import StoreError
from rspcore.ids import Aid, Eid, Iccid
from rspcore.tags import ISDR_AID
from rspharness.card.aboard import NOBODY, Aboard
from rspharness.card.card_under_test import Card
from rspharness.record.testcase import Level
from rspharness.run.again import recover_later
from rspharness.run.card_keeper import CardKeeper, JournalledLink
from rspharness.run.identification import NoCardError
from rspharness.run.journal import Before, journalled_eids, state_folder
from rspharness.run.recovery import PutBack, aboard_of
from rspharness.run.run_options import RunOptions
from rspharness.targets.guard import GuardedLink
from rspharness.targets.own_profile import OwnProfile, WatchedLink, is_of_suites
from rspharness.targets.target import Target
from rspharness.targets.transport import CardLink

__all__ = ["Custody"]


class Custody:
    """The custody of the card of one run.

    Attributes:
        own_profile: What is known of the Enabled Profile, as the card says it on the way.
    """

    def __init__(
        self,
        options: RunOptions,
        target: Callable[[], Target],
        rising: Iterator[int],
        facts: dict[str, str],
        notes: list[str],
    ) -> None:
        """Prepares it; nothing is read or sent yet.

        Args:
            options: The command line.
            target: Returns the target, opened on first use.
            rising: Numbers above all that the card has seen, for secured packets to it.
            facts: What the report shows of the run; filled here.
            notes: What the reports say of the run besides its cases; filled here.
        """
        self.own_profile = OwnProfile(self.owns)
        self._options = options
        self._target = target
        self._rising = rising
        self._facts = facts
        self._notes = notes
        self._keeper: CardKeeper | None = None
        self._not_kept: TemporaryDirectory[str] | None = None

    def guarded(self, link: CardLink, level: Level) -> CardLink:
        """Returns a link that sends what its level allows; changes after the journal is written."""
        isdr = self._options.isdr_aid or ISDR_AID
        watched: CardLink = WatchedLink(link, self.own_profile)
        if level is not Level.READ_ONLY:
            watched = JournalledLink(watched, lambda: self._keeper, isdr)
        own = self.own_profile
        return GuardedLink(watched, level, own.is_enabled, isdr, own.objection)

    def take(self, card: Card, eid: Eid, level: Level) -> None:
        """Puts the card back after a run that did not end, and reads what it is now, once per run.

        A run that changes nothing only says that the card has to be put back.

        Raises:
            NoCardError: the journal cannot be used, or the run is a recording, which could not
                repeat that.
            TargetLost: the card stopped answering; the journal still holds.
        """
        if self._keeper is not None:
            return
        folder = self._journals
        if level is Level.READ_ONLY:
            if str(eid) in journalled_eids(folder):
                self._notes.append(
                    "an earlier run changed the card and did not put it back: "
                    f"{self._recover_line(eid)}"
                )
            return
        if self._options.record is not None and str(eid) in journalled_eids(folder):
            raise NoCardError(
                "recording: an earlier run changed the card and did not put it back, which a "
                f"replay could not repeat; put it back first: {self._recover_line(eid)}"
            )
        limit = self._options.change_limit
        try:
            self._keeper = CardKeeper(eid, self._target().name, folder, self._rising, limit)
        except StoreError as error:
            raise NoCardError(f"the card was not changed: {error}") from error
        self.own_profile.to_enable_again = self._enabled_before
        self.own_profile.restoring = lambda: self._keeper is not None and self._keeper.restoring
        self.own_profile.erases = self._options.erase_foreign and level is Level.DESTRUCTIVE
        card.terminal_profile = None
        card.reset()
        earlier = self._keeper.take_over(card)
        if earlier is not None:
            self._notes.append(f"an earlier run did not put the card back; {earlier}")

    @property
    def before(self) -> Before | None:
        """Returns what the card was before it was changed; None where none is kept, or not read."""
        return self._keeper.before if self._keeper else None

    @property
    def earlier(self) -> PutBack | None:
        """Returns what became of the journal of an earlier run; None where there was none."""
        return self._keeper.earlier if self._keeper else None

    @property
    def aboard(self) -> Aboard:
        """Returns what is somebody else's on the card; with --erase-foreign nothing is."""
        before = None if self._options.erase_foreign else self.before
        return NOBODY if before is None else aboard_of(before)

    def owns(self, iccid: Iccid | None, aid: Aid | None = None) -> bool:
        """Returns whether a Profile is of the suites: on a card that is kept, by its journal."""
        if self._target().simulated:
            return is_of_suites(iccid)
        return self._keeper is not None and self._keeper.owns(iccid, aid)

    def put_back(self, opened: Callable[[], Card]) -> None:
        """Puts the card back to what it was, if this run changed it, and notes what came of it.

        What is not put back stays in the journal. A card that is replayed is not there.

        Args:
            opened: Opens the card.
        """
        keeper = self._keeper
        if keeper is None or self._not_kept is not None:
            return
        if keeper.owes:
            self._notes.append(keeper.ended(opened, self._recover_line(keeper.eid)))
        self._facts["changing_commands"] = (
            f"{keeper.counter.here:,} in this run, {keeper.counter.total:,} on this card"
        )

    def leave(self) -> None:
        """Leaves the card as it is; a note says how it is put back."""
        if (keeper := self._keeper) is not None and keeper.owes:
            self._notes.append(keeper.left(self._recover_line(keeper.eid), "interrupted"))

    def close(self) -> None:
        """Closes the journal; that of a card that is replayed ends."""
        if self._keeper is not None:
            self._keeper.close()
        if self._not_kept is not None:
            self._not_kept.cleanup()

    @cached_property
    def _journals(self) -> Path:
        """Returns the folder of the journals; for a card that is replayed one that ends with it."""
        if self._target().settings.kind != "replay":
            return state_folder()
        self._not_kept = TemporaryDirectory(prefix="rsplab-replay-")
        return Path(self._not_kept.name)

    def _enabled_before(self) -> Iccid | None:
        return None if self.before is None else aboard_of(self.before).enabled

    def _recover_line(self, eid: Eid) -> str:
        return recover_later(self._options, self._target().facts().get("reader", ""), eid)
