"""One run of the suites in one process: its target, credentials, capabilities and facts.

Everything is made on first use, so that listing cases sends nothing to a card. On a real card the
EID is read and compared before anything else is sent, and what the card is then is in a journal on
the disk before the first changing command. A target that stopped answering is marked broken once,
and every later case reports the first reason, unless the card has come back.
"""

import shlex
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from pathlib import Path

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, DecodeError, RemoteError, RspError, StoreError
from rspcore.ids import Eid
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import issue_servers, make_pki
from rspharness.card.aboard import NOBODY, Aboard
from rspharness.card.capabilities import Capabilities, read_capabilities
from rspharness.card.card_under_test import Card
from rspharness.card.listed import UnobservedError
from rspharness.record.catalogue import Requirement
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import (
    Cause,
    ExpectationError,
    Inconclusive,
    NotApplicable,
    TargetLost,
)
from rspharness.run.card_keeper import CardKeeper, JournalledLink
from rspharness.run.case_state import CaseState
from rspharness.run.journal import journalled_eids, state_folder
from rspharness.run.opening import Opens, open_target
from rspharness.run.preflight import EID_ROW, Preflight
from rspharness.run.recovery import PutBack, aboard_of
from rspharness.targets.guard import GuardedLink
from rspharness.targets.own_profile import OwnProfile, WatchedLink
from rspharness.targets.pki_folder import read_pki
from rspharness.targets.target import KnownCard, Returning, Snapshots, Target, TargetOptions
from rspharness.targets.transport import CardLink, TimedLink, TracedLink

__all__ = ["CURVE_OPTIONS", "NoCardError", "Run", "RunOptions", "WrongCardError"]

CURVE_OPTIONS: Mapping[Curve, str] = {
    Curve.NIST_P256: "O_E_NIST",
    Curve.BRAINPOOL_P256R1: "O_E_BRP",
}
"""Name of the catalogue's option for each curve."""


class NoCardError(ConfigError):
    """Reports that the run cannot begin: its target or the card in it is not there."""


class WrongCardError(NoCardError):
    """Reports that the card is not the requested one. Only the reading of its EID was sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The options of a run on the command line.

    Attributes:
        target: Name of a target, or path of a target file.
        reader: Reader name or its beginning, overrides the target file.
        eid: The EID of the card, required for lasting changes on a real one.
        level: The highest level allowed; empty for the default of the target.
        pki: Folder of credentials, None for generated ones.
        personality: Personality of a simulated card.
        card_fault: Fault of a simulated card.
        curve: Curve the suites use where a case does not choose one.
        seed: Seed of all random values on the host side and in a simulated card.
        slot: Number of this worker among the parallel ones.
        parallel: True when there are others.
        state: State file of a kept card.
        started: When the run began, by the real clock.
        change_limit: How many changing commands a real card may have had over all runs.
        erase_foreign: True where a destructive run may delete what is not of the suites.
    """

    target: str = "inprocess"
    reader: str = ""
    eid: Eid | None = None
    level: str = ""
    pki: Path | None = None
    personality: str = ""
    card_fault: str = ""
    curve: Curve = Curve.NIST_P256
    seed: str = "1"
    slot: int = 0
    parallel: bool = False
    state: Path | None = None
    started: datetime = datetime(2025, 1, 1, tzinfo=UTC)
    change_limit: int | None = None
    erase_foreign: bool = False


