"""One run of the suites in one process: its target, credentials, capabilities and facts.

Everything is made on first use, so that listing cases sends nothing to a card. On a real card the
EID is read and compared before anything else is sent. A target that stopped answering is marked
broken once, and every later case reports the first reason instead of trying again.
"""

import warnings
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import count
from pathlib import Path

from rspcore.crypto.curves import Curve
from rspcore.errors import ConfigError, RspError
from rspcore.ids import Eid
from rspcore.messages.es10a import SetDefaultDpAddressRequest, SetDefaultDpAddressResult
from rspcore.messages.es10b import GetEuiccInfo2Request
from rspcore.pki.bundle import Pki
from rspcore.pki.generate import issue_servers, make_pki
from rspharness.card.capabilities import Capabilities, read_capabilities
from rspharness.card.card_under_test import Card
from rspharness.record.catalogue import Requirement
from rspharness.record.testcase import Level
from rspharness.record.timing import Timings
from rspharness.record.trace import Trace
from rspharness.record.verdicts import Inconclusive, TargetLost
from rspharness.run.case_state import CaseState
from rspharness.run.opening import Opens, open_target
from rspharness.targets.guard import ReadOnlyLink
from rspharness.targets.pki_folder import read_pki
from rspharness.targets.target import KnownCard, Snapshots, Target, TargetOptions
from rspharness.targets.transport import CardLink, TimedLink, TracedLink

__all__ = ["CURVE_OPTIONS", "Run", "RunOptions", "WrongCardError"]

CURVE_OPTIONS: Mapping[Curve, str] = {
    Curve.NIST_P256: "O_E_NIST",
    Curve.BRAINPOOL_P256R1: "O_E_BRP",
}
"""Name of the catalogue's option for each curve."""


class WrongCardError(ConfigError):
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


class Run:
    """What the cases of one process share.

    Attributes:
        options: The command line.
        facts: What the report shows of the run; filled when the card is first reached.
        broken: Why the target is lost, or empty.
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
        self.traces = False
        self.kept: dict[Hashable, object] = {}
        self._opens = opens
        self._target: Target | None = None
        self._capabilities: Capabilities | None = None
        self._identified = False
        self._address: str | None = None
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
            ConfigError: unknown, or its environment lacks something.
        """
        if self._target is None:
            self._target = self._open_target()
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
            Inconclusive: the target is lost or the options cannot be read.
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
            info = card.send(GetEuiccInfo2Request())
            self.facts["svn"] = str(info.svn)
            self.facts["euicc_firmware_ver"] = str(info.euicc_firmware_ver)
            self.facts["euicc_info2"] = info.encode().hex().upper()
        except RspError as error:
            raise Inconclusive(f"the options of the card were not read: {error}") from error
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

    def check(self) -> None:
        """Requires a target that still answers.

        Raises:
            Inconclusive: it was lost in an earlier case.
        """
        if self.broken:
            raise Inconclusive(f"the target was lost earlier: {self.broken}")

    def open_card(self, trace: Trace, timings: Timings, seed: str = "") -> Card:
        """Opens the card for one case and resets it.

        Args:
            trace: Records what is sent.
            timings: Record how long it took.
            seed: Seed of the random octets of a simulated card; empty to continue with the last.

        Raises:
            Inconclusive: the target was lost, now or earlier, or is not there.
            WrongCardError: it is not the card of --eid.
        """
        self.check()
        try:
            if seed and isinstance(self.target, Snapshots):
                self.target.draw_from(seed)
            link = self._link(trace, timings)
            card = Card(link, timings=timings)
            if not self._identified:
                self._identify(link)
            card.reset()
        except WrongCardError:
            raise
        except (TargetLost, ConfigError) as error:
            self.broken = str(error)
            raise Inconclusive(self.broken) from error
        self.facts["atr"] = card.atr.hex(" ").upper()
        return card

    def _link(self, trace: Trace, timings: Timings) -> CardLink:
        link: CardLink = TimedLink(TracedLink(self.target.open(), trace), timings)
        guarded = not self.target.simulated and self.level is Level.READ_ONLY
        return ReadOnlyLink(link) if guarded else link

    def _identify(self, link: CardLink) -> None:
        """Reads the EID with only the commands that this needs, and compares it with --eid."""
        target = self.target
        wanted, by = self.options.eid, "--eid"
        if isinstance(target, KnownCard):
            wanted, by = target.eid, "the state file"
        first = Card(link)
        first.terminal_profile = None
        first.reset()
        try:
            eid = first.eid()
        except RspError as error:
            if wanted is not None or not self.target.simulated:
                raise TargetLost(f"the EID was not read: {error}") from error
            raise
        if wanted is not None and eid != wanted:
            raise WrongCardError(
                f"{self.target.name}: EID {eid} found, {by} asked for {wanted}; "
                "nothing else was sent to the card"
            )
        self._identified = True
        self.facts["eid"] = str(eid)
        self.facts.update(self.target.facts())

    def excuses(self, requirements: tuple[Requirement, ...]) -> dict[str, str]:
        """Returns the requirements that do not apply to this card, each with the reason.

        The card is read only when a condition needs it.
        """
        version = self.target.settings.version
        out = {}
        for row in requirements:
            if not row.applies_to(version):
                out[row.id] = f"row of {row.versions}, the target is {version}"
            elif row.condition.names:
                missing = row.condition.missing(self.capabilities.options)
                if missing:
                    out[row.id] = f"option {', '.join(missing)} absent"
        return out

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

    def remember_address(self, address: str) -> None:
        """Keeps the original default SM-DP+ address of a real card, to set it again at the end.

        The first one remembered is the original; an empty text means that there was none.
        """
        if not self.target.simulated and self._address is None:
            self._address = address

    def rising(self) -> Iterator[int]:
        """Returns numbers that rise, for what a card compares with the last it has seen.

        A new simulated card has seen none, and every case begins with 1. On a card that is kept
        they are above those of all earlier cases and runs, by the time of the run, and take 5
        octets.
        """
        return count(1) if self.target.simulated else self._rising

    def close(self) -> None:
        """Sets the original default SM-DP+ address again and closes the target if it was opened."""
        if not self.opened:
            return
        if self._address is not None:
            self._set_address_again()
        self.target.close()

    def _set_address_again(self) -> None:
        request = SetDefaultDpAddressRequest(default_dp_address=self._address or "")
        try:
            response = self.open_card(Trace(), Timings()).send(request)
            code = response.set_default_dp_address_result
            problem = "" if code == SetDefaultDpAddressResult.ok else f"the card answers {code}"
        except RspError as error:
            problem = str(error)
        if problem:
            found = f"the default SM-DP+ address {self._address}" if self._address else "no address"
            warnings.warn(
                f"the card came with {found}, and that could not be set again: {problem}; "
                "`rsplab lpa set-address` does it",
                stacklevel=2,
            )