class Run:
    """What the cases of one process share.

    Attributes:
        options: The command line.
        facts: What the report shows of the run; filled when the card is first reached.
        broken: Why the target is lost, or empty.
        notes: What the reports say of the run besides its cases.
        preflight: What was read of a card that is kept before its first case, None until then.
        left: The cause why no changing case runs on a card that is kept: the case that left what
            could not be removed, or an EID that cannot be read; None while there is none.
        traces: Whether a case may have left something on a card that is kept.
        kept: States of a simulated card by their contents, for cases that need the same.
    """

    def __init__(self, options: RunOptions, opens: Opens | None = None) -> None:
        """Prepares a run; nothing is opened yet.

        Args:
            options: The command line.
            opens: Function that opens the target instead of that of its kind, for simulated
                cards that are made in another way.
        """
        self.options = options
        self.facts: dict[str, str] = {}
        self.broken = ""
        self.notes: list[str] = []
        self.traces = False
        self.preflight: Preflight | None = None
        self.left: Cause | None = None
        self.kept: dict[Hashable, object] = {}
        self._opens = opens
        self._target: Target | None = None
        self._capabilities: Capabilities | None = None
        self._identified = False
        self._can_return = True
        self._keeper: CardKeeper | None = None
        self._own_profile = OwnProfile()
        self._rising = count((int(options.started.timestamp()) << 8) + 1)

    @cached_property
    def pki(self) -> Pki:
        """Returns the credentials of the run; servers that a folder lacks are issued by its CI.

        Raises:
            ConfigError: the folder lacks something.
        """
        folder = self.options.pki
        if folder is None:
            return make_pki(eid=self.options.eid) if self.options.eid else make_pki()
        return issue_servers(read_pki(folder))

    @property
    def opened(self) -> bool:
        """Returns whether the target was opened."""
        return self._target is not None

    @property
    def target(self) -> Target:
        """Returns the target; opens it on first use.

        Raises:
            NoCardError: unknown, or its environment lacks something.
        """
        if self._target is None:
            try:
                self._target = self._open_target()
            except ConfigError as error:
                raise NoCardError(str(error)) from error
        return self._target

    def _open_target(self) -> Target:
        return open_target(
            self.options.target,
            self.options.reader,
            lambda settings: TargetOptions(
                settings=settings,
                pki=self.pki,
                eid=self.options.eid,
                personality=self.options.personality,
                card_fault=self.options.card_fault,
                slot=self.options.slot,
                parallel=self.options.parallel,
                state=self.options.state,
                pki_folder=self.options.pki,
                seed=self.options.seed,
            ),
            self._opens,
        )

    @property
    def level(self) -> Level:
        """Returns the level of this run: the one asked for, or the default of its target."""
        if self.options.level:
            return Level(self.options.level)
        return Level.DESTRUCTIVE if self.target.simulated else Level.READ_ONLY

    @property
    def capabilities(self) -> Capabilities:
        """Returns the options of the card; reads them on first use.

        Raises:
            Inconclusive: the target is lost, now or earlier, or the card opens no channel.
        """
        if self._capabilities is None:
            self._capabilities = self._read_capabilities()
        return self._capabilities

    def _read_capabilities(self) -> Capabilities:
        card = self.open_card(Trace(), Timings())
        ci_keys = {
            CURVE_OPTIONS[curve]: identifier
            for curve in self.pki.curves
            if (identifier := self.pki.ci(curve).certificate.subject_key_identifier) is not None
        }
        try:
            read = read_capabilities(card, self.target.settings.options, ci_keys)
        except RspError as error:
            raise Inconclusive(f"the options of the card were not read: {error}") from error
        if (info := read.info) is not None:
            self.facts["svn"] = str(info.svn)
            self.facts["euicc_firmware_ver"] = str(info.euicc_firmware_ver)
            self.facts["euicc_info2"] = info.encode().hex().upper()
        return read

    def recorded(self, opens: Opens) -> "Run":
        """Returns the same run with cards that are made in another way and decide the same."""
        return Run(self.options, opens)

    def with_fault(self, name: str, opens: Opens | None = None) -> "Run":
        """Returns the run of the same card with a fault.

        EID and options are those read from the sound card, because a fault can change the answers
        that contain them.

        Args:
            name: Name of the card fault.
            opens: As for a run.
        """
        made = Run(replace(self.options, card_fault=name), opens)
        made._capabilities = self.capabilities
        made._identified = True
        return made

    @property
    def known_capabilities(self) -> Capabilities | None:
        """Returns the options of the card if they were read already, else None."""
        return self._capabilities

    def check(self) -> None:
        """Requires a target that still answers; one whose card came back is used again.

        Raises:
            Inconclusive: it was lost in an earlier case.
        """
        if not self.broken:
            return
        target = self._target
        returned = self._can_return and isinstance(target, Returning) and target.come_back()
        if not returned:
            raise Inconclusive(f"the target was lost earlier: {self.broken}")
        self.notes.append(f"the card was lost and came back: {self.broken}")
        self._identified = False  # it may be another card
        self.broken = ""

    def reach(self) -> None:
        """Reads the EID of a card in a reader once, before any case is judged.

        Raises:
            NoCardError: there is no such target, no card in it, or a card with another EID.
            Inconclusive: the target was lost.
        """
        if not self.target.simulated and not self._identified:
            self.open_card(Trace(), Timings())

    def open_card(self, trace: Trace, timings: Timings, seed: str = "") -> Card:
        """Opens the card for one case and resets it.

        Args:
            trace: Records what is sent.
            timings: Record how long it took.
            seed: Seed of the random octets of a simulated card; empty to continue with the last.

        Raises:
            Inconclusive: the target was lost, now or earlier.
            NoCardError: there is no such target, or no card in it.
            WrongCardError: it is not the card of --eid.
        """
        self.check()
        try:
            link = self._first_link(trace, timings, seed)
            card = Card(link, timings=timings)
            if not self._identified:
                self._identify(link)
            card.keeps_channels = self.preflight is not None and self.preflight.keeps_channels
            card.reset()
        except NoCardError:
            raise
        except (TargetLost, ConfigError, StoreError) as error:
            self.broken = str(error)
            self._can_return = isinstance(error, TargetLost)
            raise Inconclusive(self.broken) from error
        self.facts["atr"] = card.atr.hex(" ").upper()
        return card

    def _first_link(self, trace: Trace, timings: Timings, seed: str) -> CardLink:
        """Opens the link; one that never worked is the end of the run and not of a case."""
        try:
            if seed and isinstance(self.target, Snapshots):
                self.target.draw_from(seed)
            return self._link(trace, timings)
        except (TargetLost, ConfigError) as error:
            if self._identified:
                raise
            raise NoCardError(str(error)) from error

    def _link(self, trace: Trace, timings: Timings) -> CardLink:
        link: CardLink = TimedLink(TracedLink(self.target.open(), trace), timings)
        if self.target.simulated:
            return link
        watched: CardLink = WatchedLink(link, self._own_profile)
        if self.level is not Level.READ_ONLY:
            watched = JournalledLink(watched, lambda: self._keeper)
        return GuardedLink(watched, self.level, self._own_profile.is_enabled)

    def _identify(self, link: CardLink) -> None:
        """Reads the EID with only the commands that this needs, and compares it.

        It has to be that of --eid, or of the state file of a kept card; or the one read before when
        the card was lost and came back. A card in a reader whose EID cannot be read is only read.
        """
        target = self.target
        wanted, by = self.options.eid, "--eid"
        if isinstance(target, KnownCard):
            wanted, by = target.eid, "the state file"
        first = Card(link)
        first.terminal_profile = None
        first.reset()
        try:
            eid = first.eid()
        except (RemoteError, DecodeError, ExpectationError) as error:
            if target.simulated:
                raise
            if "eid" in self.facts:
                raise TargetLost(f"the EID of the card that came back: {error}") from error
            self._go_on_reading(error)
            return
        if wanted is not None and eid != wanted:
            first.close()
            raise WrongCardError(
                f"{self.target.name}: EID {eid} found, {by} asked for {wanted}; nothing but the "
                "reading of its EID was sent to the card, and the channel is closed again"
            )
        if self.facts.get("eid", str(eid)) != str(eid):
            raise WrongCardError(
                f"{self.target.name}: the card that came back has EID {eid}, the run began with "
                f"{self.facts['eid']}; nothing else was sent to the card"
            )
        self._identified = True
        self.facts["eid"] = str(eid)
        self.facts.update(self.target.facts())
        if not self.target.simulated and self._keeper is None:
            self._keep_card(Card(link), eid)

    def _go_on_reading(self, error: RspError) -> None:
        """Lets only cases that read run on a card whose EID cannot be read: it may be any card.

        There is no journal, without which no changing command is sent.
        """
        row = error.row if isinstance(error, UnobservedError) else EID_ROW
        finding = f"the EID was not read: {error}"
        remedy = f"mend {row.partition('#')[0]}; until then only cases that read run"
        self.left = Cause(row, finding, remedy)
        self.notes.append(finding)
        self._identified = True
        self.facts.update(self.target.facts())

    def _keep_card(self, card: Card, eid: Eid) -> None:
        """Puts the card back after a run that did not end, and reads what it is now.

        A run that changes nothing only says that it has to be put back.
        """
        folder = state_folder()
        if self.level is Level.READ_ONLY:
            if str(eid) in journalled_eids(folder):
                self.notes.append(
                    "an earlier run changed the card and did not put it back: "
                    f"{self._recover_command(eid)}"
                )
            return
        self._keeper = CardKeeper(
            eid, self.target.name, folder, self.rising(), self.options.change_limit
        )
        card.terminal_profile = None
        card.reset()
        earlier = self._keeper.take_over(card)
        if earlier is not None:
            self.notes.append(f"an earlier run did not put the card back; {earlier}")

    def _recover_command(self, eid: Eid) -> str:
        """Returns the line for a shell; a kept card is in whatever virtual reader is free then."""
        options = self.options
        reader = options.reader if options.state else self.target.facts().get("reader", "")
        words = ["rsplab", "recover", "--target", options.target]
        for name, value in (("reader", reader), ("state", options.state), ("pki", options.pki)):
            words += [f"--{name}", str(value)] if value else []
        return shlex.join([*words, "--eid", str(eid)])

    def recover(self) -> PutBack | None:
        """Works the journal of the card off and returns what became of it, None without a journal.

        Raises:
            WrongCardError: it is not the card of --eid.
            Inconclusive: the card does not answer.
        """
        self.open_card(Trace(), Timings())
        if self.left is not None:
            raise Inconclusive(self.left.finding)
        return self._keeper.earlier if self._keeper else None

    def put_back(self) -> None:
        """Puts a real card back to what it was, if this run changed it, and notes what came of it.

        What is not put back stays in the journal.
        """
        keeper = self._keeper
        if keeper is None:
            return
        if keeper.owes:
            try:
                done = keeper.put_back(self.open_card(Trace(), Timings()))
                problem = "" if done.complete else str(done)
            except RspError as error:
                problem = f"the card was not put back: {error}"
            if problem:
                problem += f"; {self._recover_command(keeper.eid)} puts back what can be"
            self.notes.append(problem or f"the card is as before; {done}")
        self.facts["changing_commands"] = (
            f"{keeper.counter.here:,} in this run, {keeper.counter.total:,} on this card"
        )

    def excuses(self, requirements: tuple[Requirement, ...]) -> dict[str, str]:
        """Returns the requirements that do not apply to this card, each with the reason.

        The card is read only when a condition needs it.
        """
        version = self.target.settings.version
        out = {}
        for row in requirements:
            if not row.applies_to(version):
                out[row.id] = f"row of {row.versions}, the target is {version}"
            elif row.condition.names and row.id not in self.doubts((row,)):
                missing = row.condition.missing(self.capabilities.options)
                if missing:
                    out[row.id] = self._absent(missing)
        return out

    def _absent(self, missing: tuple[str, ...]) -> str:
        """Returns why a condition does not hold; by the CIs of a card where only they are why."""
        curves = [curve for curve, name in CURVE_OPTIONS.items() if name in missing]
        reasons = [self._no_trust(curve) for curve in curves]
        if len(curves) == len(missing) and all(reasons):
            return "; ".join(dict.fromkeys(reasons))
        return f"option {', '.join(missing)} absent"

    def doubts(self, requirements: tuple[Requirement, ...]) -> dict[str, str]:
        """Returns the requirements whose condition hangs on unknown options, each with those.

        A case that tests only such requirements records what the card does and never fails.
        """
        version = self.target.settings.version
        out = {}
        for row in requirements:
            if row.applies_to(version) and row.condition.names:
                read = self.capabilities
                if names := row.condition.undecided(read.options, read.unknown):
                    out[row.id] = ", ".join(names)
        return out

    def require_trust(self, curve: Curve | None = None) -> None:
        """Requires a card in a reader to have the CI of the run's servers, by what it reports.

        A simulated card is personalised with the credentials of the run, and is not asked. A card
        whose lists of CIs cannot be read is taken as one that has it: its cases show what it does.

        Args:
            curve: Curve of the server; None for that of the run.

        Raises:
            NotApplicable: the card does not have it.
            Inconclusive: the target is lost.
        """
        if reason := self._no_trust(curve or self.options.curve):
            raise NotApplicable(reason)

    def _no_trust(self, curve: Curve) -> str:
        if self.target.simulated:
            return ""
        read = self.capabilities
        if read.ci_pkids is None or CURVE_OPTIONS[curve] in read.curves:
            return ""
        if read.curves:
            other = next(one for one, name in CURVE_OPTIONS.items() if name in read.curves)
            more = f"; --curve {other} has one" if curve is self.options.curve else ""
            return f"no CI of the run on {curve} is among the card's CIs{more}"
        listed = ", ".join(_short(one) for one in sorted(read.ci_pkids)) or "none"
        own = ", ".join(
            _short(self.pki.ci(one).certificate.subject_key_identifier or b"")
            for one in self.pki.curves
        )
        where = f"in --pki ({own})" if self.options.pki else f"in the generated --pki ({own})"
        return f"none of the card's CIs ({listed}) is {where}"

    @property
    def aboard(self) -> Aboard:
        """Returns what is somebody else's on the card, as far as it was read before a change.

        With --erase-foreign nothing is.
        """
        if self.options.erase_foreign or self._keeper is None:
            return NOBODY
        before = self._keeper.before
        return NOBODY if before is None else aboard_of(before)

    def foreign_excuse(self, level: Level) -> str:
        """Returns why a case that erases what is on the card is not run here, or an empty text."""
        if level is not Level.DESTRUCTIVE:
            return ""
        profiles = sorted(map(str, self.aboard.profiles))
        if not profiles:
            return ""
        return (
            f"Profiles that are not of the suites are on the card ({', '.join(profiles)}), and "
            "the case would erase them; --erase-foreign allows it"
        )

    def level_excuse(self, level: Level) -> str:
        """Returns why a case of this level is not run here, or an empty string."""
        everything = self.target.simulated and not self.options.level
        if everything or self.level.allows(level):
            return ""
        return f"level {level}: allowed here is {self.level}; use --level {level} and --eid"

    def lost(self, case: CaseState) -> None:
        """Marks the target as broken because of this case."""
        if not self.broken:
            self.broken = f"{case.nodeid}: {case.reason}"

    def rising(self) -> Iterator[int]:
        """Returns numbers that rise, for what a card compares with the last it has seen.

        A new simulated card has seen none, and every case begins with 1. On a card that is kept
        they are above those of all earlier cases and runs, by the time of the run, and take 5
        octets.
        """
        return count(1) if self.target.simulated else self._rising

    def close(self) -> None:
        """Closes the target if it was opened."""
        if self._keeper is not None:
            self._keeper.close()
        if self.opened:
            self.target.close()


def _short(identifier: bytes) -> str:
    return f"{identifier[:4].hex().upper()}..."
